import type { Driver } from '../../shared/bursts/drive.ts';
import { settleTasks } from '../../shared/ledger/batches.ts';
import { changeJob, jobsOf } from '../../shared/ledger/jobs.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import type { BatchId } from '../../shared/model/ids.ts';
import { type ManifestTask, parseManifest } from '../../shared/model/job.ts';
import type { JobRow, LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { secondsBetween } from '../../shared/model/time.ts';
import { isFinishable } from '../../shared/poll/collect-when.ts';
import { failedLines, unread, unreadCheckpoints } from '../../shared/poll/job-look.ts';
import type { Invocation } from '../../shared/ports.ts';
import { acceptResult, RECEIVED, type Received } from './accept-result.ts';
import { dropLineage, takeCheckpoint } from './checkpoints.ts';
import type { CollectPorts } from './collect-ports.ts';
import { acceptFailure } from './failed-line.ts';
import { putAside } from './put-aside.ts';

const NOTHING: Readonly<Record<Received, number>> = {
  accepted: 0,
  refused: 0,
  rejected: 0,
  voted: 0,
  missing: 0,
  failed: 0,
  undone: 0,
};

/** Left of an invocation for the writes behind the last verification, seconds. */
const MARGIN_SECONDS = 10;

/** Largest manifest we write: 200 tasks with their URLs. */
const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/**
 * Collect results: a bounded number of uploads per look, from any attempt, whoever holds the batch now.
 * The task rows decide: the first verified result ends a task, every later one is refused and counted.
 * Checkpoints of what has not ended are taken behind them. Where nothing is left for Run to do the burst waits on
 * as the look before it would have.
 */
export const collectResults =
  (ports: CollectPorts, settings: Settings, invocation: Invocation): Driver =>
  async (lease, burst, now) => {
    let budget = settings.limits.verifyPerLook;
    const counts: Record<Received, number> = { ...NOTHING };
    let [left, runs] = [false, burst.waitSeconds === undefined];
    const jobs = await jobsOf(ports.ledger, lease.burstId, lease.firstJob);
    for (const job of jobs) {
      const salvage = job.status === 'lost' && !job.salvaged;
      const lines = salvage ? uncollected(job) : unread(job);
      const checkpoints = salvage ? lines : unreadCheckpoints(job);
      if (lines.length === 0 && checkpoints.length === 0 && !salvage) continue;
      const tasks = await manifestOf(ports, job);
      const work = { tasks, lines, budget };
      const done = await collectJob(ports, settings, lease, job, work, invocation, counts);
      budget -= done.verified;
      const all = done.looked === lines.length;
      const worth = checkpoints.filter((line) => !done.ended.has(line));
      // Of a lost job there is one pass: what does not fit into it is done again.
      const most = salvage ? worth.length : Math.max(1, budget);
      const taken = all ? worth.slice(0, most) : [];
      const looked = await collectCheckpoints(ports, lease, job, tasks, taken, invocation);
      budget -= looked;
      const complete = all && (salvage || looked === worth.length);
      left ||= !complete;
      runs ||= job.status !== 'running' || isFinishable(asRead(done.job), jobs);
      if (salvage && complete) await changeJob(ports.ledger, job, { set: { salvaged: true } });
    }
    if (counts.accepted > 0 && lease.takeOvers > 0) {
      await changeLease(ports.ledger, lease, { takeOvers: 0 });
    }
    const reason = Object.entries(counts).map(([what, n]) => `${n} ${what}`);
    runs ||= counts.rejected + counts.missing + counts.failed + counts.undone > 0;
    const { waitSeconds, quietLooks } = burst;
    const after =
      runs || waitSeconds === undefined
        ? {}
        : { waitSeconds: restOf(waitSeconds, secondsBetween(now, ports.clock.now())), quietLooks };
    return {
      next: left ? 'collect' : runs ? 'run' : 'wait',
      ...after,
      reason: reason.join(', '),
    };
  };

/** What is left of a wait that was to begin so many seconds ago. */
const restOf = (waitSeconds: number, gone: number): number =>
  Math.max(1, Math.ceil(waitSeconds - gone));

/** The job once every line of it was looked at. */
const asRead = (job: JobRow): JobRow => ({ ...job, collected: new Set(linesOf(job)) });

const linesOf = ({ tasks }: JobRow): number[] => Array.from({ length: tasks }, (_, line) => line);

const uncollected = (job: JobRow): number[] =>
  linesOf(job).filter((line) => !job.collected.has(line));

/**
 * Looks at lines of one job, in order. Only what was there to be verified is charged to `budget`: lines of
 * a lost job that were never uploaded stay unread, and must not keep those behind them from their turn.
 */
async function collectJob(
  ports: CollectPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  { tasks, lines, budget }: Work,
  invocation: Invocation,
  counts: Record<Received, number>,
): Promise<{ job: JobRow; looked: number; verified: number; ended: ReadonlySet<number> }> {
  const endedLines = new Set<number>();
  const ended = new Map<BatchId, Set<number>>();
  const read = new Set<number>();
  const own: Record<Received, number> = { ...NOTHING };
  const failures = failedLines(job);
  let [looked, verified] = [0, 0];
  for (const line of lines) {
    if (verified >= budget || invocation.remainingSeconds() < MARGIN_SECONDS) break;
    looked += 1;
    const task = tasks[line];
    if (task === undefined) continue;
    const failure = job.uploaded.has(line) ? undefined : failures.get(line);
    const received =
      failure === undefined
        ? await acceptResult(ports, settings, lease, job, task)
        : await acceptFailure(ports, lease, job, task, failure);
    own[received.kind] += 1;
    if (received.kind !== 'missing') verified += 1;
    if (received.kind !== 'missing' || job.uploaded.has(line)) read.add(line);
    if (received.ended) {
      endedLines.add(line);
      ended.set(task.batchId, (ended.get(task.batchId) ?? new Set()).add(task.index));
    }
    if (received.kind === 'rejected') {
      const reason = received.reason.slice(0, 300);
      await putAside(ports, settings, job.worker, reason);
      await dropLineage(ports, lease, task, reason);
    }
  }
  for (const [batchId, indexes] of ended)
    await settleTasks(ports.ledger, { ...lease, batchId }, indexes);
  const changed = await changeJob(ports.ledger, job, {
    collected: read,
    refusedResults: own.refused,
    rejectedResults: own.rejected,
    votes: own.voted,
    ...(looked === lines.length ? { remove: ['unreadSince'] } : {}),
  });
  for (const kind of RECEIVED) counts[kind] += own[kind];
  return { job: changed.row ?? job, looked, verified, ended: endedLines };
}

/** What of one job is looked at, and how much of it at most. */
interface Work {
  readonly tasks: readonly ManifestTask[];
  readonly lines: readonly number[];
  readonly budget: number;
}

/** Takes the newest checkpoint of each line, while there is time. @returns how many it looked at. */
async function collectCheckpoints(
  ports: CollectPorts,
  lease: LeaseRow,
  job: JobRow,
  tasks: readonly ManifestTask[],
  lines: readonly number[],
  invocation: Invocation,
): Promise<number> {
  const seen = new Map(job.checkpointsSeen.map(({ line, sequence }) => [line, sequence]));
  let [rejectedCheckpoints, looked] = [0, 0];
  for (const line of lines) {
    if (invocation.remainingSeconds() < MARGIN_SECONDS) break;
    looked += 1;
    const task = tasks[line];
    if (task?.checkpoint === undefined) continue;
    const taken = await takeCheckpoint(ports, lease, job, task);
    if (taken.kind === 'rejected') rejectedCheckpoints += 1;
    const said = job.checkpoints.find((reported) => reported.line === line)?.sequence ?? 0;
    const sequence = Math.max(said, taken.kind === 'taken' ? taken.sequence : 0);
    if (sequence > 0) seen.set(line, sequence);
  }
  const checkpointsSeen = [...seen].map(([line, sequence]) => ({ line, sequence }));
  if (looked > 0) {
    await changeJob(ports.ledger, job, { set: { checkpointsSeen }, rejectedCheckpoints });
  }
  return looked;
}

/** The manifest we wrote for the job, checked against the digest on its row. */
async function manifestOf({ artifacts }: CollectPorts, job: JobRow): Promise<ManifestTask[]> {
  const fetched = await artifacts.get(job.manifestKey, { maxBytes: MAX_MANIFEST_BYTES });
  if (!fetched.found) throw new Error(`manifest of ${job.jobId} is ${fetched.why}`);
  const { bytes } = fetched.object;
  if (sha256Of(bytes) !== job.manifestSha256) {
    throw new Error(`manifest of ${job.jobId} is not the one that was submitted`);
  }
  return parseManifest(Buffer.from(bytes).toString('utf8')).tasks;
}
