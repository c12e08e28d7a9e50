import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import type { ApiFlavour } from '../../shared/ionet/flavour.ts';
import { KINDS } from '../../shared/kinds/kinds.ts';
import { Settings } from '../../shared/model/settings.ts';
import type { ClockSettings } from '../../shared/system.ts';
import { systemClock } from '../../shared/system.ts';
import { STAGE_NAMES } from '../stages.ts';
import { buildProcesses } from './build.ts';
import { CloudAddress } from './cloud-address.ts';
import { DEFAULT_CATALOGUE } from './ionet/catalogue.ts';
import { LOCAL_CONTAINERS, NOT_RUN } from './local-containers.ts';
import { type LocalProcess, localWorkerEnv, startProcess } from './processes.ts';
import { baseUrlOf, besideIt, clockOf, type ForeignProvider, SIMULATOR_KEY } from './provider.ts';
import { commandsOf, WORKER_IMAGE } from './worker-images.ts';

export interface LocalWorldOptions {
  /** Local seconds per real second. */
  readonly speed: number;
  /** Where the processes write their logs. */
  readonly logFile: string;
  /**
   * Which API of the provider is spoken.
   *
   * @default 'caas'
   */
  readonly flavour?: ApiFlavour;
  /**
   * Where clusters are rented.
   *
   * @default a simulator of the world's own, with a control surface
   */
  readonly provider?: ForeignProvider | undefined;
  /** Hears what the person who started it should know. */
  readonly say?: (line: string) => void;
  /** Changes to the settings below. */
  readonly settings?: Partial<z.input<typeof Settings>>;
  /** Changes to the simulated provider's behaviour. */
  readonly behaviour?: Readonly<Record<string, number>>;
  /**
   * Runs this in place of the sources.
   *
   * @default the definition and the stages of this repository
   */
  readonly program?: LocalProgram;
}

/** A definition and the functions it calls. */
export interface LocalProgram {
  readonly definitionFile: string;
  /** Values of the definition's tokens: names or ARNs of functions. */
  readonly substitutions: Readonly<Record<string, string>>;
  /** Exports `createHandlers`, for the Lambda host. */
  readonly handlersFile: string;
  /** What `createHandlers` is given. */
  settingsFor(environment: Readonly<Record<string, string>>): unknown;
}

/** The local world as its users see it. */
export interface LocalWorld {
  readonly cloud: z.infer<typeof CloudAddress>;
  readonly queueUrl: string;
  /** Base URL of the simulated provider's control surface; a provider that is not ours has none. */
  readonly controlUrl: string | undefined;
  readonly settings: Settings;
  readonly clock: ClockSettings;
  /** Process ids of the three services, for a test that kills one. */
  readonly pids: {
    readonly cloud: number;
    readonly lambdaHost: number;
    readonly ionet: number | undefined;
  };
  /** Rejects when a service that nothing starts again has ended by itself. */
  readonly failed: Promise<never>;
  stop(): Promise<void>;
}

/** The local cloud or the simulated provider is gone, and with it whatever was under way. */
export class ServiceEnded extends Error {
  override readonly name = 'ServiceEnded';
}

const QUEUE = 'intake-default';

/** Real seconds: a function of the local world is killed after, and a provider call. */
const FUNCTION_SECONDS = 30;
const PROVIDER_SECONDS = 10;
/** Between two passes of sweep and reap, seconds of the local clock. */
const SWEEP_SECONDS = 300;
/** Long enough that a busy machine is not taken for a dead worker. */
const WORKER_TIMEOUT_MS = 800;

const root = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** Local seconds per real second of `npm start`: a paid hour lasts 36 seconds. */
export const LOCAL_SPEED = 100;

/** Settings of the local world: the deployed ones, except for what would hide the machinery in 24 tasks. */
export const localSettings = (
  {
    speed,
    provider,
    settings: changes = {},
  }: Pick<LocalWorldOptions, 'speed' | 'provider' | 'settings'>,
  flavour: ApiFlavour,
): Settings =>
  Settings.parse({
    stackName: 'burst-local',
    tenantOfQueue: { [QUEUE]: 'default' },
    images: Object.fromEntries(
      KINDS.filter(({ namesImage }) => !namesImage).map(({ name }) => [name, WORKER_IMAGE]),
    ),
    containers: LOCAL_CONTAINERS.map(({ image }) => image),
    workerSecret: randomBytes(32).toString('base64url'),
    allowCpuExecutor: true,
    // What the simulated provider has: a task no place of it suits is refused, not left waiting.
    ...(provider === undefined
      ? { allowedLocations: DEFAULT_CATALOGUE.locations.map(({ iso2 }) => iso2) }
      : {}),
    // Small batches and little work per slot, so that a few tasks need two workers a cluster; one cluster for each
    // need, because a computer has few cores. A picture
    // takes its real time, which is `speed` times as long on this clock.
    batches: { maxTasks: 4, estimateFactor: speed },
    clusters: { secondsPerSlot: 150, maxWorkers: 2, maxBursts: 1 },
    // Half an hour of this clock is 18 real seconds: too few, on a busy machine, for a frozen worker to be given
    // up, replaced and thawed while its URLs still live.
    // A cluster of the clusters API cannot be extended, so it is bought for as long as all the work takes.
    // A look takes longer than on AWS, in seconds of this clock.
    lease: { jobSeconds: 3000, lastCallSeconds: 600, termHours: flavour === 'clusters' ? 2 : 1 },
    // A second of this clock is 10 real milliseconds: looks as dense as on AWS would leave no time for the work.
    looks: {
      ...{ shortestSeconds: 45, steadySeconds: 60, unreadSeconds: 45 },
      ...{ holdSeconds: 100, idleSeconds: 100, viewSeconds: 600 },
    },
    limits: {
      functionSeconds: FUNCTION_SECONDS * speed,
      providerSeconds: PROVIDER_SECONDS * speed,
      verifyPerLook: 4,
    },
    ...changes,
  });

/** Starts cloud, provider and Lambda host, each a process of its own; workers start when rented. */
export async function startLocalWorld(options: LocalWorldOptions): Promise<LocalWorld> {
  const { flavour = 'caas' } = options;
  const settings = localSettings(options, flavour);
  const clock = await clockFor(options, flavour);
  const log = createWriteStream(options.logFile, { flags: 'a' });
  const onLine = (from: string) => (line: string) =>
    void log.write(`${systemClock(clock).now()} ${from} ${line}\n`);

  for (const { image, argv } of LOCAL_CONTAINERS) {
    onLine('world')(`${image}: ${NOT_RUN}: ${argv.join(' ')}`);
  }

  const built = await buildProcesses();
  const program: LocalProgram = options.program ?? {
    definitionFile: root('../burst.asl.json'),
    substitutions: Object.fromEntries(STAGE_NAMES.map((name) => [name, name])),
    handlersFile: built.handlers,
    settingsFor: (environment) => environment,
  };
  const [cloud, ionet] = await Promise.all([
    startProcess({
      entry: built.cloud,
      config: {
        definitionFile: program.definitionFile,
        substitutions: program.substitutions,
        clock,
        queues: [{ name: QUEUE, visibilitySeconds: 2 * FUNCTION_SECONDS }],
        eventSources: [{ queue: QUEUE, functionName: 'intake', batchSize: 100, windowSeconds: 1 }],
        schedules: ['sweep', 'reap'].map((functionName) => ({
          functionName,
          everySeconds: SWEEP_SECONDS,
        })),
      },
      announcement: CloudAddress,
      onLine: onLine('cloud'),
    }),
    options.provider === undefined
      ? startProcess({
          entry: built.ionet,
          config: {
            apiKey: SIMULATOR_KEY,
            clock,
            images: commandsOf(built.main),
            workerEnv: localWorkerEnv(),
            relayMilliseconds: WORKER_TIMEOUT_MS,
            ...(options.behaviour === undefined ? {} : { behaviour: options.behaviour }),
          },
          announcement: z.object({ listening: z.int() }),
          onLine: onLine('ionet'),
        })
      : undefined,
  ]);
  const own = ionet && `http://127.0.0.1:${ionet.announced.listening}`;
  const { workerSecret, ...plain } = settings;
  const startHost = (): Promise<LocalProcess<{ url: string }>> =>
    startProcess({
      entry: built['lambda-host'],
      config: {
        handlersFile: program.handlersFile,
        timeoutSeconds: FUNCTION_SECONDS,
        settings: program.settingsFor({
          AWS_REGION: cloud.announced.region,
          BURST_SETTINGS: JSON.stringify(plain),
          BURST_WORKER_SECRET: workerSecret,
          BURST_TABLE: cloud.announced.tableName,
          BURST_BUCKET: cloud.announced.bucket,
          BURST_STATE_MACHINE_ARN: cloud.announced.stateMachineArn,
          IONET_API_FLAVOUR: flavour,
          IONET_BASE_URL: baseUrlOf(options.provider?.origin ?? own ?? '', flavour),
          IONET_API_KEY: options.provider?.apiKey ?? SIMULATOR_KEY,
          BURST_AWS_ENDPOINT: cloud.announced.url,
          BURST_CLOCK: JSON.stringify(clock),
          BURST_LOOPBACK_WORKERS: 'true',
          BURST_WORKER_TIMEOUT_MS: String(WORKER_TIMEOUT_MS),
        }),
      },
      announcement: z.object({ url: z.string() }),
      onLine: onLine('lambda'),
    });

  let host = await startHost();
  let stopping = false;
  await tellCloud(cloud.announced.url, host.announced.url);
  const keepHost = async (): Promise<void> => {
    await host.ended;
    if (stopping) return;
    onLine('world')('the Lambda host ended; starting another');
    host = await startHost();
    await tellCloud(cloud.announced.url, host.announced.url);
    await keepHost();
  };
  void keepHost();

  const endOf = async (name: string, { ended }: LocalProcess<unknown>): Promise<never> => {
    await ended;
    if (stopping) return new Promise(() => undefined);
    throw new ServiceEnded(`${name} has ended by itself; its last words are in ${options.logFile}`);
  };
  const failed = Promise.race([
    endOf('the local cloud', cloud),
    ...(ionet === undefined ? [] : [endOf('the simulated io.net', ionet)]),
  ]);
  failed.catch(() => undefined);

  return {
    failed,
    cloud: cloud.announced,
    queueUrl: cloud.announced.queues[0]?.url ?? '',
    controlUrl: own && `${own}/_control`,
    settings,
    clock,
    pids: {
      cloud: cloud.pid,
      ionet: ionet?.pid,
      get lambdaHost() {
        return host.pid;
      },
    },
    async stop() {
      stopping = true;
      await Promise.all([ionet?.stop(), host.stop(), cloud.stop()]);
      await new Promise((resolve) => log.end(resolve));
    },
  };
}

/** A provider that is not ours has its own clock, and the world goes by it. */
async function clockFor(
  { speed, provider, say }: LocalWorldOptions,
  flavour: ApiFlavour,
): Promise<ClockSettings> {
  if (provider === undefined) {
    const nowAt = systemClock().now();
    return { originAt: nowAt, realOriginAt: nowAt, speed };
  }
  const { clock, warning } = besideIt(await clockOf(provider, flavour), speed);
  if (warning !== undefined) say?.(warning);
  return clock;
}

async function tellCloud(cloudUrl: string, lambdaHostUrl: string): Promise<void> {
  const response = await fetch(`${cloudUrl}/_local/lambda-host`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: lambdaHostUrl }),
  });
  if (!response.ok) throw new Error(`the cloud did not take the Lambda host: ${response.status}`);
}
