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
const RIGHT = 230;
const TOP = 70;
const BOTTOM = 60;

/** Colours that people with the common colour blindnesses tell apart (Okabe and Ito). */
const COLOURS = ['#d55e00', '#0072b2', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#000000'];
const SHAPES = ['circle', 'square', 'diamond'] as const;

/** A scatter plot as one SVG document: axes with ticks and names, a legend, nothing to load. */
export function svgPlot(plot: Plot): string {
  const x = scale(
    [...plot.marks.map((mark) => mark.x), ...(plot.xLine ? [plot.xLine.at] : [])],
    plot.xLog === true,
    LEFT,
    WIDTH - RIGHT,
  );
  const y = scale(
    plot.marks.map((mark) => mark.y),
    plot.yLog === true,
    HEIGHT - BOTTOM,
    TOP,
  );
  const labels = [...new Set(plot.marks.map(({ label }) => label))];
  const style = (label: string) => {
    const index = labels.indexOf(label);
    const colour = COLOURS[index % COLOURS.length] ?? '#000000';
    const shape = SHAPES[Math.floor(index / COLOURS.length) % SHAPES.length] ?? 'circle';
    return { colour, shape };
  };
  const lines = plot.joined
    ? labels.map((label) => {
        const points = plot.marks
          .filter((mark) => mark.label === label)
          .map((mark) => `${at(x.of(mark.x))},${at(y.of(mark.y))}`);
        return `<polyline points="${points.join(' ')}" fill="none" stroke="${style(label).colour}"/>`;
      })
    : [];
  const marks = plot.marks.map((mark) => {
    const { colour, shape } = style(mark.label);
    const title = `<title>${escaped(mark.label)}: ${mark.x.toPrecision(4)}, ${mark.y.toPrecision(4)}</title>`;
    return figure(shape, x.of(mark.x), y.of(mark.y), mark.strong ? 7 : 4, colour, title);
  });
  const legend = labels.flatMap((label, index) => {
    const { colour, shape } = style(label);
    const [left, top] = [WIDTH - RIGHT + 24, TOP + 10 + index * 22];
    return [figure(shape, left, top, 5, colour, ''), text(left + 14, top + 4, label)];
  });
  const bound =
    plot.xLine === undefined
      ? []
      : [
          `<line x1="${at(x.of(plot.xLine.at))}" x2="${at(x.of(plot.xLine.at))}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#555" stroke-dasharray="5 4"/>`,
          text(x.of(plot.xLine.at) + 5, TOP - 6, plot.xLine.label),
        ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12" role="img" aria-label="${escaped(plot.title)}">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(LEFT, 26, plot.title, 'font-size="16" font-weight="bold"'),
    text(LEFT, 45, plot.subtitle, 'fill="#444" font-size="11"'),
    ...x.ticks.flatMap((tick) => [
      `<line x1="${at(x.of(tick))}" x2="${at(x.of(tick))}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="#e4e4e4"/>`,
      text(x.of(tick), HEIGHT - BOTTOM + 18, shortNumber(tick), 'text-anchor="middle"'),
    ]),
    ...y.ticks.flatMap((tick) => [
      `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y.of(tick))}" y2="${at(y.of(tick))}" stroke="#e4e4e4"/>`,
      text(LEFT - 8, y.of(tick) + 4, shortNumber(tick), 'text-anchor="end"'),
    ]),
    `<path d="M${LEFT} ${TOP}V${HEIGHT - BOTTOM}H${WIDTH - RIGHT}" fill="none" stroke="#333"/>`,
    text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 16, plot.xLabel, 'text-anchor="middle"'),
    `<text transform="translate(20 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escaped(plot.yLabel)}</text>`,
    ...bound,
    ...lines,
    ...marks,
    ...legend,
    '</svg>',
    '',
  ].join('\n');
}

interface Scale {
  readonly of: (value: number) => number;
  readonly ticks: readonly number[];
}

function scale(values: readonly number[], log: boolean, from: number, to: number): Scale {
  if (log) return logScale(values, from, to);
  const most = Math.max(...values, 1e-9) * 1.05;
  const step = niceStep(most / 6);
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, n) => n * step);
  return { of: (value) => from + (value / most) * (to - from), ticks };
}

/** From 1 on: what is less is drawn at the edge. */
function logScale(values: readonly number[], from: number, to: number): Scale {
  const least = Math.max(1, Math.min(...values));
  const most = Math.max(2, ...values);
  const steps = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((n) => n * 10 ** power));
  const marks = steps.flat();
  const first = marks.findLast((mark) => mark <= least) ?? 1;
  const last = marks.find((mark) => mark >= most && mark > first) ?? most;
  const span = Math.log(last / first);
  return {
    of: (value) => from + (Math.log(Math.max(value, first) / first) / span) * (to - from),
    ticks: marks.filter((mark) => mark >= first && mark <= last),
  };
}

/** 1, 2 or 5 times a power of ten, not below `least`. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10) * power;
}

function figure(
  shape: (typeof SHAPES)[number],
  x: number,
  y: number,
  size: number,
  colour: string,
  inside: string,
): string {
  const common = `fill="${colour}" fill-opacity="0.85"`;
  if (shape === 'circle') {
    return `<circle cx="${at(x)}" cy="${at(y)}" r="${size}" ${common}>${inside}</circle>`;
  }
  const turn = shape === 'diamond' ? ` transform="rotate(45 ${at(x)} ${at(y)})"` : '';
  return `<rect x="${at(x - size)}" y="${at(y - size)}" width="${2 * size}" height="${2 * size}" ${common}${turn}>${inside}</rect>`;
}

const at = (value: number): string => value.toFixed(1);

const text = (x: number, y: number, content: string, attributes = ''): string =>
  `<text x="${at(x)}" y="${at(y)}" ${attributes}>${escaped(content)}</text>`;

const shortNumber = (value: number): string =>
  value >= 10_000
    ? `${Number((value / 1000).toPrecision(3))}k`
    : String(Number(value.toPrecision(3)));

const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
