import { IMAGE, ionetWorld } from '../support/ionet-world.ts';
import { type ClustersWorld, clustersContract } from './clusters.contract.ts';

async function worldOf(api: 'caas' | 'clusters'): Promise<ClustersWorld> {
  const { clusters, flavour, simulator, advance, close } = await ionetWorld();
  const { market, faults } = simulator;
  return {
    clusters: api === 'caas' ? clusters : flavour.clusters,
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
}

clustersContract('the io.net client against the simulator', () => worldOf('caas'));

clustersContract(
  'the client of the /clusters flavour against the simulator',
  () => worldOf('clusters'),
  { extends: false, sharesNames: false, logs: false },
);
