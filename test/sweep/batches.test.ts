import { describe, expect, it } from 'vitest';
import { sweepBatches } from '../../lambdas/sweep/batches.ts';
import { openBatch, readBatch } from '../../shared/ledger/batches.ts';
import { ensureProfile, readProfile } from '../../shared/ledger/profiles.ts';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import type { BatchRow } from '../../shared/model/rows.ts';
import { plusSeconds } from '../../shared/model/time.ts';
import { aBatch, aLease, at, NOW } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const { graceSeconds } = settings.looks;
const { jobSeconds } = settings.lease;

/** Batches whose intake died before it announced them. */
async function stranded(batches: readonly BatchRow[]) {
  let now = NOW;
  const clock = { now: () => now };
  const ledger = memoryLedger({ staleIndex: false });
  const { requirement, tenant, profile } = aLease();
  await ensureProfile(ledger, profile, requirement);
  for (const { status: _, batchFence: __, attempts: ___, dueOf: ____, ...batch } of batches) {
    await openBatch(ledger, { ...batch, dueAt: NOW });
  }
  const started: string[] = [];
  let announcements = 0;
  const ports = {
    ledger: {
      ...ledger,
      write: (write: Parameters<typeof ledger.write>[0]) => {
        if (write.key.sk === '#' && write.key.pk.startsWith('P#')) announcements += 1;
        return ledger.write(write);
      },
    },
    artifacts: memoryArtifacts({ clock }),
    clock,
    log: () => {},
    bursts: {
      start: async (name: string) => {
        started.push(name);
        return 'started' as const;
      },
    },
  };
  return {
    started,
    sweep: () => sweepBatches(ports, settings, now),
    wait: (seconds: number) => {
      now = plusSeconds(now, seconds);
    },
    announced: () => announcements,
    profile: () => readProfile(ledger, tenant, profile),
    dueAt: async ({ batchId }: BatchRow) =>
      (await readBatch(ledger, tenant, profile, batchId))?.dueAt,
  };
}

describe('a batch whose intake died', () => {
  it('gets its burst by the first pass that finds it due', async () => {
    const { sweep, started, profile } = await stranded([aBatch(1, { openedAt: NOW })]);
    await sweep();
    expect(started).toHaveLength(1);
    expect((await profile())?.oldestOpen).toBe(aBatch(1).batchId);
  });

  it('speaks for those that are younger, whatever order they are found in', async () => {
    const { sweep, announced, profile } = await stranded([2, 1, 3, 4].map((n) => aBatch(n)));
    await sweep();
    expect(announced()).toBeLessThanOrEqual(2);
    expect((await profile())?.oldestOpen).toBe(aBatch(1).batchId);
  });

  it('does not wait for the next pass behind a long backlog', async () => {
    const batches = Array.from({ length: 230 }, (_, n) => aBatch(n + 1));
    const { sweep, dueAt } = await stranded(batches);
    await sweep();
    for (const batch of batches) expect(await dueAt(batch)).not.toBe(NOW);
  });
});

it.each([0, graceSeconds, jobSeconds, 86_400])(
  'an open batch of %i s that was announced is looked at again after the time of a job',
  async (age) => {
    const batch = aBatch(1, { openedAt: at(-age) });
    const { sweep, dueAt } = await stranded([batch]);
    await sweep();
    expect(await dueAt(batch)).toBe(at(jobSeconds));
  },
);
