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

  it('that need only be alike count together by the bits in which they differ', () => {
    const looks = (...hashes: string[]) =>
      votes('ABC'.slice(0, hashes.length)).map((vote, n) => ({
        ...vote,
        likeness: hashes[n]?.padStart(16, '0'),
      }));
    expect(tally(looks('0', '3ff'), 2, 5, 10)).toMatchObject({
      is: 'decided',
      digest: sha256Of('A'),
      likeness: '0'.repeat(16),
      dissenting: [],
    });
    expect(tally(looks('0', '7ff'), 2, 5, 10).is).toBe('open');
    expect(tally(looks('0', '3ff'), 2, 5).is).toBe('open');
    expect(tally(looks('0', 'ffff', '1'), 2, 5, 10)).toMatchObject({
      agreeing: [{ worker: workerNamed(1) }, { worker: workerNamed(3) }],
      dissenting: [{ worker: workerNamed(2) }],
    });
  });

  it('are measured from the first of their like: small steps do not lead to another picture', () => {
    const chain = votes('ABC').map((vote, n) => ({
      ...vote,
      likeness: ['0', 'ff', 'ffff'][n]?.padStart(16, '0'),
    }));
    expect(tally(chain, 3, 5, 10).is).toBe('open');
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
