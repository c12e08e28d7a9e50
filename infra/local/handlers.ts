import * as z from 'zod';
import { portsOnAws } from '../../lambdas/on-aws.ts';
import { configFrom } from '../../shared/config.ts';
import { wireStages } from '../stages.ts';
import type { LambdaHandler } from './lambda-host/lambda-host.ts';

/**
 * The stages as functions of the local Lambda host: the wiring that deploys, told by its environment where
 * the local cloud and the simulated provider are. Time left is told in seconds of the clock they are given.
 */
export function createHandlers(environment: unknown): Record<string, LambdaHandler> {
  const config = configFrom(z.record(z.string(), z.string()).parse(environment));
  const speed = config.clock?.speed ?? 1;
  const stages = wireStages(portsOnAws(config), config.settings);
  return Object.fromEntries(
    Object.entries(stages).map(([name, stage]): [string, LambdaHandler] => [
      name,
      (event, context) =>
        stage(event, {
          remainingSeconds: () => (context.getRemainingTimeInMillis() / 1000) * speed,
        }),
    ]),
  );
}
