import { ClusterId, WorkerId } from '../../shared/model/ids.ts';
import type { JobReport } from '../../shared/model/job.ts';
import { BatchRow, JobRow, LeaseRow } from '../../shared/model/rows.ts';
import { Instant, plusSeconds } from '../../shared/model/time.ts';
import type { ClusterView } from '../../shared/ports.ts';

/** Rows and answers for decisions, as they are in the middle of an ordinary burst. */

export const NOW = Instant.parse('2026-01-01T12:00:00.000Z');

/** `seconds` after now, before it when negative. */
export const at = (seconds: number): Instant => plusSeconds(NOW, seconds);

export const BURST = 'burst-test-0123456789ab';
export const CLUSTER = ClusterId.parse('c-1');
const SHA = 'ab'.repeat(32);

export const workerNamed = (n: number): WorkerId => WorkerId.parse(`c-1-w${n}`);

type Input<Schema extends { _zod: { input: unknown } }> = Partial<Schema['_zod']['input']>;

/** A ready cluster of two workers of one slot, paid for another 40 minutes. */
export const aLease = (more: Input<typeof LeaseRow> = {}): LeaseRow =>
  LeaseRow.parse({
    v: 1,
    burstId: BURST,
    tenant: 'default',
    profile: '0123456789ab',
    requirement: {
      tenant: 'default',
      image: `registry.test/worker@sha256:${SHA}`,
      need: { gpus: 1, vramGb: 24 },
      gpuUsed: true,
    },
    phase: 'ready',
    wantedSlots: 2,
    createdAt: at(-1800),
    segment: 1,
    leaseFence: 1,
    heardSegment: 1,
    nextLookBy: at(240),
    offer: {
      offerId: '204/1x@1',
      gpuModel: 'RTX 4090',
      location: 'US',
      locationId: '1',
      gpusPerWorker: 1,
      workers: 2,
      termMicroUsd: 600_000,
    },
    clusterId: CLUSTER,
    createdClusterAt: at(-1790),
    readyBy: at(900),
    readyAt: at(-1200),
    workers: [1, 2].map((n) => ({ workerId: workerNamed(n), url: `virtual://${n}`, slots: 1 })),
    terms: 1,
    paidUntil: at(2400),
    ...more,
  });

/** The `n`th open batch: two tasks of 100 seconds. */
export const aBatch = (n: number, more: Input<typeof BatchRow> = {}): BatchRow =>
  BatchRow.parse({
    v: 1,
    tenant: 'default',
    profile: '0123456789ab',
    batchId: `000000001-${String(n).padStart(8, '0')}`,
    kind: 'nft.generative',
    affinityKey: 'nft',
    bodiesKey: 't/default/bodies/x',
    tasks: [0, 1].map((line) => ({ taskId: `task-${n}-${line}`, line, unitSeconds: 100 })),
    slotSeconds: 200,
    status: 'open',
    openedAt: at(-600),
    batchFence: 0,
    attempts: 0,
    ...more,
  });

/** The `n`th job: running on worker 1 for a minute, seen running, nothing uploaded. */
export const aJob = (n: number, more: Input<typeof JobRow> = {}): JobRow =>
  JobRow.parse({
    v: 1,
    burstId: BURST,
    n,
    jobId: `${BURST}-${n}`,
    worker: workerNamed(1),
    batches: [{ batchId: `000000001-${String(n).padStart(8, '0')}`, batchFence: 1 }],
    tasks: 2,
    manifestKey: 't/default/manifests/x',
    manifestSha256: SHA,
    submittedAt: at(-60),
    deadlineAt: at(1740),
    status: 'running',
    reported: 'running',
    started: true,
    ...more,
  });

/** What a worker says about {@link aJob}. */
export const aReport = (more: Partial<JobReport> = {}): JobReport => {
  const { jobId, manifestSha256 } = aJob(1);
  const status = 'running';
  const nothing = { uploaded: [], failures: [], checkpoints: [] };
  return { jobId, manifestSha256, status, ...nothing, slotSeconds: 60, ...more };
};

/** What the provider says about the cluster of {@link aLease}. */
export const aView = (more: Partial<ClusterView> = {}): ClusterView => ({
  clusterId: CLUSTER,
  phase: 'RUNNING',
  gpuModel: 'GeForce RTX 4090',
  gpusPerWorker: 1,
  totalWorkers: 2,
  workers: [1, 2].map((n) => ({ workerId: workerNamed(n), url: `virtual://${n}` })),
  startedAt: at(-1200),
  paidSeconds: 3600,
  servedSeconds: 1200,
  amountPaidMicroUsd: 600_000,
  ...more,
});
