import * as z from 'zod';
import { WorkerHealth } from '../shared/model/job.ts';
import { Instant } from '../shared/model/time.ts';
import type { Program } from './container.ts';
import { ExternalProver } from './groth16/external.ts';

/** A clock that left the real one at `realOriginAt`, showed `originAt` then, and runs `speed` times faster. */
export const ClockSettings = z.strictObject({
  originAt: Instant,
  realOriginAt: Instant,
  speed: z.number().positive().max(100_000),
});
export type ClockSettings = z.infer<typeof ClockSettings>;

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'is not JSON' });
    return z.NEVER;
  }
});

/** Everything a worker is told by its environment. */
const Environment = z.object({
  /** Port to listen on; 0: any free one. */
  BURST_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  /** Address to listen on. A container is reached from outside, so all of them by default. */
  BURST_HOST: z.union([z.ipv4(), z.ipv6()]).default('0.0.0.0'),
  /** Bearer token every caller must show. */
  BURST_TOKEN: z.string().regex(/^[\x21-\x7e]{16,512}$/, 'must be 16 to 512 printable characters'),
  /** Jobs to run at a time. */
  BURST_SLOTS: z.coerce.number().int().min(1).max(64).default(1),
  /** GPUs of this container as JSON: [{"model", "vramMb"}]; absent: nvidia-smi is asked. */
  BURST_GPUS: json.pipe(WorkerHealth.shape.gpus).optional(),
  /** JSON of {@link ClockSettings}; absent: the real clock. */
  BURST_CLOCK: json.pipe(ClockSettings).optional(),
  /** JSON of {@link ExternalProver}; absent: proofs are made by the built-in prover. */
  BURST_ZK_PROVER: json.pipe(ExternalProver).optional(),
  /** Program that tasks of kind `container` run, as a JSON list of arguments. Set by the image that brings it. */
  BURST_PROGRAM: json.pipe(z.array(z.string().min(1)).min(1).max(64)).optional(),
  /** Where that program and what it calls are looked for. */
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
  /** GPUs this process may use, as CUDA reads it: indices or UUIDs. Absent: all. Divided among the slots. */
  CUDA_VISIBLE_DEVICES: z.string().optional(),
  /** `true`: end with stdin, so that no worker outlives the process that plays its provider. */
  BURST_END_WITH_STDIN: z.enum(['true', 'false']).default('false'),
});

export interface WorkerSettings {
  readonly port: number;
  readonly host: string;
  readonly token: string;
  readonly slots: number;
  /** Undefined: the driver is asked. */
  readonly gpus: WorkerHealth['gpus'] | undefined;
  /** Undefined: all that the driver shows. */
  readonly visibleGpus: string | undefined;
  readonly clock: ClockSettings | undefined;
  readonly zkProver: ExternalProver | undefined;
  readonly program: Program | undefined;
  readonly endWithStdin: boolean;
}

/** The environment does not describe a worker. The message names every wrong variable and no value. */
export class SettingsRejected extends Error {
  override readonly name = 'SettingsRejected';
}

/** @throws SettingsRejected with all problems at once. */
export function workerSettings(
  environment: Readonly<Record<string, string | undefined>>,
): WorkerSettings {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.')}: ${message}`,
    );
    throw new SettingsRejected(`E_CONFIG: ${problems.join('; ')}`);
  }
  const { data } = parsed;
  const { BURST_PROGRAM: argv, CUDA_VISIBLE_DEVICES: visibleGpus } = data;
  return {
    port: data.BURST_PORT,
    host: data.BURST_HOST,
    token: data.BURST_TOKEN,
    slots: data.BURST_SLOTS,
    gpus: data.BURST_GPUS,
    visibleGpus,
    clock: data.BURST_CLOCK,
    zkProver: data.BURST_ZK_PROVER,
    program: argv === undefined ? undefined : { argv, path: data.PATH, visibleGpus },
    endWithStdin: data.BURST_END_WITH_STDIN === 'true',
  };
}

/** The settings of this process. @throws SettingsRejected */
// biome-ignore lint/style/noProcessEnv: the one place of the worker that reads the environment
export const settingsOfThisProcess = (): WorkerSettings => workerSettings(process.env);

/** The environment of this process but for the GPUs it may use. Undefined: those too. */
export const environmentOfSlot = (visibleGpus: string | undefined): NodeJS.ProcessEnv => ({
  // biome-ignore lint/style/noProcessEnv: handed on, not read
  ...process.env,
  ...(visibleGpus === undefined ? {} : { CUDA_VISIBLE_DEVICES: visibleGpus }),
});
