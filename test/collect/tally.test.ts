import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tally } from '../../shared/collect/tally.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { VoteRow } from '../../shared/model/rows.ts';
import { aJob, at, BURST, workerNamed } from '../support/burst-rows.ts';

/** One vote per letter, in order; equal letters agree. */
const votes = (letters: string): VoteRow[] =>
  [...letters].map((letter, n) =>
    VoteRow.parse({
      ...{ v: 1, worker: workerNamed(n + 1), digest: sha256Of(letter), job: aJob(n + 1).jobId },
      ...{ burst: BURST, slotSeconds: 10, at: at(n) },
    }),
  );

const workers = (rows: readonly VoteRow[]) => rows.map(({ worker }) => worker);

describe('the votes on a task', () => {
  it.each([
    ['', 2, 'open'],
    ['A', 2, 'open'],
    ['AB', 2, 'open'],
    ['AA', 2, 'decided'],
    ['ABA', 2, 'decided'],
    ['ABCDE', 2, 'open'],
    ['ABCDEF', 2, 'hopeless'],
    ['ABCDEA', 2, 'decided'],
    ['AABBB', 5, 'open'],
    ['AAAABBBB', 5, 'open'],
    ['AAAABBBBC', 5, 'hopeless'],
    ['AAAABBBBA', 5, 'decided'],
  ])('%j, of which %i must agree, are %s', (letters, needed, is) => {
    expect(tally(votes(letters), needed, 5).is).toBe(is);
  });

  it('name who agreed, who did not, and whose vote decided', () => {
    expect(tally(votes('ABAB'), 2, 5)).toMatchObject({
      digest: sha256Of('A'),
      deciding: { worker: workerNamed(3) },
      agreeing: [{ worker: workerNamed(1) }, { worker: workerNamed(3) }],
      dissenting: [{ worker: workerNamed(2) }, { worker: workerNamed(4) }],
    });
  });

  it('once decided stay so, whatever is cast later, and are never cast for ever', () => {
    const letters = fc.string({ unit: fc.constantFrom('A', 'B', 'C', 'D'), maxLength: 20 });
    fc.assert(
      fc.property(letters, letters, fc.integer({ min: 2, max: 5 }), (before, after, needed) => {
        const first = tally(votes(before), needed, 5);
        const then = tally(votes(before + after), needed, 5);
        if (first.is === 'open') expect(before.length).toBeLessThan(needed - 1 + 5);
        if (first.is !== 'decided') return;
        expect(then).toMatchObject({
          is: 'decided',
          digest: first.digest,
          deciding: first.deciding,
        });
        expect(workers(first.agreeing).length).toBeGreaterThanOrEqual(needed);
      }),
    );
  });
});
