import { expect, it } from 'vitest';
import { sweepProfiles } from '../../lambdas/sweep/profiles.ts';
import { openBatch } from '../../shared/ledger/batches.ts';
import { changeProfile, ensureProfile } from '../../shared/ledger/profiles.ts';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { BurstId, ProfileId, Tenant } from '../../shared/model/ids.ts';
import { plusSeconds } from '../../shared/model/time.ts';
import { aBatch, aLease, at, NOW } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

/** Amber's burst is planned and it wants more; birch was refused for want of machines, and its pause is over. */
async function twoProfiles(tenants: readonly string[]) {
  let now = NOW;
  const ledger = memoryLedger({ staleIndex: false });
  const logged: Readonly<Record<string, unknown>>[] = [];
  const started: string[] = [];
  let dueQueries = 0;
  const ports = {
    ledger: {
      ...ledger,
      due: (query: Parameters<typeof ledger.due>[0]) => {
        dueQueries += 1;
        return ledger.due(query);
      },
    },
    artifacts: memoryArtifacts({ clock: { now: () => now } }),
    clock: { now: () => now },
    log: (event: string, facts: Readonly<Record<string, unknown>>) => {
      if (event === 'waiting' || event === 'open burst') logged.push(facts);
    },
    bursts: {
      start: async (name: string) => {
        started.push(name);
        return 'started' as const;
      },
    },
  };
  const wanting = async (name: string, letter: string, fields: object) => {
    const tenant = Tenant.parse(name);
    const profile = ProfileId.parse(letter.repeat(12));
    const { requirement } = aLease();
    const row = await ensureProfile(ledger, profile, { ...requirement, tenant });
    const { status: _, batchFence: __, attempts: ___, dueOf: ____, ...batch } = aBatch(1);
    const own = { ...batch, tenant, profile, dueAt: at(9999) };
    await openBatch(ledger, own);
    await openBatch(ledger, { ...own, batchId: aBatch(2).batchId });
    await changeProfile(ledger, row, { oldestOpen: batch.batchId, dueAt: NOW, ...fields });
  };
  const burstId = BurstId.parse(`burst-test-${'a'.repeat(12)}`);
  const planned = { burstId, state: 'open' as const, slots: 1, openedAt: at(-60) };
  await wanting('amber', 'a', { bursts: [planned] });
  await wanting('birch', 'b', {
    cooldownReason: 'CapacityUnavailable: no-capacity: none free',
    cooldownUntil: NOW,
  });
  const settings = testSettings({
    clusters: { secondsPerSlot: 10 },
    tenantOfQueue: Object.fromEntries(tenants.map((tenant) => [`intake-${tenant}`, tenant])),
  });
  const sweep = async () => {
    logged.length = 0;
    dueQueries = 0;
    await sweepProfiles(ports, settings, now);
    return { opened: logged.filter(({ burst }) => burst !== undefined), logged, dueQueries };
  };
  const wait = (seconds: number) => {
    now = plusSeconds(now, seconds);
  };
  return { sweep, wait };
}

it('who was refused machines opens first, and the tenant with more in the pass after it', async () => {
  const { sweep, wait } = await twoProfiles(['amber', 'birch']);
  const first = await sweep();
  const opened = ({ profile, slots }: Readonly<Record<string, unknown>>) => `${profile} ${slots}`;
  expect(first.opened.map(opened)).toEqual(['aaaaaaaaaaaa 1', 'bbbbbbbbbbbb 2']);
  expect(first.logged.find(({ tenant }) => tenant === 'amber')).toMatchObject({
    reason: expect.stringMatching(/^fair-share: tenant amber has 1 GPUs/),
  });
  wait(61);
  expect((await sweep()).opened.map(opened)).toEqual(['aaaaaaaaaaaa 1']);
});

it('a deployment of one tenant asks the index once, and lets nobody wait', async () => {
  const { sweep } = await twoProfiles(['amber']);
  const { opened, dueQueries } = await sweep();
  expect(dueQueries).toBe(1);
  expect(opened).toHaveLength(3);
});
