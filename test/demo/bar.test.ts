import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bar } from '../../infra/local/demo/bar.ts';
import { lineWidth } from '../../infra/local/demo/line.ts';

const drawn = (done: number, failed: number, open: number, width: number): string =>
  bar(
    [
      { amount: done, cell: '=' },
      { amount: failed, cell: 'x' },
      { amount: open, cell: '-' },
    ],
    width,
  )
    .map(({ text }) => text)
    .join('');

describe('bar', () => {
  it.each([
    { done: 0, failed: 0, open: 0, cells: '----------' },
    { done: 0, failed: 0, open: 100, cells: '----------' },
    { done: 50, failed: 20, open: 30, cells: '=====xx---' },
    { done: 99, failed: 0, open: 1, cells: '=========-' },
    { done: 100, failed: 0, open: 0, cells: '==========' },
    { done: 95, failed: 5, open: 0, cells: '=========x' },
  ])('draws $cells for $done done, $failed failed, $open open', ({ done, failed, open, cells }) => {
    expect(drawn(done, failed, open, 10)).toBe(cells);
  });

  it('fills its width whatever it shares', () => {
    const amounts = fc.array(fc.nat(), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(amounts, fc.nat({ max: 200 }), (shares, width) => {
        const line = bar(
          shares.map((amount) => ({ amount, cell: '-' })),
          width,
        );
        expect(lineWidth(line)).toBe(width);
      }),
    );
  });
});
