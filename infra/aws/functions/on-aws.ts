import { isDeepStrictEqual } from 'node:util';
import { type Config, configFrom } from '../../../shared/config.ts';
import { BurstError } from '../../../shared/errors.ts';
import type { Log, Ports, Stage } from '../../../shared/ports.ts';
import { meteredLog } from './metered-log.ts';
import type { Environment, ReadSecret, Secrets } from './secret.ts';

/** The part of Lambda's context a stage may know. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

type PortsOf<Needs extends keyof Ports> = (config: Config) => Pick<Ports, Needs>;

/** What is made of one reading of the secret. */
interface Wired<Invoke> {
  readonly secret: Secrets;
  readonly invoke: Invoke;
}

/** A secret is read again when it is older: a key that was replaced must not be used for as long as a container lives. */
const SECRET_SECONDS = 300;
/** Wait before it is read again where it could not be. */
const AGAIN_SECONDS = 30;

/**
 * A stage as a Lambda function.
 *
 * Configuration and clients are made by the first invocation, and again only when the secret has changed. While there
 * is none yet, a failure to read it fails the invocation and the next one tries again; later, the last secret that was
 * read stays in use. What an invocation throws is logged with its context before Lambda hears of it.
 *
 * @param portsOf - Makes the ports this stage needs, and no others: what it names is what gets bundled.
 */
export function onAws<Needs extends keyof Ports, Output>(
  stage: Stage<Needs, Output>,
  portsOf: PortsOf<Needs>,
  readSecret: ReadSecret,
  environment: Environment = environmentOfThisProcess(),
  log: Log = meteredLog(environment.BURST_STACK ?? ''),
  nowSeconds: () => number = secondsOfThisProcess,
): (event: unknown, context: LambdaContext) => Promise<Output> {
  const wire = (secret: Secrets) => {
    const config = configFrom({
      ...environment,
      IONET_API_KEY: secret.ionetApiKey,
      BURST_WORKER_SECRET: secret.workerSecret,
      BURST_REGISTRY_USERNAME: secret.registry?.username,
      BURST_REGISTRY_PASSWORD: secret.registry?.password,
    });
    return stage({ ...portsOf(config), log }, config.settings);
  };
  let wired: Wired<ReturnType<typeof wire>> | undefined;
  let reading: Promise<Wired<ReturnType<typeof wire>>> | undefined;
  let readAtSeconds = Number.NEGATIVE_INFINITY;

  const read = async () => {
    const secret = await readSecret(environment);
    const same = wired !== undefined && isDeepStrictEqual(secret, wired.secret) ? wired : undefined;
    wired = same ?? { secret, invoke: wire(secret) };
    readAtSeconds = nowSeconds();
    return wired;
  };
  const current = async () => {
    if (wired !== undefined && nowSeconds() - readAtSeconds < SECRET_SECONDS) return wired;
    reading ??= read().finally(() => {
      reading = undefined;
    });
    try {
      return await reading;
    } catch (error) {
      if (wired === undefined) throw error;
      readAtSeconds = nowSeconds() - SECRET_SECONDS + AGAIN_SECONDS;
      log('secret not read again', factsOf(error));
      return wired;
    }
  };

  return async (event, context) => {
    try {
      const { invoke } = await current();
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

const secondsOfThisProcess = () => performance.now() / 1000;

// biome-ignore lint/style/noProcessEnv: handed to `configFrom`, which alone says what it means.
const environmentOfThisProcess = (): Environment => process.env;
