import type { Answer, Jobs, WorkerAddress } from '../../shared/ports.ts';
import type { Market } from './market.ts';
import type { WorkerModel } from './worker-model.ts';

/** The `Jobs` port over modelled workers: dead and frozen ones are silent. */
export function virtualJobs(market: Pick<Market, 'workerAt'>): Jobs {
  const ask = async <T>(
    { url }: WorkerAddress,
    question: (worker: WorkerModel) => T,
  ): Promise<Answer<T>> => {
    const worker = market.workerAt(url);
    if (worker === undefined || !worker.alive())
      return { kind: 'silent', why: 'connection refused' };
    if (worker.frozen()) return { kind: 'silent', why: 'no answer in time' };
    return { kind: 'answered', value: question(worker) };
  };
  return {
    health: (address) => ask(address, (worker) => worker.health()),
    submit: (address, job) => ask(address, (worker) => worker.submit(job)),
    get: (address, jobId) => ask(address, (worker) => worker.report(jobId)),
    cancel: (address, jobId) => ask(address, (worker) => void worker.cancel(jobId)),
    drain: (address) => ask(address, (worker) => void worker.drain()),
  };
}
