import { randomFrom } from '../../shared/memory/memory-ids.ts';
import { BatchId, ClusterId, WorkerId } from '../../shared/model/ids.ts';
import { BatchRow, JobRow, LeaseRow } from '../../shared/model/rows.ts';
import { Settings } from '../../shared/model/settings.ts';
import { Instant, plusSeconds } from '../../shared/model/time.ts';
import { UNCAPPED } from './bench-settings.ts';

export const NOW = Instant.parse('2026-01-01T12:00:00.000Z');
export const WORKERS = 8;
export const SLOTS = 8;
export const TASKS_PER_BATCH = 10;
export const KEYS = 20;

const settings = Settings.parse(UNCAPPED);
const at = (seconds: number) => plusSeconds(NOW, seconds);
const [profile, burstId, sha] = ['0123456789ab', 'burst-bench-0123456789ab', 'ab'.repeat(32)];
const workerNamed = (n: number) => WorkerId.parse(`c-1-w${n + 1}`);

const ONE = BatchRow.parse({
  ...{ v: 1, tenant: 'default', profile, batchId: '000000001-00000000', kind: 'bench' },
  ...{ affinityKey: 'a', bodiesKey: 't/default/bodies/x', tasks: [], slotSeconds: 0 },
  ...{ status: 'open', openedAt: at(-600), batchFence: 0, attempts: 0 },
});
const [TASK] = BatchRow.shape.tasks.parse([{ taskId: 'task', line: 0, unitSeconds: 1 }]);

/** The `n`th open batch. Parsed in parts: a hundred thousand whole rows would take longer than what is measured. */
function batchOf(n: number, affinityKey: string, seconds: readonly number[]): BatchRow {
  if (TASK === undefined) throw new Error('no task was read');
  return {
    ...ONE,
    batchId: BatchId.parse(`000000001-${String(n).padStart(8, '0')}`),
    affinityKey,
    slotSeconds: seconds.reduce((sum, one) => sum + one, 0),
    tasks: seconds.map((unitSeconds, line) => ({ ...TASK, line, unitSeconds })),
    settled: new Set<number>(),
  };
}

const leaseOf = (workers: number, slots: number): LeaseRow =>
  LeaseRow.parse({
    ...{ v: 1, burstId, tenant: 'default', profile, phase: 'ready', wantedSlots: 64 },
    requirement: {
      ...{ tenant: 'default', image: `registry.test/worker@sha256:${sha}`, gpuUsed: true },
      need: { gpus: 1, vramGb: 24 },
    },
    ...{ createdAt: at(-1800), segment: 1, leaseFence: 1, heardSegment: 1, nextLookBy: at(240) },
    ...{ clusterId: ClusterId.parse('c-1'), readyAt: at(-1200), terms: 1, paidUntil: at(2400) },
    workers: Array.from({ length: workers }, (_, n) => ({
      ...{ workerId: workerNamed(n), url: `virtual://${n}`, slots },
    })),
  });

/** A ready cluster of 64 slots, half of them busy, and a backlog. */
export function backlog(count: number) {
  const random = randomFrom(count);
  const batches = Array.from({ length: count }, (_, n) =>
    batchOf(
      n,
      `model ${Math.floor(random() * KEYS)}`,
      Array.from({ length: TASKS_PER_BATCH }, () => 1 + random() * 20),
    ),
  );
  const jobs = Array.from({ length: (WORKERS * SLOTS) / 2 }, (_, n) => {
    const batch = batches[n];
    if (batch !== undefined) batches[n] = { ...batch, status: 'claimed' };
    return JobRow.parse({
      ...{ v: 1, burstId, n: n + 1, jobId: `${burstId}-${n + 1}`, tasks: TASKS_PER_BATCH },
      ...{ worker: workerNamed(n % WORKERS) },
      batches: batch === undefined ? [] : [{ batchId: batch.batchId, batchFence: 1 }],
      ...{ manifestKey: 't/default/manifests/x', manifestSha256: sha, submittedAt: at(-60) },
      ...{ deadlineAt: at(1740), status: 'running', reported: 'running', started: true },
    });
  });
  return { settings, batches, jobs, lease: leaseOf(WORKERS, SLOTS) };
}

/** An idle cluster of so many workers of one slot, and batches of one task of these lengths. */
export const backlogOfSeconds = (seconds: readonly number[], slots: number) => ({
  settings,
  batches: seconds.map((one, n) => batchOf(n, 'one', [one])),
  lease: leaseOf(slots, 1),
});
