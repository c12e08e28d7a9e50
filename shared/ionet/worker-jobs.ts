import type { Answer, Jobs, WorkerAddress } from '../ports.ts';
import { type Call, callWorker } from './worker-http.ts';
import { createLine } from './worker-line.ts';
import { notAsked } from './worker-patience.ts';
import { type Resolve, resolveBySystem } from './worker-pin.ts';
import {
  type Read,
  readCancelled,
  readDrained,
  readHealth,
  readReport,
  readSubmission,
  understood,
} from './worker-replies.ts';

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

  async function ask<T>(
    worker: WorkerAddress,
    call: Pick<Call, 'method' | 'path' | 'body'>,
    read: Read<T>,
  ): Promise<Answer<T>> {
    const place = await line.enter();
    if (place === undefined) return notAsked('too many calls were waiting');
    try {
      const reply = await callWorker({ ...call, baseUrl: worker.url, token: worker.token }, limits);
      return reply.kind === 'answered' ? understood(reply.value, read) : reply;
    } finally {
      place.leave();
    }
  }

  return {
    health: (worker) => ask(worker, { method: 'GET', path: '/healthz' }, readHealth),

    submit: (worker, job) =>
      ask(worker, { method: 'POST', path: '/jobs', body: job }, readSubmission(job.jobId)),

    get: (worker, jobId) =>
      ask(worker, { method: 'GET', path: `/jobs/${jobId}` }, readReport(jobId)),

    cancel: (worker, jobId) =>
      ask(worker, { method: 'POST', path: `/jobs/${jobId}/cancel` }, readCancelled),

    drain: (worker) => ask(worker, { method: 'POST', path: '/drain' }, readDrained),
  };
}
