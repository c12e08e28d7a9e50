import { beforeEach, describe, expect, it } from 'vitest';
import type { Bursts } from '../../shared/ports.ts';

export interface ObservedBursts {
  readonly bursts: Bursts;
  /** Lets every execution end, and settles when the one of that name has. */
  finish(name: string): Promise<void>;
  /** Inputs of all executions, running and ended. */
  inputs(): unknown[];
}

/** What every starter of bursts does. */
export function burstsContract(name: string, make: () => Promise<ObservedBursts>): void {
  describe(`bursts (${name})`, () => {
    let observed: ObservedBursts;
    beforeEach(async () => {
      observed = await make();
    });
    const input = { v: 1, burstId: 'burst-0123456789ab', segment: 1, leaseFence: 1 };

    it('starts an execution with its input', async () => {
      expect(await observed.bursts.start('burst-1', input)).toBe('started');
      expect(observed.inputs()).toEqual([input]);
    });

    it('starts one execution when the same start is repeated, in whatever order of fields', async () => {
      await observed.bursts.start('burst-1', { a: 1, b: { c: 2, d: 3 } });
      expect(await observed.bursts.start('burst-1', { b: { d: 3, c: 2 }, a: 1 })).toBe('started');
      expect(observed.inputs()).toHaveLength(1);
    });

    it('says that a name is taken by a running execution with another input', async () => {
      await observed.bursts.start('burst-1', input);
      const other = { ...input, leaseFence: 2 };
      expect(await observed.bursts.start('burst-1', other)).toBe('already-there');
      expect(observed.inputs()).toEqual([input]);
    });

    it('says that a name is taken by an execution that has ended', async () => {
      await observed.bursts.start('burst-1', input);
      await observed.finish('burst-1');
      expect(await observed.bursts.start('burst-1', input)).toBe('already-there');
      expect(observed.inputs()).toEqual([input]);
    });

    it('starts executions of different names', async () => {
      await observed.bursts.start('burst-1', input);
      expect(await observed.bursts.start('burst-2', input)).toBe('started');
      expect(observed.inputs()).toHaveLength(2);
    });

    it.each(['', 'with space', 'x'.repeat(81)])('throws at the name "%s"', async (name) => {
      await expect(observed.bursts.start(name, input)).rejects.toThrow();
      expect(observed.inputs()).toEqual([]);
    });
  });
}
