import type { Driver } from '../../shared/bursts/drive.ts';
import { changeJob, jobsOf } from '../../shared/ledger/jobs.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { type ManifestTask, parseManifest } from '../../shared/model/job.ts';
import { unread, unreadCheckpoints } from '../../shared/model/job-state.ts';
import type { JobRow, LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { secondsBetween } from '../../shared/model/time.ts';
import { isFinishable } from '../../shared/poll/collect-when.ts';
import type { Invocation } from '../../shared/ports.ts';
import type { Received } from './accept-result.ts';
import { takeCheckpoint } from './checkpoints.ts';
import { collectJob, NOTHING } from './collect-job.ts';
import type { CollectPorts } from './collect-ports.ts';
import { hasTime } from './enter-lines.ts';

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
    if (!hasTime(invocation)) break;
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
