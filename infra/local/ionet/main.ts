import * as z from 'zod';
import { Instant, millisecondsOf } from '../../../shared/model/time.ts';
import { realTimers } from '../engine/timers.ts';
import { Behaviour, seededRandom } from './behaviour.ts';
import { Catalogue, DEFAULT_CATALOGUE } from './catalogue.ts';
import { createIonetSimulator } from './simulator.ts';

/**
 * The io.net simulator as a process: one argument, the JSON of {@link Config}. Prints
 * `{"listening": <port>}` when it serves, and takes its workers with it when it ends: on SIGTERM, SIGINT,
 * or when the parent that holds its IPC channel is gone.
 */
const Config = z.strictObject({
  apiKey: z.string().min(1),
  seed: z.int().default(1),
  port: z.int().min(0).max(65_535).default(0),
  /** A clock that showed `originAt` when the real one showed `realOriginAt`, `speed` times as fast. */
  clock: z.strictObject({ originAt: Instant, realOriginAt: Instant, speed: z.number().positive() }),
  images: z.record(z.string(), z.array(z.string()).min(1)),
  workerEnv: z.record(z.string(), z.string()).default({}),
  catalogue: Catalogue.default(DEFAULT_CATALOGUE),
  behaviour: Behaviour.prefault({}),
  relayMilliseconds: z.int().positive().default(3000),
});

const { clock, seed, ...config } = Config.parse(JSON.parse(process.argv[2] ?? '{}'));
const elapsedMs = Date.now() - millisecondsOf(clock.realOriginAt);

const simulator = await createIonetSimulator({
  ...config,
  timers: realTimers({
    originMs: millisecondsOf(clock.originAt) + elapsedMs * clock.speed,
    speed: clock.speed,
  }),
  random: seededRandom(seed),
  workerEnv: { BURST_CLOCK: JSON.stringify(clock), ...config.workerEnv },
});

process.once('exit', () => simulator.killWorkers());
for (const event of ['SIGTERM', 'SIGINT', 'disconnect'] as const) {
  process.once(event, () => process.exit(0));
}

console.log(JSON.stringify({ listening: simulator.port }));
