import { IMAGE, ionetWorld } from '../support/ionet-world.ts';
import { clustersContract } from './clusters.contract.ts';

clustersContract('the io.net client against the simulator', async () => {
  const { clusters, simulator, advance, close } = await ionetWorld();
  const { market, faults } = simulator;
  return {
    clusters,
    image: IMAGE,
    settleSeconds: 1500,
    advance,
    close,
    async vanishCapacity() {
      for (const { id, gpus } of market.catalogue.hardware) {
        for (const place of Object.keys(gpus)) market.setGpus(id, Number(place), 0);
      }
    },
    async loseNextReply(call) {
      faults.add({ operation: call === 'create' ? 'deploy' : 'extend', kind: 'lose-reply' });
    },
  };
});
