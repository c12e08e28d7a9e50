import type { TaskId } from '../model/ids.ts';
import type { BatchRow, JobRow, TaskRow } from '../model/rows.ts';
import { secondsBetween } from '../model/time.ts';

/** What the slots of one lease did, seconds of a slot. */
export interface Spent {
  /** By the task whose result it made, checkpoints it went on from included. */
  readonly work: ReadonlyMap<TaskId, number>;
  /** Results other workers had to deliver too, so that they can be compared. */
  readonly redundancy: number;
  /** Attempts that ended without a result that counts. */
  readonly failedAttempts: number;
  /** Results that came when the task had its result already. */
  readonly duplicates: number;
  /** What one of two jobs did for nothing that were given the same batches, because one was slow. */
  readonly hedges: number;
  /** What was done for tasks that were cancelled. */
  readonly cancelled: number;
}

/** What came of one job's slot time. `rest`: it belongs to no result it delivered. */
interface JobSpent {
  readonly work: ReadonlyMap<TaskId, number>;
  readonly redundancy: number;
  readonly failedAttempts: number;
  readonly duplicates: number;
  readonly rest: number;
}

/**
 * Sorts the slot time of a lease's jobs by what came of it.
 *
 * A job's time is its worker's word, but never more than the time it was watched for; a lost job held its slot
 * until it was given up. What a job delivered is worth what was recorded with it; the rest belongs to what it left
 * undone: work for a task that went on from its checkpoint, else a cancelled task's, else a failed attempt.
 *
 * @param tasks - Rows of every task of the batches, by id.
 */
export function spentOn(
  jobs: readonly JobRow[],
  batches: readonly BatchRow[],
  tasks: ReadonlyMap<TaskId, TaskRow>,
): Spent {
  const work = new Map<TaskId, number>();
  const add = (taskId: TaskId, seconds: number) =>
    work.set(taskId, (work.get(taskId) ?? 0) + seconds);
  const carried = new Map<TaskId, number>();
  let [redundancy, failedAttempts, duplicates, hedges, cancelled] = [0, 0, 0, 0, 0];
  const reissued = new Set(jobs.map(({ reissueOf }) => reissueOf));
  // The newest first: a checkpoint holds what was done last before it.
  for (const job of jobs.toReversed()) {
    const given = tasksGiven(job, batches, tasks);
    const spent = delivered(job, given);
    for (const [taskId, seconds] of spent.work) add(taskId, seconds);
    redundancy += spent.redundancy;
    failedAttempts += spent.failedAttempts;
    const isHedge = job.reissueOf !== undefined || reissued.has(job.jobId);
    if (isHedge) hedges += spent.duplicates;
    else duplicates += spent.duplicates;

    const undone = given.filter(({ job: by }) => by !== job.jobId);
    const each = spent.rest / Math.max(1, undone.length);
    let unexplained = spent.rest;
    for (const task of undone) {
      const saved = (task.resumed?.workSeconds ?? 0) - (carried.get(task.taskId) ?? 0);
      const useful = task.status === 'done' ? Math.max(0, Math.min(each, saved)) : 0;
      if (useful > 0) {
        carried.set(task.taskId, (carried.get(task.taskId) ?? 0) + useful);
        add(task.taskId, useful);
      }
      const lost = task.status === 'cancelled' ? each : 0;
      cancelled += lost;
      unexplained -= useful + lost;
    }
    if (isHedge) hedges += Math.max(0, unexplained);
    else failedAttempts += Math.max(0, unexplained);
  }
  return { work, redundancy, failedAttempts, duplicates, hedges, cancelled };
}

/** Tasks of a job's batches that had not ended when it was submitted. */
const tasksGiven = (
  job: JobRow,
  batches: readonly BatchRow[],
  tasks: ReadonlyMap<TaskId, TaskRow>,
): TaskRow[] =>
  job.batches.flatMap(({ batchId }) =>
    (batches.find((batch) => batch.batchId === batchId)?.tasks ?? []).flatMap(({ taskId }) => {
      const task = tasks.get(taskId);
      const hadEnded = task?.endedAt !== undefined && task.endedAt < job.submittedAt;
      return task === undefined || hadEnded ? [] : [task];
    }),
  );

/** The part of a job's time that belongs to what it delivered. */
function delivered(job: JobRow, given: readonly TaskRow[]): JobSpent {
  const seconds = secondsHeld(job);
  const own = given.filter((task) => task.status === 'done' && task.job === job.jobId);
  const unit = seconds / Math.max(1, job.uploaded.size);
  const claims = {
    work: own.reduce((sum, task) => sum + worth(task, unit), 0),
    redundancy: job.votes * unit,
    failedAttempts: job.rejectedResults * unit,
    duplicates: job.refusedResults * unit,
  };
  const claimed = Object.values(claims).reduce((sum, one) => sum + one, 0);
  const { votes, rejectedResults, refusedResults } = job;
  // Nothing is undone: what is left over is what its results took beyond what was recorded.
  const complete = own.length + votes + rejectedResults + refusedResults >= given.length;
  const scale = claimed > 0 && (claimed > seconds || complete) ? seconds / claimed : 1;
  return {
    work: new Map(own.map((task) => [task.taskId, worth(task, unit) * scale])),
    redundancy: claims.redundancy * scale,
    failedAttempts: claims.failedAttempts * scale,
    duplicates: claims.duplicates * scale,
    rest: Math.max(0, seconds - claimed * scale),
  };
}

/** A result that was voted for is recorded with the time of all its voters. */
const worth = ({ slotSeconds = 0, verifiedBy }: TaskRow, unit: number): number =>
  /(?:^|\+)redundancy-/.test(verifiedBy ?? '') ? Math.min(slotSeconds, unit) : slotSeconds;

/** How long a job held its slot, as far as that was seen. */
function secondsHeld(job: JobRow): number {
  const { submittedAt, answeredAt, lostAt } = job;
  const watched = answeredAt === undefined ? 0 : secondsBetween(submittedAt, answeredAt);
  const said = Math.max(0, Math.min(job.slotSeconds, watched));
  const silent = lostAt === undefined ? 0 : secondsBetween(submittedAt, lostAt);
  return Math.max(said, silent);
}
