import { performance } from 'node:perf_hooks';
import type { Command } from 'commander';
import { backlogOf } from '../../shared/bursts/open.ts';
import type { WorkerId } from '../../shared/model/ids.ts';
import { decideOpening } from '../../shared/plan/opening.ts';
import { assign } from '../../shared/run/assignment.ts';
import { openSeconds } from '../../shared/run/lanes.ts';
import { wholeFrom } from '../command-line/values.ts';
import { quantile } from './measures.ts';
import { backlog, KEYS, NOW, SLOTS, TASKS_PER_BATCH, WORKERS } from './planner-rows.ts';
import { svgPlot } from './plot.ts';
import {
  deliver,
  JSON_OPTION,
  plotOption,
  type Report,
  type ReportOptions,
  type Streams,
  thisMachine,
} from './report.ts';
import { tableLines } from './table.ts';

/** Time of the planner's decisions over a backlog, milliseconds, median. */
interface PlannerRow {
  readonly batches: number;
  /** One look at every batch: what is left of it. */
  readonly scanMs: number;
  /** One sort of them by age, as they come: in order. */
  readonly sortMs: number;
  readonly assignMs: number;
  readonly openMs: number;
  /** Both decisions over scan and sort. */
  readonly ratio: number;
}

/** Floor and planner by turns in one process, over the same arrays. */
function benchPlanner(count: number, rounds: number): PlannerRow {
  const { settings, batches, jobs, lease } = backlog(count);
  const quarantined = new Set<WorkerId>();
  const times: Record<Part, number[]> = { scan: [], sort: [], assign: [], open: [] };
  const parts: Record<Part, () => unknown> = {
    scan: () => batches.reduce((sum, batch) => sum + openSeconds(batch), 0),
    sort: () => batches.toSorted((a, b) => (a.batchId < b.batchId ? -1 : 1)),
    assign: () => assign(lease, jobs, batches, quarantined, settings, NOW),
    open: () => {
      const work = backlogOf(batches, lease.requirement, NOW);
      return decideOpening({ bursts: [] }, work, settings, NOW);
    },
  };
  for (let round = -WARM_UP; round < rounds; round += 1) {
    for (const part of PARTS) {
      const begun = performance.now();
      parts[part]();
      if (round >= 0) times[part].push(performance.now() - begun);
    }
  }
  const median = (part: Part) =>
    quantile(
      times[part].sort((a, b) => a - b),
      0.5,
    );
  const [scanMs, sortMs] = [median('scan'), median('sort')];
  const [assignMs, openMs] = [median('assign'), median('open')];
  const ratio = (assignMs + openMs) / (scanMs + sortMs);
  return { batches: count, scanMs, sortMs, assignMs, openMs, ratio };
}

const PARTS = ['scan', 'assign', 'sort', 'open'] as const;
type Part = (typeof PARTS)[number];
const WARM_UP = 3;

export function addPlanner(program: Command, streams: Streams): void {
  program
    .command('planner')
    .description('Time of the decisions over many open batches, against a scan and a sort of them.')
    .option('--rounds <count>', 'rounds of which the median counts', wholeFrom(1, 1000), 15)
    .option(...plotOption('planner'))
    .option(...JSON_OPTION)
    .action(({ rounds, ...options }: ReportOptions & { readonly rounds: number }) => {
      const rows = [1000, 10_000, 100_000].map((count) => benchPlanner(count, rounds));
      deliver(plannerReport(rows, rounds), options, streams);
    });
}

function plannerReport(rows: readonly PlannerRow[], rounds: number): Report {
  const conditions = `${WORKERS * SLOTS} slots, half of them busy, ${TASKS_PER_BATCH} tasks a batch, ${KEYS} models; medians of ${rounds} rounds by turns in one process; ${thisMachine()}`;
  const table = tableLines(
    ['open batches', 'scan ms', 'sort ms', 'assign ms', 'open ms', 'planner / floor'],
    rows.map(({ batches, scanMs, sortMs, assignMs, openMs, ratio }) => [
      String(batches),
      ...[scanMs, sortMs, assignMs, openMs, ratio].map((value) => value.toFixed(2)),
    ]),
  );
  return {
    lines: [
      conditions,
      'floor: one scan of what is left of every batch and one sort by age (they come in order), over the same rows',
      '',
      ...table,
    ],
    json: { bench: 'planner', rounds, conditions, rows },
    svg: svgPlot({
      title: 'Time of the decisions over a backlog',
      subtitle: conditions,
      ...{ xLabel: 'open batches (log)', yLabel: 'microseconds (log)' },
      ...{ xLog: true, yLog: true, joined: true },
      marks: rows.flatMap((row) =>
        LINES.map(({ label, of, strong }) => ({
          ...{ label, strong, x: row.batches, y: 1000 * of(row) },
        })),
      ),
    }),
  };
}

interface Line {
  readonly label: string;
  readonly of: (row: PlannerRow) => number;
  readonly strong: boolean;
}
const LINES: readonly Line[] = [
  { label: 'assign', of: ({ assignMs }) => assignMs, strong: true },
  { label: 'open', of: ({ openMs }) => openMs, strong: true },
  { label: 'floor: scan', of: ({ scanMs }) => scanMs, strong: false },
  { label: 'floor: sort', of: ({ sortMs }) => sortMs, strong: false },
];
