import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import * as z from 'zod';
import { svgBars } from '../../infra/bench/bars.ts';
import { runBenchCommand } from '../../infra/bench/command.ts';
import { svgPlot } from '../../infra/bench/plot.ts';
import { DARK, LIGHT, SERIES } from '../../infra/bench/svg.ts';

const folder = mkdtempSync(join(tmpdir(), 'burst-plots-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** WCAG 2.2, relative luminance and contrast ratio. */
function luminance(colour: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((from) => {
    const share = Number.parseInt(colour.slice(from, from + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
function contrast(one: string, other: string): number {
  const [light = 0, dark = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

it.each([
  ['light', LIGHT],
  ['dark', DARK],
])('words, axes and marks stand out from a %s ground', (_, inks) => {
  for (const colour of [inks.text, inks.faint]) {
    expect(contrast(colour, inks.ground)).toBeGreaterThanOrEqual(4.5);
  }
  expect(inks.series).toHaveLength(SERIES);
  for (const colour of [inks.axis, ...inks.series]) {
    expect(contrast(colour, inks.ground), colour).toBeGreaterThanOrEqual(3);
  }
});

const WORDS = { title: 'a < b & "c"', subtitle: 'one seed' };

it('bars are as long as their values, begin at zero and say their number', () => {
  const svg = svgBars({
    ...{ ...WORDS, xLabel: 'seconds', series: ['one', 'other'], digits: 1 },
    groups: [
      { label: 'first', values: [1, 2] },
      { label: 'second', values: [4, 0] },
    ],
  });
  const bars = [...svg.matchAll(/x="([\d.]+)" y="[\d.]+" width="(\d+\.\d)" height="12" fill/g)];
  const [one = 0, ...others] = bars.map(([, , width]) => Number(width));
  expect(new Set(bars.map(([, x]) => x)).size).toBe(1);
  expect(others.map((width) => Math.round((10 * width) / one) / 10)).toEqual([2, 4, 0]);
  for (const said of ['seconds', 'first', 'second', 'one', 'other', '>4.0<', '>0.0<']) {
    expect(svg).toContain(said);
  }
  expect(svg).toContain('>a &lt; b &amp; "c"<'.replaceAll('"', '&quot;'));
});

it('a plot of one point has both axes named and nothing that is no number', () => {
  const marks = [{ label: 'burst', x: 0, y: 0 }];
  for (const log of [true, false]) {
    const svg = svgPlot({ ...WORDS, xLabel: 'hours', yLabel: 's', xLog: log, yLog: log, marks });
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    expect(svg).toMatch(/>hours<[\s\S]*>s<[\s\S]*>burst</);
  }
});

it('a benchmark prints a table and says in table, JSON and plot what it depends on', async () => {
  const plot = join(folder, 'deep', 'makespan.svg');
  let out = '';
  const run = (...more: string[]) => {
    out = '';
    return runBenchCommand(['makespan', '--seeds', '1', '--plot', plot, ...more], {
      out(text) {
        out += text;
      },
      err: () => undefined,
    });
  };
  expect(await run('--json')).toBe(0);
  const Row = z.object({ work: z.string(), tasks: z.int(), slots: z.int(), worst: z.number() });
  const { conditions, rows } = z
    .object({ seeds: z.literal(1), conditions: z.string(), rows: z.array(Row) })
    .parse(JSON.parse(out));
  expect(conditions).toContain('seeds 1 to 1');
  const svg = readFileSync(plot, 'utf8');
  expect(svg).toContain('seeds 1 to 1');
  for (const { work, tasks, slots, worst } of rows) {
    expect(svg).toContain(`${work}: ${tasks} tasks, ${slots} slots`);
    expect(svg).toContain(`>${worst.toFixed(3)}<`);
  }
});
