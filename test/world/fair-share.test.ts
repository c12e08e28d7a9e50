import { expect, it } from 'vitest';
import { burstClient } from '../../shared/client/burst-client.ts';
import { readMoney } from '../../shared/ledger/money.ts';
import { Tenant } from '../../shared/model/ids.ts';
import type { Task } from '../../shared/model/task.ts';
import { clientWorld, nftTask, nftTasks, worldSettings } from '../client/client-world.ts';

const BIRCH = Tenant.parse('birch');

/** A day's cap that covers two clusters of one 3090, an hour before midnight, and another tenant beside the default one. */
function twoTenants() {
  const world = clientWorld({
    startAt: '2026-01-01T23:00:00.000Z',
    settings: worldSettings({
      tenantOfQueue: { 'intake-birch': BIRCH },
      caps: { dayMicroUsd: 600_000 },
      batches: { maxTasks: 1 },
      looks: { shortestSeconds: 60, longestSeconds: 120 },
      clusters: { maxWorkers: 1, maxBursts: 2, secondsPerSlot: 600 },
    }),
    taskSeconds: () => 1500,
  });
  const { queue, ledger, artifacts, pause, stages, ports } = world;
  const { clock, ids } = ports;
  const birch = burstClient({ queue, ledger, artifacts, clock, ids, pause }, BIRCH);
  const send = (tasks: readonly Task[]) =>
    stages.intake(
      {
        Records: tasks.map((task) => ({
          messageId: task.taskId,
          body: JSON.stringify(task),
          eventSourceARN: 'arn:aws:sqs:us-east-1:000000000000:intake-birch',
        })),
      },
      { remainingSeconds: () => 60 },
    );
  return { ...world, birch, sendAsBirch: send };
}

it('two tenants and a cap for two clusters: the one that had both yesterday has one today', async () => {
  const { client, birch, sendAsBirch, run, ledger, market, logged } = twoTenants();
  const long = { estimatedSeconds: 1500 };
  await client.enqueue(nftTasks(9, long));
  await run({ forSeconds: 300 });
  expect(market.all()).toHaveLength(2);
  await sendAsBirch([nftTask('b-1', long)]);
  await run({ forSeconds: 300 });
  expect(await birch.explain('b-1')).toMatchObject({ cause: 'budget' });

  await run({ forSeconds: 6600 });
  expect(await birch.get('b-1')).toMatchObject({ state: 'done' });
  const today = await readMoney(ledger, 'day#2026-01-02');
  expect(today?.['used#birch']).toBeGreaterThanOrEqual(276_075);
  expect(today?.['used#default']).toBeGreaterThan(200_000);
  expect(
    logged.filter(({ event }) => event === 'Plan burst').map(({ facts }) => facts.reason),
  ).toContain(
    'fair-share: tenant default has 0.276075 USD of the 0.6 USD day#2026-01-02 cap and asks for 0.276075; its share beside 1 waiting tenant is 0.323925 USD',
  );
});
