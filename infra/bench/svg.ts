/** What every plot is drawn with. Colours are classes: one file reads on a light page and on a dark one. */

interface Inks {
  readonly ground: string;
  readonly text: string;
  readonly faint: string;
  readonly grid: string;
  readonly axis: string;
  /** Of what is compared, in order. People with the common colour blindnesses tell them apart (after Okabe and Ito). */
  readonly series: readonly string[];
}

export const LIGHT: Inks = {
  ...{ ground: '#ffffff', text: '#1f2328', faint: '#57606a', grid: '#e4e4e4', axis: '#333333' },
  series: ['#d55e00', '#0072b2', '#00936b', '#c06a99', '#a87300', '#3a8fc4', '#000000'],
};
export const DARK: Inks = {
  ...{ ground: '#0d1117', text: '#e6edf3', faint: '#9da7b3', grid: '#2b323b', axis: '#b0b8c1' },
  series: ['#ee8034', '#3f8fd2', '#1fb88a', '#d98cb8', '#e6a700', '#8fd0f5', '#f4f4f4'],
};

export const SERIES = LIGHT.series.length;

const rules = ({ ground, text, faint, grid, axis, series }: Inks): string =>
  [
    `.ground{fill:${ground}}text{fill:${text}}text.faint{fill:${faint}}`,
    `.grid{stroke:${grid}}.axis{stroke:${axis}}`,
    ...series.map((colour, n) => `.s${n}{color:${colour}}`),
  ].join('');

/** One SVG document with its title and what it depends on; nothing to load. */
export function page(
  width: number,
  height: number,
  { title, subtitle }: { readonly title: string; readonly subtitle: string },
  content: readonly string[],
): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${at(width)} ${at(height)}" font-family="sans-serif" font-size="12" role="img" aria-label="${escaped(title)}">`,
    `<style>${rules(LIGHT)}@media(prefers-color-scheme:dark){${rules(DARK)}}</style>`,
    `<rect class="ground" width="${at(width)}" height="${at(height)}"/>`,
    text(20, 26, title, 'font-size="16" font-weight="bold"'),
    text(20, 45, subtitle, 'class="faint" font-size="11"'),
    ...content,
    '</svg>',
    '',
  ].join('\n');
}

export interface Scale {
  readonly of: (value: number) => number;
  readonly ticks: readonly number[];
}

/** From zero on. */
export function linearScale(values: readonly number[], from: number, to: number): Scale {
  const most = Math.max(...values, 1e-9) * 1.05;
  const step = niceStep(most / 6);
  const ticks = Array.from({ length: Math.floor(most / step) + 1 }, (_, n) => n * step);
  return { of: (value) => from + (value / most) * (to - from), ticks };
}

/** From 1 on: what is less is drawn at the edge. */
export function logScale(values: readonly number[], from: number, to: number): Scale {
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

/** Vertical lines at the ticks of a scale, with their numbers below. */
export const xTicks = ({ of, ticks }: Scale, top: number, bottom: number): string[] =>
  ticks.flatMap((tick) => [
    line(of(tick), top, of(tick), bottom, 'class="grid"'),
    text(of(tick), bottom + 18, shortNumber(tick), 'text-anchor="middle"'),
  ]);

/** A dashed vertical line, such as a bound, named above it. */
export const xReference = (x: number, top: number, bottom: number, label: string): string[] => [
  line(x, top, x, bottom, 'class="axis" stroke-dasharray="5 4"'),
  text(x + 5, top - 6, label),
];

export const line = (x1: number, y1: number, x2: number, y2: number, attributes: string): string =>
  `<line x1="${at(x1)}" x2="${at(x2)}" y1="${at(y1)}" y2="${at(y2)}" ${attributes}/>`;

export const at = (value: number): string => value.toFixed(1);

export const text = (x: number, y: number, content: string, attributes = ''): string =>
  `<text x="${at(x)}" y="${at(y)}" ${attributes}>${escaped(content)}</text>`;

export const shortNumber = (value: number): string =>
  value >= 10_000
    ? `${Number((value / 1000).toPrecision(3))}k`
    : String(Number(value.toPrecision(3)));

export const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
