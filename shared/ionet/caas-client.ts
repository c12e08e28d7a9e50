import type { ClusterId, WorkerId } from '../model/ids.ts';
import type { Clock } from '../ports.ts';
import { createAsk, free, paid, segment } from './ask.ts';
import { PAGE_SIZE } from './pages.ts';
import {
  Ack,
  ContainerPage,
  Deployment,
  DeploymentPage,
  HardwareList,
  Price,
  ReplicaList,
  type WireId,
} from './schemas.ts';
import type { Transport } from './transport.ts';

/** Body of `POST /deploy`, under the API's own names. */
export interface DeployBody {
  readonly resource_private_name: string;
  readonly duration_hours: number;
  readonly gpus_per_container: number;
  readonly hardware_id: WireId;
  readonly location_ids: readonly [WireId];
  readonly container_config: {
    readonly replica_count: number;
    readonly traffic_port: number;
    readonly env_variables: Readonly<Record<string, string>>;
    readonly secret_env_variables: Readonly<Record<string, string>>;
    readonly entrypoint: null;
  };
  readonly registry_config: {
    readonly image_url: string;
    readonly registry_username?: string;
    readonly registry_secret?: string;
  };
}

/** Body of `PATCH /deployment/{id}`; what is absent stays as it is. */
export interface UpdateBody {
  /** All of them: those not named are gone afterwards. */
  readonly env_variables?: Readonly<Record<string, string>>;
  /** Only these change; null removes one. */
  readonly secret_env_variables?: Readonly<Record<string, string | null>>;
  readonly traffic_port?: number;
  readonly image_url?: string;
  readonly entrypoint?: readonly string[] | null;
  readonly args?: readonly string[] | null;
  readonly command?: string | null;
  readonly registry_username?: string;
  readonly registry_secret?: string;
}

export interface PriceQuestion {
  readonly hardwareId: WireId;
  readonly locationId: WireId;
  readonly gpusPerContainer: number;
  readonly replicas: number;
  readonly hours: number;
}

/**
 * io.net's CaaS API, one method per endpoint: https://io.net/docs, base `/enterprise/v1/io-cloud/caas`.
 * Failures are thrown as `refusal.ts` judges them.
 */
export type CaasClient = ReturnType<typeof createCaasClient>;

export function createCaasClient(transport: Transport, clock: Clock) {
  const { ask, answerTo } = createAsk(transport, clock);

  return {
    hardware: () =>
      ask(free('catalogue'), HardwareList, {
        method: 'get',
        path: 'hardware/max-gpus-per-container',
      }),

    replicas: (hardwareId: WireId, gpusPerContainer: number) =>
      ask(free('availability'), ReplicaList, {
        method: 'get',
        path: 'available-replicas',
        query: { hardware_id: hardwareId, hardware_qty: gpusPerContainer },
      }),

    price: (question: PriceQuestion) =>
      ask(free('price'), Price, {
        method: 'get',
        path: 'price',
        query: {
          location_ids: JSON.stringify([question.locationId]),
          hardware_id: question.hardwareId,
          duration_hours: question.hours,
          gpus_per_container: question.gpusPerContainer,
          replica_count: question.replicas,
        },
      }),

    deploy: (body: DeployBody) =>
      ask(paid('deploy'), Ack, {
        method: 'post',
        path: 'deploy',
        json: body,
        secrets: secretsOf(
          body.container_config.secret_env_variables,
          body.registry_config.registry_secret,
        ),
      }),

    deployments: (page: number) =>
      ask(free('list'), DeploymentPage, {
        method: 'get',
        path: 'deployments',
        query: { page, page_size: PAGE_SIZE },
      }),

    deployment: (id: ClusterId) =>
      ask(free('look'), Deployment, { method: 'get', path: `deployment/${segment(id)}` }),

    containers: (id: ClusterId, page: number) =>
      ask(free('containers'), ContainerPage, {
        method: 'get',
        path: `deployment/${segment(id)}/containers`,
        query: { page, page_size: PAGE_SIZE },
      }),

    extend: (id: ClusterId, hours: number) =>
      ask(paid('extend'), Deployment, {
        method: 'post',
        path: `deployment/${segment(id)}/extend`,
        json: { duration_hours: hours },
      }),

    /**
     * Other variables or another image for what runs. It buys nothing, and is not repeated: whether the
     * containers start anew with each call is not published.
     */
    update: (id: ClusterId, body: UpdateBody) =>
      ask(free('update'), Ack, {
        method: 'patch',
        path: `deployment/${segment(id)}`,
        json: body,
        secrets: secretsOf(body.secret_env_variables, body.registry_secret),
      }),

    /** The acknowledgement proves nothing, so it is not read. */
    async destroy(id: ClusterId): Promise<void> {
      await answerTo(free('destroy'), { method: 'delete', path: `deployment/${segment(id)}` });
    },

    /** The API file leaves the body open: plain text, or server-sent events whose data are the lines. */
    async log(
      id: ClusterId,
      worker: WorkerId,
      stream: LogStream,
      maxBytes: number,
    ): Promise<string> {
      const { text, contentType } = await answerTo(free('log'), {
        method: 'get',
        path: `deployment/${segment(id)}/log/${segment(worker)}`,
        query: { stream },
        tailBytes: maxBytes,
      });
      return contentType.includes('text/event-stream') ? text.replace(/^data: ?/gm, '') : text;
    },
  };
}

type LogStream = 'stdout' | 'stderr';

const secretsOf = (
  variables: Readonly<Record<string, string | null>> = {},
  registrySecret: string | undefined,
): string[] =>
  [...Object.values(variables), registrySecret].filter((value) => typeof value === 'string');
