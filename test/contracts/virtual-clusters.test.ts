import { virtualTime } from '../../infra/local/engine/virtual-time.ts';
import { DEFAULT_CATALOGUE } from '../../infra/local/ionet/catalogue.ts';
import { createMarket } from '../../infra/virtual/market.ts';
import { perform } from '../../infra/virtual/perform.ts';
import { workerModel } from '../../infra/virtual/worker-model.ts';
import { CreateOutcomeUnknown } from '../../shared/errors.ts';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { instantOf } from '../../shared/model/time.ts';
import { clustersContract } from './clusters.contract.ts';

clustersContract('the market of the virtual world', async () => {
  const timers = virtualTime({ startAt: '2026-01-01T00:00:00.000Z' });
  const artifacts = memoryArtifacts({ clock: { now: () => instantOf(timers.now()) } });
  const catalogue = structuredClone(DEFAULT_CATALOGUE);
  const { clusters } = createMarket({
    timers,
    catalogue,
    behaviour: { provisioningSeconds: () => 300, listLagSeconds: 10, terminationSeconds: 20 },
    startWorker: ({ offer }, vramMb) =>
      workerModel({
        timers,
        artifacts,
        slots: 1,
        gpus: Array.from({ length: offer.gpusPerWorker }, () => ({
          model: offer.gpuModel,
          vramMb,
        })),
        taskSeconds: () => 10,
        produce: perform,
      }),
  });
  let losing: 'create' | 'extend' | undefined;
  const answer = <T>(call: 'create' | 'extend', value: T): T => {
    if (losing !== call) return value;
    losing = undefined;
    throw new CreateOutcomeUnknown('the answer was lost');
  };
  return {
    clusters: {
      ...clusters,
      create: async (request) => answer('create', await clusters.create(request)),
      extend: async (id, hours) => answer('extend', await clusters.extend(id, hours)),
    },
    image: `registry.test/worker@sha256:${'ab'.repeat(32)}`,
    settleSeconds: 600,
    advance: (seconds) => timers.run({ until: timers.now() + seconds * 1000 }),
    async vanishCapacity() {
      for (const { gpus } of catalogue.hardware)
        for (const place of Object.keys(gpus)) gpus[place] = 0;
    },
    async loseNextReply(call) {
      losing = call;
    },
    close: async () => undefined,
  };
});
