import type { BurstId } from '../model/ids.ts';
import { JobRow } from '../model/rows.ts';
import type { Condition, Ledger } from '../ports.ts';
import { jobKey, jobRange } from './keys.ts';
import { assignments, type Change, changeRow, createRow, readRow } from './rows.ts';

/** Every job of a burst from number `first` on, in order of submission. */
export async function jobsOf(ledger: Ledger, burstId: BurstId, first = 1): Promise<JobRow[]> {
  const rows = await ledger.query(jobRange(burstId, first));
  return rows.map((row) => JobRow.parse(row));
}

export const readJob = (ledger: Ledger, { burstId, n }: Pick<JobRow, 'burstId' | 'n'>) =>
  readRow(ledger, jobKey(burstId, n), JobRow);

export type NewJob = Pick<
  JobRow,
  | 'burstId'
  | 'n'
  | 'jobId'
  | 'worker'
  | 'batches'
  | 'tasks'
  | 'estimateSeconds'
  | 'paceOf'
  | 'reissueOf'
  | 'manifestKey'
  | 'manifestSha256'
  | 'submittedAt'
  | 'deadlineAt'
  | 'drawn'
>;

/** Puts a job on record before it is submitted. Refused: the number is taken by another attempt of Run. */
export const createJob = (ledger: Ledger, job: NewJob): Promise<Change<JobRow>> =>
  createRow(ledger, JobRow, jobKey(job.burstId, job.n), { v: 1, ...job, status: 'submitting' });

/** Fields of a job that are overwritten; the others only grow. */
type JobField =
  | 'reported'
  | 'started'
  | 'failures'
  | 'checkpoints'
  | 'checkpointsSeen'
  | 'slotSeconds'
  | 'unreadSince'
  | 'answeredAt'
  | 'misses'
  | 'firstMissAt'
  | 'lostAt'
  | 'salvaged';

/** A status a job is given after its creation. */
type NextStatus = Exclude<JobRow['status'], 'submitting'>;

/** What each status may follow: a job goes forward only, however late somebody writes. */
const FOLLOWS: Readonly<Record<NextStatus, readonly JobRow['status'][]>> = {
  running: ['submitting', 'running'],
  lost: ['submitting', 'running', 'lost'],
  refused: ['submitting', 'refused'],
  ended: ['running', 'ended'],
};

/** Changes to a job. Sets and counters only grow, so that two looks at once lose nothing. */
export interface JobChange {
  readonly set?: Partial<Pick<JobRow, JobField>> & { readonly status?: NextStatus };
  readonly remove?: readonly JobField[];
  readonly uploaded?: ReadonlySet<number>;
  readonly collected?: ReadonlySet<number>;
  readonly refusedReports?: number;
  readonly refusedResults?: number;
  readonly rejectedResults?: number;
  readonly rejectedCheckpoints?: number;
  readonly votes?: number;
}

/**
 * `asOf`: the answer of its worker that the change is judged by, as the job was read; left out: any.
 *
 * Refused: the job has a status by now that the change's own cannot follow, or its worker has answered since.
 */
export const changeJob = (
  ledger: Ledger,
  job: JobRow,
  change: JobChange,
  asOf?: 'this answer',
): Promise<Change<JobRow>> => {
  const status = change.set?.status;
  const growing: readonly (readonly [string, number | ReadonlySet<number> | undefined])[] = [
    ['uploaded', change.uploaded],
    ['collected', change.collected],
    ['refusedReports', change.refusedReports],
    ['refusedResults', change.refusedResults],
    ['rejectedResults', change.rejectedResults],
    ['rejectedCheckpoints', change.rejectedCheckpoints],
    ['votes', change.votes],
  ];
  return changeRow(ledger, JobRow, {
    key: jobKey(job.burstId, job.n),
    when: [
      status === undefined
        ? { is: 'exists' }
        : { is: 'oneOf', path: 'status', values: FOLLOWS[status] },
      ...(asOf === undefined ? [] : [unansweredSince(job)]),
    ],
    set: assignments(change.set ?? {}),
    add: growing.flatMap(([name, value]) =>
      value === undefined || value === 0 || (typeof value === 'object' && value.size === 0)
        ? []
        : [[name, value] as const],
    ),
    remove: change.remove ?? [],
  });
};

const unansweredSince = ({ answeredAt }: JobRow): Condition =>
  answeredAt === undefined
    ? { is: 'absent', path: 'answeredAt' }
    : { is: 'equal', path: 'answeredAt', value: answeredAt };
