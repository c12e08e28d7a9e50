import { type Config, configFrom } from '../../../shared/config.ts';
import { BurstError } from '../../../shared/errors.ts';
import type { Log, Ports, Stage } from '../../../shared/ports.ts';
import { meteredLog } from './metered-log.ts';
import type { Environment, ReadSecret } from './secret.ts';

/** The part of Lambda's context a stage may know. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

type PortsOf<Needs extends keyof Ports> = (config: Config) => Pick<Ports, Needs>;

/**
 * A stage as a Lambda function.
 *
 * Configuration, secret and clients are made by the first invocation and kept for the life of the
 * container. If that fails the next invocation tries again: a secret that is filled in late is found. What an
 * invocation throws is said in the log, with its context, before Lambda hears of it.
 *
 * @param portsOf - Makes the ports this stage needs, and no others: what it names is what gets bundled.
 */
export function onAws<Needs extends keyof Ports, Output>(
  stage: Stage<Needs, Output>,
  portsOf: PortsOf<Needs>,
  readSecret: ReadSecret,
  environment: Environment = environmentOfThisProcess(),
  log: Log = meteredLog(environment.BURST_STACK ?? ''),
): (event: unknown, context: LambdaContext) => Promise<Output> {
  const wire = async () => {
    const secret = await readSecret(environment);
    const config = configFrom({
      ...environment,
      IONET_API_KEY: secret.ionetApiKey,
      BURST_WORKER_SECRET: secret.workerSecret,
      BURST_REGISTRY_USERNAME: secret.registry?.username,
      BURST_REGISTRY_PASSWORD: secret.registry?.password,
    });
    return stage({ ...portsOf(config), log }, config.settings);
  };
  let wired: ReturnType<typeof wire> | undefined;

  return async (event, context) => {
    try {
      wired ??= wire().catch((error: unknown) => {
        wired = undefined;
        throw error;
      });
      const invoke = await wired;
      return await invoke(event, {
        remainingSeconds: () => context.getRemainingTimeInMillis() / 1000,
      });
    } catch (error) {
      log('failed', factsOf(error));
      throw error;
    }
  };
}

const factsOf = (error: unknown): Readonly<Record<string, unknown>> => ({
  error: error instanceof Error ? error.name : typeof error,
  message: error instanceof Error ? error.message : String(error),
  ...(error instanceof BurstError ? error.context : {}),
});

// biome-ignore lint/style/noProcessEnv: handed to `configFrom`, which alone says what it means.
const environmentOfThisProcess = (): Environment => process.env;
