import { type Config, configFrom } from '../../../shared/config.ts';
import type { Ports, Stage } from '../../../shared/ports.ts';
import type { Environment, ReadSecret } from './secret.ts';

/** The part of Lambda's context a stage may know. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number;
}

/**
 * A stage as a Lambda function.
 *
 * Configuration, secret and clients are made by the first invocation and kept for the life of the
 * container. If that fails the next invocation tries again: a secret that is filled in late is found.
 *
 * @param portsOf - Makes the ports this stage needs, and no others: what it names is what gets bundled.
 */
export function onAws<Needs extends keyof Ports, Output>(
  stage: Stage<Needs, Output>,
  portsOf: (config: Config) => Pick<Ports, Needs>,
  readSecret: ReadSecret,
  environment: Environment = environmentOfThisProcess(),
): (event: unknown, context: LambdaContext) => Promise<Output> {
  const wire = async () => {
    const secret = await readSecret(environment);
    const config = configFrom({
      ...environment,
      IONET_API_KEY: secret.ionetApiKey,
      BURST_WORKER_SECRET: secret.workerSecret,
    });
    return stage(portsOf(config), config.settings);
  };
  let wired: ReturnType<typeof wire> | undefined;

  return async (event, context) => {
    wired ??= wire().catch((error: unknown) => {
      wired = undefined;
      throw error;
    });
    const invoke = await wired;
    return invoke(event, { remainingSeconds: () => context.getRemainingTimeInMillis() / 1000 });
  };
}

// biome-ignore lint/style/noProcessEnv: handed to `configFrom`, which alone says what it means.
const environmentOfThisProcess = (): Environment => process.env;
