import type { Command } from 'commander';
import { buildBenchmark } from '../simulate/build.ts';
import { benchGaps, CLUSTER_GPUS, type GapRatio, PROVISIONING_SECONDS } from './gaps.ts';
import type { runOurs } from './ours.ts';
import { svgPlot } from './plot.ts';
import {
  deliver,
  JSON_OPTION,
  plotOption,
  type Report,
  type ReportOptions,
  type Streams,
} from './report.ts';
import { tableLines } from './table.ts';

const CONDITIONS = `tasks of one second at equal gaps, clusters of ${CLUSTER_GPUS} GPUs, bill ionet, provisioning ${PROVISIONING_SECONDS} s, seed 1; no task waits in the optimum`;

export function addGaps(program: Command, streams: Streams): void {
  program
    .command('gaps')
    .description(
      'What idle clusters cost over the optimum, over the lengths of gaps between tasks.',
    )
    .option(...plotOption('gaps'))
    .option(...JSON_OPTION)
    .action(async (options: ReportOptions) => {
      const built: { runOurs: typeof runOurs } = await import(await buildBenchmark());
      deliver(gapsReport(await benchGaps(built.runOurs)), options, streams);
    });
}

function gapsReport(ratios: readonly GapRatio[]): Report {
  const worst = Math.max(...ratios.map(({ ratio }) => ratio));
  const rows = ratios.map((one) => [
    ...[String(one.gapSeconds), String(one.tasks), one.paidHours.toFixed(2)],
    ...[one.optimalHours.toFixed(2), one.ratio.toFixed(3)],
  ]);
  return {
    lines: [
      CONDITIONS,
      '',
      ...tableLines(['gap s', 'tasks', 'paid h', 'optimum h', 'ratio'], rows),
      '',
      `Worst ratio ${worst.toFixed(3)}.`,
    ],
    json: { bench: 'gaps', conditions: CONDITIONS, worst, ratios },
    svg: svgPlot({
      title: 'Paid time over the optimum, tasks at equal gaps',
      subtitle: CONDITIONS,
      ...{ xLabel: 'gap, seconds', yLabel: 'paid / optimum (no unit)', joined: true },
      marks: ratios.map(({ gapSeconds, tasks, ratio }) => ({
        ...{ label: `${tasks} tasks`, x: gapSeconds, y: ratio },
      })),
    }),
  };
}
