import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import * as z from 'zod';
import { serveAsChild } from '../child-process.ts';
import { realTimers } from '../engine/timers.ts';
import { type LambdaHandler, startLambdaHost } from './lambda-host.ts';

/**
 * The Lambda host as a process: one argument, the JSON of this configuration. Prints `{"url": …}` when it
 * serves. Functions take real seconds, whatever clock they are given.
 */
const ProcessConfig = z.strictObject({
  /** File that exports `createHandlers(settings)`: handlers by function name. */
  handlersFile: z.string(),
  /** Handed to `createHandlers` as it stands. */
  settings: z.unknown(),
  timeoutSeconds: z.number().positive().default(60),
  maxConcurrency: z.int().min(1).default(1000),
  port: z.int().min(0).max(65_535).default(0),
});

const HandlersModule = z.object({
  createHandlers: z.custom<
    (settings: unknown) => Record<string, LambdaHandler> | Promise<Record<string, LambdaHandler>>
  >((value) => typeof value === 'function', 'the handlers file must export createHandlers'),
});

const { handlersFile, settings, ...config } = ProcessConfig.parse(
  JSON.parse(process.argv[2] ?? '{}'),
);
const { createHandlers } = HandlersModule.parse({
  ...(await import(pathToFileURL(handlersFile).href)),
});

const host = await startLambdaHost({
  ...config,
  handlers: await createHandlers(settings),
  timers: realTimers(),
  uuid: randomUUID,
});

serveAsChild({ url: host.url }, host.close);
