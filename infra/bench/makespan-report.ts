import type { Command } from 'commander';
import { wholeFrom } from '../command-line/values.ts';
import { svgBars } from './bars.ts';
import { type MakespanRow, makespanRows, PROOFS, proofSeconds } from './makespan.ts';
import {
  deliver,
  JSON_OPTION,
  plotOption,
  type Report,
  type ReportOptions,
  type Streams,
} from './report.ts';
import { tableLines } from './table.ts';

export function addMakespan(program: Command, streams: Streams): void {
  program
    .command('makespan')
    .description(
      'How long a cluster takes for work it has from the beginning, over the least it could.',
    )
    .option('--seeds <count>', 'orders in which the work comes', wholeFrom(1, 100), 5)
    .option(...plotOption('makespan'))
    .option(...JSON_OPTION)
    .action(({ seeds, ...options }: ReportOptions & { readonly seeds: number }) => {
      const proofs = proofSeconds(PROOFS);
      if (proofs === undefined) streams.err(`${ABSENT}\n`);
      deliver(makespanReport(makespanRows(seeds, proofs), seeds, proofs), options, streams);
    });
}

const ABSENT = `The trace of proofs is not beside the checkout (${PROOFS}): its rows are left out.`;

function makespanReport(
  rows: readonly MakespanRow[],
  seeds: number,
  proofs: readonly number[] | undefined,
): Report {
  const conditions = `Burst's own decision at every end of a job, lengths known, one task a batch; seeds 1 to ${seeds}, each an order`;
  return {
    lines: [
      conditions,
      '',
      ...tableLines(
        ['work', 'tasks', 'slots', '/ max(sum/slots, longest), median', 'worst', '/ LPT, worst'],
        rows.map((row) => [
          ...[row.work, String(row.tasks), String(row.slots), row.median.toFixed(4)],
          ...[row.worst.toFixed(4), row.toLpt.toFixed(4)],
        ]),
      ),
      ...(proofs === undefined ? ['', ABSENT] : []),
    ],
    json: { bench: 'makespan', seeds, conditions, trace: proofs !== undefined, rows },
    svg: svgBars({
      title: 'How long a cluster takes, over the least it could',
      subtitle: conditions,
      xLabel: 'makespan / bound (no unit)',
      series: ['over max(sum / slots, longest), median', 'the same, worst', 'over LPT, worst'],
      groups: rows.map(({ work, tasks, slots, median, worst, toLpt }) => ({
        label: `${work}: ${tasks} tasks, ${slots} slots`,
        values: [median, worst, toLpt],
      })),
      xLine: { at: 1, label: 'bound' },
      digits: 3,
    }),
  };
}
