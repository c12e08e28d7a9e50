import { type Line, type Style, span } from './line.ts';

interface Share {
  readonly amount: number;
  /** What one cell of it looks like. Shares differ in this, so that a bar reads without colour too. */
  readonly cell: string;
  readonly style?: Style;
}

/**
 * A bar of `width` cells split like the amounts. Each share ends where the running total rounds to, so
 * the cells always add up; with nothing to share, all of it is the last one.
 */
export function bar(shares: readonly Share[], width: number): Line {
  const total = shares.reduce((sum, { amount }) => sum + amount, 0);
  let before = 0;
  let running = 0;
  return shares.map(({ amount, cell, style }, n) => {
    running += amount;
    const isLast = n === shares.length - 1;
    const end = isLast ? width : total > 0 ? Math.floor((running / total) * width) : 0;
    const cells = end - before;
    before = end;
    return span(cell.repeat(cells), style);
  });
}
