import { describe, expect, it } from 'vitest';
import { CreateOutcomeUnknown } from '../../shared/errors.ts';
import { StageInput } from '../../shared/model/burst.ts';
import { aVirtualWorld, leasesOf, runUntilOver, sendTasks } from '../support/virtual-bursts.ts';

const statuses = (world: ReturnType<typeof aVirtualWorld>) =>
  world.machine.list().executions.map(({ status }) => status);

describe('a look that fails once', () => {
  it.each(['Check jobs', 'Run jobs', 'Close burst', 'Confirm teardown', 'Settle'])(
    'in "%s" is no reason for the burst to have failed',
    async (failing) => {
      let failed = 0;
      const world = aVirtualWorld({
        onInvoke: (_stage, input) => {
          if (StageInput.safeParse(input).data?.state !== failing || failed > 0) return;
          failed += 1;
          throw new Error('the table was throttled');
        },
      });
      await sendTasks(world, 2);
      await runUntilOver(world, { tasks: 2 });
      expect(failed).toBe(1);
      expect(statuses(world)).toEqual(['SUCCEEDED']);
      expect(leasesOf(world)[0]?.failure).toBeUndefined();
    },
  );
});

describe('a cluster whose id was never learned', () => {
  it('is billed all the same once it shows itself', async () => {
    let listIsDown = true;
    const world = aVirtualWorld({
      // The list comes back only after the burst has given the create up.
      settings: { clusters: { secondsPerSlot: 40, provisioningSeconds: 900 } },
      behaviour: { provisioningSeconds: () => 60 },
      disturb: (ports) => {
        let lost = 0;
        return {
          ...ports,
          clusters: {
            ...ports.clusters,
            create: async (request) => {
              const id = await ports.clusters.create(request);
              lost += 1;
              if (lost === 1) throw new CreateOutcomeUnknown('the answer was lost');
              return id;
            },
            findByName: async (name) => {
              if (listIsDown) throw new Error('the list is down');
              return ports.clusters.findByName(name);
            },
          },
        };
      },
    });
    await sendTasks(world, 2);
    await world.run({ forSeconds: 1500 });
    const [cluster] = world.market.all();
    const owner = () => leasesOf(world).find(({ burstId }) => burstId === cluster?.request.name);
    expect(owner()).toMatchObject({ phase: 'tearing-down' });
    expect(owner()?.clusterId).toBeUndefined();

    listIsDown = false;
    await runUntilOver(world, { tasks: 2 });
    if (cluster === undefined) throw new Error('nothing was bought');
    expect(owner()).toMatchObject({
      clusterId: cluster.id,
      billedMicroUsd: world.market.chargedMicroUsd(cluster),
    });
    expect(world.market.chargedMicroUsd(cluster)).toBeGreaterThan(0);
  });
});
