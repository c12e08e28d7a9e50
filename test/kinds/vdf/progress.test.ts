import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RSA_2048 } from '../../../shared/kinds/vdf/group.ts';
import {
  finish,
  MAX_PROGRESS_BYTES,
  type Progress,
  progressBytes,
  readProgress,
} from '../../../shared/kinds/vdf/progress.ts';
import { VdfSpec } from '../../../shared/kinds/vdf/spec.ts';
import { aVdf, done, utf8 } from './make.ts';

const spec = aVdf();
const { result, reached } = done(spec);

const where = ({ phase, done: steps }: Progress) => `${phase} ${steps}`;

describe('the stages of a task', () => {
  it('are runs of squarings for y, then runs of digits for the proof', () => {
    expect(reached.map(where)).toEqual([
      'evaluate 334',
      'evaluate 668',
      'prove 0',
      'prove 42',
      'prove 84',
    ]);
  });

  it.each([
    { stages: 2, squarings: 1000, expected: 2 },
    { stages: 3, squarings: 1000, expected: 3 },
    { stages: 20, squarings: 1000, expected: 20 },
    { stages: 20, squarings: 1001, expected: 20 },
    { stages: 1000, squarings: 1000, expected: 500 + 125 },
  ])(
    'are $expected where $stages are allowed for $squarings squarings',
    ({ stages, squarings, expected }) => {
      expect(done(aVdf({ stages, squarings })).reached).toHaveLength(expected - 1);
    },
  );

  it('end in the same result wherever the work is taken up', () => {
    for (const [index, at] of reached.entries()) {
      const taken = readProgress(spec, progressBytes(spec, at));
      expect(taken).toEqual(at);
      const after: Progress[] = [];
      expect(finish(RSA_2048, spec, taken ?? at, (next) => after.push(next))).toEqual(result);
      expect(after).toEqual(reached.slice(index + 1));
    }
  });

  it('end in the same result however many there are', () => {
    for (const stages of [2, 3, 7, 1000]) expect(done(aVdf({ stages })).result).toEqual(result);
  });
});

describe('a checkpoint', () => {
  const [evaluating, , , proving] = reached;
  if (evaluating === undefined || proving === undefined) throw new Error('too few stages');
  const changed = (at: Progress, change: object) =>
    utf8(
      JSON.stringify({
        ...JSON.parse(Buffer.from(progressBytes(spec, at)).toString()),
        ...change,
      }),
    );

  it.each([
    ['nothing', new Uint8Array()],
    ['no JSON', utf8('{')],
    ['no UTF-8', Uint8Array.of(0xff)],
    ['null', utf8('null')],
    ['too many bytes', Buffer.concat([progressBytes(spec, evaluating), Buffer.alloc(4096, ' ')])],
    ['another version', changed(evaluating, { v: 2 })],
    ['another seed', changed(evaluating, { seed: 'lamp' })],
    ['another number of squarings', changed(evaluating, { squarings: 1001 })],
    ['another phase', changed(evaluating, { phase: 'rest' })],
    ['a field too many', changed(evaluating, { y: '1' })],
    ['a field too few', changed(proving, { y: undefined })],
    ['squarings below none', changed(evaluating, { done: -1 })],
    ['half a squaring', changed(evaluating, { done: 0.5 })],
    ['all squarings done', changed(evaluating, { done: 1000 })],
    ['all digits done', changed(proving, { done: 125 })],
    ['no element', changed(evaluating, { value: '0' })],
    [
      'the other sign',
      changed(evaluating, { value: (RSA_2048.modulus - evaluating.value).toString(16) }),
    ],
    ['capital letters', changed(proving, { y: 'AB' })],
  ])('with %s is not taken up', (_, bytes) => {
    expect(readProgress(spec, bytes)).toBeUndefined();
  });

  it.each([
    ['the last squaring but one', changed(evaluating, { done: 999 })],
    ['the last digit but one', changed(proving, { done: 124 })],
  ])('at %s is taken up', (_, bytes) => {
    expect(readProgress(spec, bytes)).toBeDefined();
  });

  it('is within its limit for the longest seed and the largest elements', () => {
    const largest = RSA_2048.modulus / 2n;
    const longest = VdfSpec.parse({ seed: '"'.repeat(128), squarings: 2_000_000_000, stages: 200 });
    const wide = { ...longest, seed: '\u{20000}'.repeat(64) };
    for (const task of [longest, wide]) {
      const bytes = progressBytes(task, {
        phase: 'prove',
        done: 249_999_999,
        y: largest,
        value: largest,
      });
      expect(bytes.length).toBeLessThanOrEqual(MAX_PROGRESS_BYTES);
      expect(readProgress(task, bytes)).toBeDefined();
    }
  });

  it('of any bytes and any JSON is read without an exception', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json().map(utf8)), (bytes) => {
        expect(readProgress(spec, bytes)).toBeUndefined();
      }),
    );
  });

  it('with any one field replaced is taken up as that says or not at all', () => {
    const fields = fc.constantFrom('v', 'seed', 'squarings', 'phase', 'done', 'y', 'value');
    fc.assert(
      fc.property(fields, fc.jsonValue(), (field, value) => {
        const taken = readProgress(spec, changed(proving, { [field]: value }));
        if (taken !== undefined) expect(taken.done).toBeLessThan(125);
      }),
    );
  });
});
