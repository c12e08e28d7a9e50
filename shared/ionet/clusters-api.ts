import type { ClusterId, JobId, WorkerId } from '../model/ids.ts';
import type { Clock } from '../ports.ts';
import { createAsk, free, paid, segment } from './ask.ts';
import {
  Cluster,
  ClusterPage,
  Created,
  OfferList,
  OfferPrice,
  Relayed,
} from './clusters-api-schemas.ts';
import { PAGE_SIZE } from './pages.ts';
import type { Call, Transport } from './transport.ts';

/** What a cluster costs is asked for by what it is. */
export interface PriceQuestion {
  readonly gpu_model: string;
  readonly location: string;
  readonly num_gpus: number;
  readonly duration_hours: number;
}

/** Body of `POST /clusters`. */
export interface ClusterSpecification {
  readonly cluster_name: string;
  readonly num_gpus: number;
  readonly gpu_model: string;
  /** Of the whole cluster; memory in GB. */
  readonly min_vcpus: number;
  readonly min_ram: number;
  /** ISO 3166-1 alpha-2. */
  readonly locations: readonly string[];
  readonly duration_hours: number;
  /** US dollars, for all of `duration_hours`. */
  readonly max_spend: number;
  readonly gpus_per_worker: number;
  readonly image: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly secret_env: Readonly<Record<string, string>>;
}

/** Body of `POST /clusters/{id}/jobs`. */
export interface JobSubmission {
  readonly job_id: JobId;
  readonly worker_id: WorkerId;
  readonly manifest_url: string;
  readonly manifest_sha256: string;
  readonly deadline_at: string;
}

/**
 * The provider's `/clusters` flavour, one method per endpoint. Failures are thrown as `refusal.ts` judges
 * them.
 *
 * io.net publishes no such API. The document Burst was founded on names `POST /clusters`, `GET` and
 * `DELETE /clusters/{id}`, `POST /clusters/{id}/jobs`, `GET /jobs/{job_id}`, the fields of a specification
 * from `cluster_name` to `max_spend`, the states PROVISIONING and READY, and `job_id` and `resume_from` of
 * a job. **All the rest is our own definition**, played by the simulator and by nobody else:
 *
 * | call | asks | answers |
 * |---|---|---|
 * | GET `/offers` | `gpus_per_worker` | `{offers}` by model and location, with the workers free now |
 * | GET `/price` | {@link PriceQuestion} | `{total_usd}`, fees included, not binding |
 * | POST `/clusters` | {@link ClusterSpecification} | `{id}` |
 * | GET `/clusters` | `page` from 0, `page_size` up to 100 | `{clusters, total}`; new ones may be missing |
 * | GET `/clusters/{id}` | | state, hardware, time bought and served, charges, `workers` |
 * | DELETE `/clusters/{id}` | | an acknowledgement, which proves nothing |
 * | POST `/clusters/{id}/jobs` | {@link JobSubmission} | relayed |
 * | GET `/jobs/{job_id}`, POST `/jobs/{job_id}/cancel` | | relayed |
 * | GET `…/workers/{worker_id}/health`, POST `…/workers/{worker_id}/drain`, below `/clusters/{id}` | | relayed |
 *
 * - Key, paging and refusals are those of the container API: header `x-api-key`, `{detail}`, statuses as in
 *   `refusal.ts`. 409: a cluster that has not ended has this `cluster_name`. 402: the price is above
 *   `max_spend`, and nothing was bought.
 * - States: PROVISIONING, READY, FAILED, EXPIRED (its time is over), DELETING, DELETED.
 * - The image is started once per worker, with `env` and `secret_env`; it listens on `port`. It is the image of
 *   the container API, and its workers have no address of their own: the provider **relays** a call to the
 *   worker's job server (`worker/server.ts`), hands on the header `authorization`, and answers
 *   `{worker_id, worker_reply}`: the worker's status and JSON body word for word, or null when it did not
 *   answer within three seconds. A failure of the relay itself is a refusal, and says nothing of the worker.
 * - A job is known from its POST on, whether or not its worker answered; 404 means that no POST arrived.
 *   `resume_from` is not sent: the manifest names what a task starts from.
 * - A running cluster cannot be extended, and there are no logs.
 */
export type ClustersApi = ReturnType<typeof createClustersApi>;

export function createClustersApi(transport: Transport, clock: Clock) {
  const { ask, answerTo } = createAsk(transport, clock);

  const relay = (name: string, token: string, call: Omit<Call, 'headers' | 'secrets'>) =>
    ask(free(name), Relayed, {
      ...call,
      headers: { authorization: `Bearer ${token}` },
      secrets: [token],
    });

  return {
    offers: (gpusPerWorker: number) =>
      ask(free('offers'), OfferList, {
        method: 'get',
        path: 'offers',
        query: { gpus_per_worker: gpusPerWorker },
      }),

    price: (question: PriceQuestion) =>
      ask(free('price'), OfferPrice, { method: 'get', path: 'price', query: { ...question } }),

    create: (specification: ClusterSpecification) =>
      ask(paid('create'), Created, {
        method: 'post',
        path: 'clusters',
        json: specification,
        secrets: Object.values(specification.secret_env),
      }),

    clusters: (page: number) =>
      ask(free('list'), ClusterPage, {
        method: 'get',
        path: 'clusters',
        query: { page, page_size: PAGE_SIZE },
      }),

    cluster: (id: ClusterId) =>
      ask(free('look'), Cluster, { method: 'get', path: `clusters/${segment(id)}` }),

    async destroy(id: ClusterId): Promise<void> {
      await answerTo(free('destroy'), { method: 'delete', path: `clusters/${segment(id)}` });
    },

    health: (id: ClusterId, worker: WorkerId, token: string) =>
      relay('health', token, { method: 'get', path: `${pathOf(id, worker)}/health` }),

    submit: (id: ClusterId, job: JobSubmission, token: string) =>
      relay('submit', token, { method: 'post', path: `clusters/${segment(id)}/jobs`, json: job }),

    job: (id: JobId, token: string) =>
      relay('job', token, { method: 'get', path: `jobs/${segment(id)}` }),

    cancel: (id: JobId, token: string) =>
      relay('cancel', token, { method: 'post', path: `jobs/${segment(id)}/cancel` }),

    drain: (id: ClusterId, worker: WorkerId, token: string) =>
      relay('drain', token, { method: 'post', path: `${pathOf(id, worker)}/drain` }),
  };
}

const pathOf = (id: ClusterId, worker: WorkerId): string =>
  `clusters/${segment(id)}/workers/${segment(worker)}`;
