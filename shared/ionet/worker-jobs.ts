import * as z from 'zod';
import { JobReport, WorkerHealth } from '../model/job.ts';
import type { Answer, Jobs, WorkerAddress } from '../ports.ts';
import { type Call, callWorker, type Reply } from './worker-http.ts';
import { createLine } from './worker-line.ts';
import { type Resolve, resolveBySystem } from './worker-pin.ts';

export interface WorkerJobsOptions {
  /** Call plain HTTP on this machine. Only the local world does. */
  readonly allowLoopback: boolean;
  /** For one whole call, body included. @default 3000 */
  readonly timeoutMilliseconds?: number;
  /** Calls under way at a time; the others wait. @default 50 */
  readonly concurrency?: number;
  /** Longest wait for a place in that line. @default 10000 */
  readonly lineMilliseconds?: number;
  /** @default the system's resolver */
  readonly resolve?: Resolve;
}

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

type Submission =
  | { readonly accepted: true }
  | { readonly accepted: false; readonly reason: string };

const answered = <T>(value: T): Answer<T> => ({ kind: 'answered', value });

/**
 * The job servers of a cluster's workers over HTTP. What a worker does wrong, its URL included, is
 * `silent`; what goes wrong on our side is `not-asked`.
 */
export function createWorkerJobs(options: WorkerJobsOptions): Jobs {
  const { concurrency = 50, lineMilliseconds = 10_000 } = options;
  const line = createLine({ places: concurrency, waitMilliseconds: lineMilliseconds });
  const limits = {
    allowLoopback: options.allowLoopback,
    timeoutMilliseconds: options.timeoutMilliseconds ?? 3000,
    resolve: options.resolve ?? resolveBySystem,
  };

  /** Calls, and reads the reply with `read`; a reply it has no word for is silence. */
  async function ask<T>(
    worker: WorkerAddress,
    call: Pick<Call, 'method' | 'path' | 'body'>,
    read: (reply: Reply) => Answer<T> | undefined,
  ): Promise<Answer<T>> {
    const place = await line.enter();
    if (place === undefined) return { kind: 'not-asked', why: 'too many calls were waiting' };
    try {
      const reply = await callWorker({ ...call, baseUrl: worker.url, token: worker.token }, limits);
      if (reply.kind !== 'answered') return reply;
      const { status } = reply.value;
      return (
        read(reply.value) ?? {
          kind: 'silent',
          why: `its reply, HTTP ${status}, is not of our contract`,
        }
      );
    } finally {
      place.leave();
    }
  }

  return {
    health: (worker) =>
      ask(worker, { method: 'GET', path: '/healthz' }, (reply) => bodyOf(reply, 200, WorkerHealth)),

    submit: (worker, job) =>
      ask<Submission>(worker, { method: 'POST', path: '/jobs', body: job }, (reply) => {
        const reason = REFUSED[reply.status];
        if (reason !== undefined && isRefusal(reply)) return answered({ accepted: false, reason });
        const taken = z.object({ jobId: z.literal(job.jobId) });
        const isTaken = bodyOf(reply, 200, taken) ?? bodyOf(reply, 202, taken);
        return isTaken && answered({ accepted: true });
      }),

    get: (worker, jobId) =>
      ask(worker, { method: 'GET', path: `/jobs/${jobId}` }, (reply) => {
        if (reply.status === 404 && isRefusal(reply)) return answered(undefined);
        return bodyOf(reply, 200, JobReport.extend({ jobId: z.literal(jobId) }));
      }),

    cancel: (worker, jobId) =>
      ask(worker, { method: 'POST', path: `/jobs/${jobId}/cancel` }, (reply) => {
        const isDone = reply.status === 200 || (reply.status === 404 && isRefusal(reply));
        return isDone ? answered(undefined) : undefined;
      }),

    drain: (worker) =>
      ask(worker, { method: 'POST', path: '/drain' }, (reply) =>
        reply.status === 200 ? answered(undefined) : undefined,
      ),
  };
}

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
