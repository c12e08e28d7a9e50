import {
  at,
  escaped,
  line,
  linearScale,
  logScale,
  page,
  SERIES,
  shortNumber,
  text,
  xReference,
  xTicks,
} from './svg.ts';

/** A point to draw, and how it is called in the legend. */
interface Mark {
  readonly label: string;
  readonly x: number;
  readonly y: number;
  /** Ours, drawn larger. */
  readonly strong?: boolean;
}

export interface Plot {
  readonly title: string;
  readonly subtitle: string;
  readonly xLabel: string;
  readonly yLabel: string;
  readonly xLog?: boolean;
  readonly yLog?: boolean;
  /** Vertical line, such as a bound. */
  readonly xLine?: { readonly at: number; readonly label: string };
  /** Points of one label that belong together are joined in their order. */
  readonly joined?: boolean;
  readonly marks: readonly Mark[];
}

const WIDTH = 860;
const HEIGHT = 520;
const LEFT = 80;
const RIGHT = WIDTH - 230;
const TOP = 80;
const BOTTOM = HEIGHT - 60;

const SHAPES = ['circle', 'square', 'diamond'] as const;

/** Points, joined or not, as one SVG document: axes with ticks and names, a legend. */
export function svgPlot(plot: Plot): string {
  const xs = [...plot.marks.map((mark) => mark.x), ...(plot.xLine ? [plot.xLine.at] : [])];
  const ys = plot.marks.map((mark) => mark.y);
  const x = (plot.xLog ? logScale : linearScale)(xs, LEFT, RIGHT);
  const y = (plot.yLog ? logScale : linearScale)(ys, BOTTOM, TOP);
  const labels = [...new Set(plot.marks.map(({ label }) => label))];
  const lines = plot.joined
    ? labels.map((label, index) => {
        const points = plot.marks
          .filter((mark) => mark.label === label)
          .map((mark) => `${at(x.of(mark.x))},${at(y.of(mark.y))}`);
        return `<polyline points="${points.join(' ')}" class="s${index % SERIES}" fill="none" stroke="currentColor"/>`;
      })
    : [];
  const marks = plot.marks.map((mark) => {
    const title = `<title>${escaped(mark.label)}: ${mark.x.toPrecision(4)}, ${mark.y.toPrecision(4)}</title>`;
    const index = labels.indexOf(mark.label);
    return figure(index, x.of(mark.x), y.of(mark.y), mark.strong ? 7 : 4, title);
  });
  const legend = labels.flatMap((label, index) => {
    const [left, top] = [RIGHT + 24, TOP + 10 + index * 22];
    return [figure(index, left, top, 5, ''), text(left + 14, top + 4, label)];
  });
  return page(WIDTH, HEIGHT, plot, [
    ...xTicks(x, TOP, BOTTOM),
    ...y.ticks.flatMap((tick) => [
      line(LEFT, y.of(tick), RIGHT, y.of(tick), 'class="grid"'),
      text(LEFT - 8, y.of(tick) + 4, shortNumber(tick), 'text-anchor="end"'),
    ]),
    `<path class="axis" d="M${LEFT} ${TOP}V${BOTTOM}H${RIGHT}" fill="none"/>`,
    text((LEFT + RIGHT) / 2, HEIGHT - 16, plot.xLabel, 'text-anchor="middle"'),
    `<text transform="translate(26 ${(TOP + BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escaped(plot.yLabel)}</text>`,
    ...(plot.xLine ? xReference(x.of(plot.xLine.at), TOP, BOTTOM, plot.xLine.label) : []),
    ...lines,
    ...marks,
    ...legend,
  ]);
}

/** By its place in the legend: a colour, and another shape once the colours are used up. */
function figure(index: number, x: number, y: number, size: number, inside: string): string {
  const shape = SHAPES[Math.floor(index / SERIES) % SHAPES.length] ?? 'circle';
  const common = `class="s${index % SERIES}" fill="currentColor" fill-opacity="0.85"`;
  if (shape === 'circle') {
    return `<circle cx="${at(x)}" cy="${at(y)}" r="${size}" ${common}>${inside}</circle>`;
  }
  const turn = shape === 'diamond' ? ` transform="rotate(45 ${at(x)} ${at(y)})"` : '';
  return `<rect x="${at(x - size)}" y="${at(y - size)}" width="${2 * size}" height="${2 * size}" ${common}${turn}>${inside}</rect>`;
}
