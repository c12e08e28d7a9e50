import { describe, expect, it } from 'vitest';
import { memoryIds } from '../../shared/memory/memory-ids.ts';
import { instantOf } from '../../shared/model/time.ts';

describe('memory ids', () => {
  it('repeat themselves for one seed and differ for another', () => {
    const drawn = (seed: number) => {
      const ids = memoryIds(seed);
      return Array.from({ length: 5 }, () => [ids.unique(), ids.random()]);
    };
    expect(drawn(1)).toEqual(drawn(1));
    expect(drawn(1)).not.toEqual(drawn(2));
  });

  it('are in order of time, and never twice when time stands still or goes back', () => {
    let nowMs = 1_000;
    const ids = memoryIds(1, { now: () => instantOf(nowMs) });
    const first = [ids.unique(), ids.unique()];
    nowMs = 2_000;
    const later = ids.unique();
    nowMs = 1_000;
    const again = ids.unique();
    expect([later, ...first].sort()).toEqual([...first, later]);
    expect(new Set([...first, later, again]).size).toBe(4);
    expect(first[0]).toMatch(/^[0-9a-z]{14}$/);
  });

  it('draw evenly from [0, 1)', () => {
    const { random } = memoryIds(7);
    const buckets = Array.from({ length: 10 }, () => 0);
    for (let draw = 0; draw < 10_000; draw++) {
      const bucket = Math.floor(random() * 10);
      buckets[bucket] = (buckets[bucket] ?? 0) + 1;
    }
    expect(buckets).toHaveLength(10);
    for (const count of buckets) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
