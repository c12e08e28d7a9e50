import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { serveAsChild } from '../child-process.ts';
import { realTimers } from '../engine/timers.ts';
import { LocalClock, timersOf } from '../local-clock.ts';
import { startCloud } from './cloud.ts';
import { CloudConfig } from './cloud-config.ts';

/**
 * The local cloud as a process: one argument, the JSON of this configuration. Prints its
 * `CloudAddress` when it serves; its log goes to stderr.
 */
const ProcessConfig = CloudConfig.extend({
  definitionFile: z.string(),
  clock: LocalClock.optional(),
});

const { definitionFile, clock, ...config } = ProcessConfig.parse(
  JSON.parse(process.argv[2] ?? '{}'),
);
const real = realTimers();

const cloud = await startCloud({
  ...config,
  definition: readFileSync(definitionFile, 'utf8'),
  timers: clock === undefined ? real : timersOf(clock, Date.now()),
  realTimers: real,
  random: Math.random,
  uuid: randomUUID,
  log: (event, facts) => process.stderr.write(`${JSON.stringify({ event, ...facts })}\n`),
});

serveAsChild(cloud.address, cloud.close);
