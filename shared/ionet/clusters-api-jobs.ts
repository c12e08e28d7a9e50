import { BurstError } from '../errors.ts';
import type { ClusterId } from '../model/ids.ts';
import type { Answer, Jobs, WorkerAddress } from '../ports.ts';
import type { IonetOptions } from './clusters.ts';
import { createClustersApi } from './clusters-api.ts';
import { clusterAt } from './clusters-api-address.ts';
import type { Relayed } from './clusters-api-schemas.ts';
import { ProviderUnclear, spokenStatusOf } from './refusal.ts';
import { createTransport } from './transport.ts';
import { notAsked, silent } from './worker-patience.ts';
import {
  answered,
  type Read,
  readCancelled,
  readDrained,
  readHealth,
  readReport,
  readSubmission,
  understood,
} from './worker-replies.ts';

/** How one question is asked, how the worker's reply is read, and what a refused relay says of the worker. */
interface Question<T> {
  readonly ask: (clusterId: ClusterId) => Promise<Relayed>;
  readonly read: Read<T>;
  readonly whenUnknown: Answer<T>;
  readonly whenRefused?: (status: unknown) => Answer<T> | undefined;
}

const NO_SUCH_WORKER = silent('the provider knows no such worker');

/**
 * The job servers of a cluster's workers through the provider's `/clusters` flavour.
 *
 * The provider's word that a worker did not answer is `silent`, and so is a reply of the worker that is not
 * of our contract. Whatever goes wrong between us and the provider is `not-asked`: no evidence about anybody,
 * and only a refusal in the API's own words counts for more.
 */
export function createProviderJobs(options: IonetOptions): Jobs {
  const api = createClustersApi(createTransport(options), options.clock);

  return {
    health: (worker) =>
      put(worker, {
        ask: (clusterId) => api.health(clusterId, worker.workerId, worker.token),
        read: readHealth,
        whenUnknown: NO_SUCH_WORKER,
      }),

    submit: (worker, { jobId, manifestUrl, manifestSha256, deadlineAt }) => {
      const job = {
        job_id: jobId,
        worker_id: worker.workerId,
        manifest_url: manifestUrl,
        manifest_sha256: manifestSha256,
        deadline_at: deadlineAt,
      };
      return put(worker, {
        ask: (clusterId) => api.submit(clusterId, job, worker.token),
        read: readSubmission(jobId),
        whenUnknown: NO_SUCH_WORKER,
        whenRefused(status) {
          const reason = NOT_TAKEN.get(status);
          return reason === undefined ? undefined : answered({ accepted: false, reason });
        },
      });
    },

    get: (worker, jobId) =>
      put(worker, {
        ask: () => api.job(jobId, worker.token),
        read: readReport(jobId),
        whenUnknown: answered(undefined),
      }),

    cancel: (worker, jobId) =>
      put(worker, {
        ask: () => api.cancel(jobId, worker.token),
        read: readCancelled,
        whenUnknown: answered(undefined),
      }),

    drain: (worker) =>
      put(worker, {
        ask: (clusterId) => api.drain(clusterId, worker.workerId, worker.token),
        read: readDrained,
        whenUnknown: NO_SUCH_WORKER,
      }),
  };
}

/** Statuses with which the provider itself turns a job down. */
const NOT_TAKEN: ReadonlyMap<unknown, string> = new Map([
  [400, 'the provider does not understand the job'],
  [409, 'the provider has another job under this id'],
  [413, 'the job is too large for the provider'],
  [422, 'the provider does not understand the job'],
]);

async function put<T>(worker: WorkerAddress, question: Question<T>): Promise<Answer<T>> {
  const clusterId = clusterAt(worker.url);
  if (clusterId === undefined) return notAsked('its address is none of the /clusters API');
  try {
    const { worker_id, worker_reply } = await question.ask(clusterId);
    if (worker_id !== worker.workerId) return notAsked('the provider answered for another worker');
    if (worker_reply === null) return silent('the provider says that it does not answer');
    return understood({ status: worker_reply.status, json: worker_reply.body }, question.read);
  } catch (error) {
    if (!(error instanceof BurstError || error instanceof ProviderUnclear)) throw error;
    const status = spokenStatusOf(error);
    if (status === 404 || status === 410) return question.whenUnknown;
    return question.whenRefused?.(status) ?? notAsked(error.message);
  }
}
