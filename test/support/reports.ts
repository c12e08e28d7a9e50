import { JobReport } from '../../shared/model/job.ts';
import { until } from './until.ts';
import type { WorkerProcess } from './worker-process.ts';

export const reportOfJob = async (worker: WorkerProcess, jobId: string): Promise<JobReport> =>
  JobReport.parse((await worker.call('GET', `/jobs/${jobId}`)).body);

/** The report of a job once it runs no longer. */
export const endOfJob = (worker: WorkerProcess, jobId: string): Promise<JobReport> =>
  until(`${jobId} ends`, async () => {
    const seen = await reportOfJob(worker, jobId);
    return seen.status !== 'queued' && seen.status !== 'running' && seen;
  });
