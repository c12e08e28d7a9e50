import { describe, expect, it } from 'vitest';
import { randomFor } from '../../../shared/kinds/nft/random.ts';

const seed = new TextEncoder().encode('seed');
const draws = (label: string, bound: number, count: number) => {
  const random = randomFor(seed, label);
  return Array.from({ length: count }, () => random.below(bound));
};

describe('randomFor', () => {
  it('gives the numbers an independent xoshiro128** gives for the same seed and label', () => {
    expect(draws('stars', 1000, 8)).toEqual([428, 57, 665, 880, 376, 154, 920, 277]);
  });

  it('gives other numbers under another label', () => {
    expect(draws('stars', 1000, 8)).not.toEqual(draws('land', 1000, 8));
  });

  it('stays below its bound and reaches every value about equally often', () => {
    const counts = Array(10).fill(0);
    for (const value of draws('spread', 10, 20_000)) counts[value] += 1;
    expect(counts).toHaveLength(10);
    for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(170); // four deviations
  });

  it('between includes both ends, chance follows its odds', () => {
    const random = randomFor(seed, 'ends');
    const values = Array.from({ length: 200 }, () => random.between(-2, 1));
    expect(new Set(values)).toEqual(new Set([-2, -1, 0, 1]));
    expect(Array.from({ length: 50 }, () => random.chance(0, 5))).not.toContain(true);
    expect(Array.from({ length: 50 }, () => random.chance(5, 5))).not.toContain(false);
  });
});
