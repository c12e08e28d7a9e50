import * as z from 'zod';
import type { JobId } from '../model/ids.ts';
import { JobReport, WorkerHealth } from '../model/job.ts';
import type { Answer } from '../ports.ts';
import type { Reply } from './worker-http.ts';
import { silent } from './worker-patience.ts';

/** What our job server says (`worker/server.ts`), by whatever way its reply came. Undefined: it does not say that. */
export type Read<T> = (reply: Reply) => Answer<T> | undefined;

type Submission =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly reason: string };

/** How our own job server words a refusal. Another server's error page does not pass. */
const Refusal = z.object({ error: z.string() });

/** Statuses with which a worker turns a job down. The reasons are ours: a stranger's text is not kept. */
const REFUSED: Readonly<Record<number, string>> = {
  400: 'it does not understand the job',
  401: 'it does not accept the token',
  409: 'it has another job under this id',
  413: 'the job is too large for it',
  503: 'it is draining',
};

export const answered = <T>(value: T): Answer<T> => ({ kind: 'answered', value });

/** A reply that has no meaning in our contract is silence. */
export const understood = <T>(reply: Reply, read: Read<T>): Answer<T> =>
  read(reply) ?? silent(`its reply, HTTP ${reply.status}, is not of our contract`);

export const readHealth: Read<WorkerHealth> = (reply) => bodyOf(reply, 200, WorkerHealth);

export const readSubmission =
  (jobId: JobId): Read<Submission> =>
  (reply) => {
    const reason = REFUSED[reply.status];
    if (reason !== undefined && isRefusal(reply)) return answered({ accepted: false, reason });
    const taken = z.object({ jobId: z.literal(jobId) });
    const isTaken = bodyOf(reply, 200, taken) ?? bodyOf(reply, 202, taken);
    return isTaken && answered({ accepted: true });
  };

export const readReport =
  (jobId: JobId): Read<JobReport | undefined> =>
  (reply) => {
    if (reply.status === 404 && isRefusal(reply)) return answered(undefined);
    return bodyOf(reply, 200, JobReport.extend({ jobId: z.literal(jobId) }));
  };

export const readCancelled: Read<undefined> = (reply) => {
  const isDone = reply.status === 200 || (reply.status === 404 && isRefusal(reply));
  return isDone ? answered(undefined) : undefined;
};

export const readDrained: Read<undefined> = (reply) =>
  reply.status === 200 ? answered(undefined) : undefined;

const isRefusal = (reply: Reply): boolean => Refusal.safeParse(reply.json).success;

/** The body of a reply of that status, if it is what it should be. */
function bodyOf<T>(
  { status, json }: Reply,
  expected: number,
  schema: z.ZodType<T>,
): Answer<T> | undefined {
  const parsed = status === expected ? schema.safeParse(json) : undefined;
  return parsed?.success ? answered(parsed.data) : undefined;
}
