import { parseCheckpoint } from '../../shared/model/checkpoint.ts';
import { isClusterOver } from '../../shared/model/cluster.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { Row } from '../../shared/ports.ts';

/**
 * What must hold, as pure checks over the truth: rows as they are in the ledger, clusters as they are at the
 * provider. Each says in words what is wrong, or nothing.
 */

export const INVARIANTS = [
  'NO-LOSS',
  'ONCE',
  'ONE-CLUSTER',
  'NO-ORPHAN',
  'CAP',
  'CHECKPOINT',
  'DETECTION',
  'TEARDOWN',
  'FALSE-TEARDOWN',
  'FENCE',
  'WATERMARK',
  'PROGRESS',
  'AUDIT',
  'INTEGRITY',
  'ISOLATION',
  'ATTEMPTS',
  'PLACE',
  'READY',
  'ENGINE',
] as const;
export type Invariant = (typeof INVARIANTS)[number];

export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
}

/** Whoever writes, as far as fences are concerned. */
export interface Writer {
  readonly who: string;
  readonly startedMs: number;
  readonly burst: { readonly burstId: string; readonly leaseFence: number } | undefined;
}

const violation = (invariant: Invariant, what: string): Violation => ({ invariant, what });

/** FENCE: the driver of a burst writes its lease only under the fence it was sent out with. */
export function leaseWrite(before: Row | undefined, after: Row, by: Writer): Violation | undefined {
  if (before === undefined || by.burst === undefined || by.burst.burstId !== after.burstId) return;
  if (before.leaseFence === by.burst.leaseFence) return;
  return violation(
    'FENCE',
    `${by.who} of fence ${by.burst.leaseFence} wrote the lease of ${after.burstId} under fence ${before.leaseFence}`,
  );
}

/** FENCE: a claimed batch is moved by the burst that claimed it, or by the sweep; its fence only rises. */
export function batchWrite(before: Row | undefined, after: Row, by: Writer): Violation | undefined {
  if (before === undefined) return;
  const [was, is] = [Number(before.batchFence), Number(after.batchFence)];
  if (is < was) {
    return violation('FENCE', `the fence of batch ${after.batchId} went back from ${was} to ${is}`);
  }
  const moved = before.status !== after.status || is !== was;
  if (!moved || after.status === 'done') return;
  if (before.status === 'done' || before.status === 'split') {
    return violation(
      'ONCE',
      `batch ${after.batchId} became ${after.status} after ${before.status}`,
    );
  }
  if (is === was && before.status === 'claimed') {
    return violation('FENCE', `batch ${after.batchId} became ${after.status} under the same fence`);
  }
  if (before.status === 'claimed' && by.burst !== undefined && by.burst.burstId !== before.burst) {
    return violation(
      'FENCE',
      `${by.burst.burstId} moved batch ${after.batchId} of ${before.burst}`,
    );
  }
  return;
}

/** ONCE: what has ended stays as it ended. */
export function taskWrite(before: Row | undefined, after: Row): Violation | undefined {
  if (before === undefined || before.status === 'accepted') return;
  const same = ['status', 'job', 'endedAt'].every((field) => before[field] === after[field]);
  return same
    ? undefined
    : violation(
        'ONCE',
        `task ${after.taskId} was ${before.status} by ${before.job} and became ${after.status} by ${after.job}`,
      );
}

/** What ended attempts of which nobody knows whose fault it was. */
const CUT_SHORT = /^(worker-lost|interrupted|burst-closed):/;

/** ISOLATION: no task is failed by an attempt that it shared with others. */
export function failedTask(task: Row, neighbours: number): Violation | undefined {
  if (task.status !== 'failed' || !CUT_SHORT.test(String(task.reason)) || neighbours === 0) return;
  const what = `task ${task.taskId} failed with ${neighbours} neighbours: ${task.reason}`;
  return violation('ISOLATION', what);
}

/** CHECKPOINT: the order of the newest one ever taken only rises, and no other is ever pointed at. */
export function checkpointWrite(before: Row | undefined, after: Row): Violation | undefined {
  const [was, is] = [Number(before?.order ?? 0), Number(after.order)];
  if (is < was) {
    return violation('CHECKPOINT', `task ${after.taskId} went back from ${was} to ${is}`);
  }
  const [old, now] = [keyOfNewest(before), keyOfNewest(after)];
  return now !== undefined && now !== old && is <= was
    ? violation(
        'CHECKPOINT',
        `task ${after.taskId} points at ${now}, which is not newer than ${old}`,
      )
    : undefined;
}

/** CHECKPOINT: what is pointed at is there, whole, and the task's own. */
export function pointedAt(row: Row, bytes: Uint8Array | undefined): Violation | undefined {
  const wrong = (what: string) =>
    violation('CHECKPOINT', `task ${row.taskId} points at ${keyOfNewest(row)}, which is ${what}`);
  if (bytes === undefined) return wrong('missing');
  if (sha256Of(bytes) !== Reflect.get(Object(row.newest), 'sha256')) return wrong('another one');
  const read = parseCheckpoint(bytes);
  if (!read.ok) return wrong(read.why);
  return read.header.taskId === row.taskId ? undefined : wrong(`of task ${read.header.taskId}`);
}

export function keyOfNewest(row: Row | undefined): string | undefined {
  const key: unknown = Reflect.get(Object(row?.newest), 'key');
  return typeof key === 'string' ? key : undefined;
}

/** The newest checkpoint that was verified when an attempt ended; the next one, under this fence, knows it. */
export interface LeastResume {
  readonly fence: number;
  readonly sequence: number;
}

/** CHECKPOINT: an attempt goes on from what was verified when the one before it ended, or from something newer. */
export function wentOn(
  { taskId, batchFence, checkpoint }: Pick<ManifestTask, 'taskId' | 'batchFence' | 'checkpoint'>,
  least: LeastResume | undefined,
): Violation | undefined {
  if (least === undefined || batchFence < least.fence) return;
  const from = checkpoint?.resume?.sequence ?? 0;
  const what = `task ${taskId} goes on from ${from}, ${least.sequence} was verified`;
  return from < least.sequence ? violation('CHECKPOINT', what) : undefined;
}

/** Attempts at one batch that may be alive at a time within one burst. */
const LIVE_ATTEMPTS = 2;

/** Reports after which a job uploads nothing more. */
const OVER: readonly unknown[] = ['succeeded', 'failed', 'interrupted', 'cancelled'];

/** ATTEMPTS: of the jobs of a burst, at most two may still upload for one batch. */
export function newJob(job: Row, others: readonly Row[], now: string): Violation | undefined {
  const listed = batchesIn(job);
  const alive = others.filter(
    ({ status, deadlineAt, reported }) =>
      status === 'submitting' ||
      status === 'running' ||
      (status === 'lost' && now < String(deadlineAt) && !OVER.includes(reported)),
  );
  for (const batch of listed) {
    const count = 1 + alive.filter((other) => batchesIn(other).includes(batch)).length;
    if (count > LIVE_ATTEMPTS) {
      return violation('ATTEMPTS', `${job.jobId} is attempt ${count} alive at batch ${batch}`);
    }
  }
  return;
}

const batchesIn = ({ batches }: Row): string[] =>
  Array.isArray(batches)
    ? batches.map((listed) => String(Reflect.get(Object(listed), 'batchId')))
    : [];

/** ATTEMPTS: what slow jobs are done again for stays within its share of the burst's slot time. */
export function duplicatesWithin(
  before: Row | undefined,
  after: Row,
  share: number,
): Violation | undefined {
  const [was, is] = [Number(before?.duplicateSeconds ?? 0), Number(after.duplicateSeconds ?? 0)];
  const issued = Number(after.issuedSeconds ?? 0);
  if (is <= was || is <= share * issued) return;
  const what = `${after.burstId} does ${is} of ${issued} s twice, the budget is ${share} of them`;
  return violation('ATTEMPTS', what);
}

/** ATTEMPTS: a job is not stopped while its batch, though re-issued, has tasks left: its uploads still count. */
export function stopped(job: Row, batches: Iterable<Row>): Violation | undefined {
  const { jobId } = job;
  for (const batch of batches) {
    // A number is given again where it was given to a job that was never written: the fence tells them apart.
    const own = batch.job === jobId && fenceIn(job, batch.batchId) === batch.batchFence;
    const wanted = isWaiting(batch) && (own || batch.earlierJob === jobId);
    if (wanted) return violation('ATTEMPTS', `${jobId} was stopped at batch ${batch.batchId}`);
  }
  return;
}

const fenceIn = ({ batches }: Row, batchId: unknown): unknown =>
  Array.isArray(batches)
    ? Reflect.get(
        Object(batches.find((one) => Reflect.get(Object(one), 'batchId') === batchId)),
        'batchFence',
      )
    : undefined;

/** Open or claimed, with tasks left. */
const isWaiting = ({ status, settled, tasks }: Row): boolean =>
  (status === 'open' || status === 'claimed') &&
  Array.isArray(tasks) &&
  (settled instanceof Set ? settled.size : 0) < tasks.length;

/** When a worker was first caught, and how long it is put aside for it. */
export interface Caught {
  readonly atMs: number;
  readonly untilMs: number;
}

/** PLACE: no batch goes to a worker that failed it, and nothing to one that is put aside when the look begins. */
export function placed(
  job: Row,
  batches: readonly Row[],
  by: Pick<Writer, 'startedMs'>,
  caught?: Caught,
): Violation | undefined {
  const given = batchesIn(job);
  for (const { batchId, batchFence, excludedWorkers, job: holder } of batches) {
    const excluded = Array.isArray(excludedWorkers) && excludedWorkers.includes(job.worker);
    if (excluded && holder === job.jobId && given.includes(String(batchId))) {
      const what = `batch ${batchId} goes to ${job.worker} again under fence ${batchFence}`;
      return violation('PLACE', what);
    }
  }
  return caught !== undefined && caught.atMs < by.startedMs && by.startedMs < caught.untilMs
    ? violation('PLACE', `${job.worker} gets ${job.jobId} after it was caught`)
    : undefined;
}

/** What of a profile's batches its change must be held against. */
export interface ListedBatch {
  readonly row: Row;
  /** Whether it was there when the profile was changed for the last time. */
  readonly wasThere: boolean;
}

/** WATERMARK: each change of a profile follows the last one, and passes no batch that has tasks left. */
export function profileWrite(
  before: Row | undefined,
  after: Row,
  batches: readonly ListedBatch[],
): Violation | undefined {
  if (before === undefined) return;
  if (Number(after.seq) !== Number(before.seq) + 1) {
    const what = `profile ${after.profile} went from change ${before.seq} to ${after.seq}`;
    return violation('WATERMARK', what);
  }
  const passed = batches.find(
    ({ row, wasThere }) =>
      wasThere && isWaiting(row) && isCovered(row, before) && !isCovered(row, after),
  );
  return passed === undefined
    ? undefined
    : violation('WATERMARK', `profile ${after.profile} passed batch ${passed.row.batchId}`);
}

const isCovered = ({ batchId }: Row, { oldestOpen }: Row): boolean =>
  oldestOpen !== undefined && String(oldestOpen) <= String(batchId);

/** WATERMARK: a split batch is not closed before its halves are written and their profile knows of them. */
export function splitClosed(
  whole: Row,
  halves: readonly (Row | undefined)[],
  profile: Row | undefined,
): Violation | undefined {
  if (whole.status !== 'split' || whole.dueOf !== undefined) return;
  const lost = halves.some(
    (half) =>
      half === undefined || (isWaiting(half) && profile !== undefined && !isCovered(half, profile)),
  );
  return lost
    ? violation('WATERMARK', `a half of batch ${whole.batchId} is known to nobody`)
    : undefined;
}

/** CAP: nothing is held that a scope has not. A bill may be dearer than its hold. */
export function moneyWrite(before: Row | undefined, after: Row): Violation | undefined {
  const left = Number(after.available);
  const held = new Set(Object.keys(Object(before?.holds)));
  if (left >= 0 || Object.keys(Object(after.holds)).every((hold) => held.has(hold))) return;
  // A function of before a deploy knows the lower cap of then: it lowers the cap, and takes nothing.
  if (Number(after.capMicroUsd) < Number(before?.capMicroUsd ?? 0)) return;
  return violation('CAP', `${-left} micro-USD too much are held or spent in ${after.scope}`);
}

/** READY: no worker counts that never answered or stands on other hardware than was bought. */
export function admitted(
  before: Row | undefined,
  after: Row,
  unfit: ReadonlySet<string>,
): Violation | undefined {
  if (before?.workers === after.workers || !Array.isArray(after.workers)) return;
  const ids = after.workers.map((worker) => String(Reflect.get(Object(worker), 'workerId')));
  const wrong = ids.find((id) => unfit.has(id));
  return wrong === undefined
    ? undefined
    : violation('READY', `${wrong} was admitted to ${after.burstId}`);
}

export function newestHoldOf(lease: Row | undefined): number {
  const holds = Array.isArray(lease?.holds) ? lease.holds : [];
  return Number(Reflect.get(Object(holds.at(-1)), 'microUsd') ?? 0);
}

/** CAP: what is ordered is covered by the newest hold of its lease. */
export function coveredByHold(
  clusterId: string,
  costMicroUsd: number,
  lease: Row | undefined,
): Violation | undefined {
  const held = newestHoldOf(lease);
  return costMicroUsd <= held
    ? undefined
    : violation('CAP', `${clusterId} was bought for ${costMicroUsd} with ${held} held`);
}

/** What a check must know of a cluster. */
export interface ClusterTruth {
  readonly id: string;
  readonly name: string;
  readonly phase: string;
  readonly surplus: boolean;
}

/** ONE-CLUSTER: of the clusters that were ordered, at most one of a name is alive. */
export function ordered(clusters: readonly ClusterTruth[]): Violation | undefined {
  const alive = clusters.filter(({ phase, surplus }) => !surplus && !isClusterOver(phase));
  const [one, other] = alive.map(({ id }) => id);
  return other === undefined
    ? undefined
    : violation('ONE-CLUSTER', `${one} and ${other} are both alive as ${alive[0]?.name}`);
}

/** TEARDOWN: a lease is settled when its own cluster is over, and when no unlearned one of its name lives. */
export function settled(lease: Row, clusters: readonly ClusterTruth[]): Violation | undefined {
  const alive = clusters.find(
    ({ id, phase, surplus }) =>
      !isClusterOver(phase) &&
      (id === lease.clusterId || (lease.clusterId === undefined && !surplus)),
  );
  return alive === undefined
    ? undefined
    : violation('TEARDOWN', `${lease.burstId} was settled while ${alive.id} was ${alive.phase}`);
}

/** Phases of a lease that still wants its cluster. */
const WANTED: readonly unknown[] = ['planned', 'creating', 'provisioning', 'ready'];

/** Failures that say that a cluster could not do its work. */
const BLAMES_CLUSTER: readonly unknown[] = ['ClusterGone', 'WorkersLost', 'ClusterNotReady'];

/** FALSE-TEARDOWN: nobody ends a cluster its lease wants, nor blames one that nothing was wrong with. */
export function destroyed(
  cluster: ClusterTruth & { readonly unharmed: boolean },
  lease: Row | undefined,
  by: Writer,
): Violation | undefined {
  if (lease?.clusterId !== cluster.id || isClusterOver(cluster.phase)) return;
  if (WANTED.includes(lease.phase)) {
    return violation('FALSE-TEARDOWN', `${by.who} ended ${cluster.id}, which its lease wants`);
  }
  const { failure } = lease;
  const error =
    typeof failure === 'object' && failure !== null && 'Error' in failure ? failure : {};
  const blamed = 'Error' in error && BLAMES_CLUSTER.includes(error.Error);
  return blamed && cluster.unharmed
    ? violation('FALSE-TEARDOWN', `${cluster.id} was healthy: ${JSON.stringify(failure)}`)
    : undefined;
}

/** Whether a lease owns a cluster of its name; by the founding design, not by the code that is tested. */
export const owns = (lease: Row | undefined, clusterId: string): boolean =>
  lease !== undefined &&
  lease.phase !== 'settled' &&
  lease.phase !== 'teardown-owed' &&
  (lease.clusterId === undefined || lease.clusterId === clusterId);
