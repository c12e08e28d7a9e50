import { logLine } from '../shared/log-line.ts';
import type { Log } from '../shared/ports.ts';
import type { WorkerClock } from './clock.ts';

/** One JSON line per event on stdout, where the provider keeps it. Ids, counts and reasons only. */
export const createLog =
  (clock: WorkerClock): Log =>
  (event, facts) =>
    void process.stdout.write(logLine({ at: clock.now(), event, ...facts }));
