import { at, line, linearScale, page, SERIES, text, xReference, xTicks } from './svg.ts';

/** What is measured of one thing: a bar for each series, in their order. */
interface Bars {
  readonly label: string;
  readonly values: readonly number[];
}

export interface BarPlot {
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  /** Names of the bars of every group. */
  readonly series: readonly string[];
  readonly groups: readonly Bars[];
  /** Vertical line, such as a bound. */
  readonly xLine?: { readonly at: number; readonly label: string };
  /** Digits behind the point at the end of a bar. */
  readonly digits: number;
}

const WIDTH = 860;
const RIGHT = WIDTH - 60;
const TOP = 105;
const BAR = 14;
const GAP = 12;
/** About the width of a letter, and nothing can measure it here. */
const LETTER = 6.6;

/** Bars from zero to the right, each with its number, as one SVG document. */
export function svgBars({ series, groups, xLine, digits, xLabel, ...plot }: BarPlot): string {
  const left = 36 + LETTER * Math.max(...groups.map(({ label }) => label.length));
  const groupHeight = series.length * BAR + GAP;
  const bottom = TOP + groups.length * groupHeight + GAP;
  const values = groups.flatMap((group) => group.values);
  const x = linearScale([...values, ...(xLine ? [xLine.at] : [])], left, RIGHT);
  const bars = groups.flatMap((group, row) => {
    const top = TOP + GAP + row * groupHeight;
    const middle = top + (series.length * BAR) / 2;
    return [
      text(left - 8, middle + 4, group.label, 'text-anchor="end"'),
      ...group.values.flatMap((value, n) => {
        const y = top + n * BAR;
        return [
          `<rect class="s${n % SERIES}" x="${at(left)}" y="${at(y)}" width="${at(x.of(value) - left)}" height="${BAR - 2}" fill="currentColor"/>`,
          text(x.of(value) + 5, y + BAR - 4, value.toFixed(digits), 'font-size="11"'),
        ];
      }),
    ];
  });
  const legend = series.flatMap((name, n) => {
    const before = series.slice(0, n).reduce((sum, one) => sum + LETTER * one.length + 34, 0);
    const start = 20 + before;
    return [
      `<rect class="s${n % SERIES}" x="${at(start)}" y="58" width="12" height="12" fill="currentColor"/>`,
      text(start + 18, 68, name),
    ];
  });
  return page(WIDTH, bottom + 60, plot, [
    ...xTicks(x, TOP, bottom),
    line(left, TOP, left, bottom, 'class="axis"'),
    text((left + RIGHT) / 2, bottom + 44, xLabel, 'text-anchor="middle"'),
    ...bars,
    ...(xLine ? xReference(x.of(xLine.at), TOP, bottom, xLine.label) : []),
    ...legend,
  ]);
}
