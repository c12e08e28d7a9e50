import type { Log } from '../../../shared/ports.ts';
import { emfOf } from './emf.ts';

/**
 * One JSON line per event on stdout, with what it measures as metrics in the same line. Written past
 * `console`, which Lambda wraps into an object of its own, where CloudWatch finds no metrics.
 */
export const meteredLog =
  (
    stack: string,
    write: (line: string) => void = (line) => void process.stdout.write(line),
    now: () => number = Date.now,
  ): Log =>
  (event, facts) => {
    const measured = emfOf(event, facts, { stack, at: now() });
    write(`${JSON.stringify({ event, ...facts, ...measured })}\n`);
  };
