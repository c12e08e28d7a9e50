import type { Command } from 'commander';
import { Settings } from '../../shared/model/settings.ts';
import { wholeFrom } from '../command-line/values.ts';
import { buildBenchmark } from '../simulate/build.ts';
import { svgBars } from './bars.ts';
import { UNCAPPED } from './bench-settings.ts';
import { overSeeds } from './measures.ts';
import {
  deliver,
  JSON_OPTION,
  plotOption,
  type Report,
  type ReportOptions,
  type Streams,
} from './report.ts';
import type { SlowBurst, slowBurst } from './slow-burst.ts';
import { tableLines } from './table.ts';

const WORKERS = 20;
const TASK_SECONDS = 240;
const SIGMA = 0.1;
const SLOW_TIMES = 8;
/** Tasks a worker has to do, by which the rows differ. */
const TASKS_PER_WORKER = [1, 5];
/** What Burst comes with (`batches.duplicateShare`). */
const DUPLICATE_SHARE = Settings.parse(UNCAPPED).batches.duplicateShare;

const CONDITIONS = `${WORKERS} workers, one of them ${SLOW_TIMES} times slower; tasks of ${TASK_SECONDS} s at the median, sigma ${SIGMA}, one a batch; second attempts within ${DUPLICATE_SHARE * 100} % of the slot time, against none`;

interface StragglerRow {
  readonly tasksPerWorker: number;
  readonly seeds: readonly { readonly without: SlowBurst; readonly again: SlowBurst }[];
}

export function addStragglers(program: Command, streams: Streams): void {
  program
    .command('stragglers')
    .description(
      'How long the last tasks take beside a slow worker, with second attempts and without.',
    )
    .option('--seeds <count>', 'which worker is slow, and how long tasks are', wholeFrom(1, 100), 5)
    .option(...plotOption('stragglers'))
    .option(...JSON_OPTION)
    .action(async ({ seeds, ...options }: ReportOptions & { readonly seeds: number }) => {
      const built: { slowBurst: typeof slowBurst } = await import(
        await buildBenchmark('slow-burst')
      );
      deliver(
        stragglersReport(await stragglerRows(built.slowBurst, seeds), seeds),
        options,
        streams,
      );
    });
}

async function stragglerRows(run: typeof slowBurst, seeds: number): Promise<StragglerRow[]> {
  const rows: StragglerRow[] = [];
  for (const tasksPerWorker of TASKS_PER_WORKER) {
    const measured: StragglerRow['seeds'][number][] = [];
    for (let seed = 1; seed <= seeds; seed += 1) {
      const burst = {
        ...{ seed, workers: WORKERS, tasksPerWorker, taskSeconds: TASK_SECONDS },
        ...{ sigma: SIGMA, slowTimes: SLOW_TIMES },
      };
      const without = await run({ ...burst, duplicateShare: 0 });
      measured.push({ without, again: await run({ ...burst, duplicateShare: DUPLICATE_SHARE }) });
    }
    rows.push({ tasksPerWorker, seeds: measured });
  }
  return rows;
}

function stragglersReport(rows: readonly StragglerRow[], seeds: number): Report {
  const shown = rows.map(({ tasksPerWorker, seeds: measured }) => ({
    tasksPerWorker,
    p99: overSeeds(measured.map(({ without, again }) => again.p99Seconds / without.p99Seconds)),
    least: overSeeds(measured.map(({ without }) => without.leastSeconds / without.p99Seconds)),
    slotSeconds: overSeeds(
      measured.map(({ without, again }) => again.slotSeconds / without.slotSeconds),
    ),
  }));
  const conditions = `${CONDITIONS}; seeds 1 to ${seeds}`;
  return {
    lines: [
      conditions,
      '',
      ...tableLines(
        [
          ...['tasks a worker', 'p99 / without, median', 'worst', 'without the slow one, median'],
          ...['slot time / without, median', 'worst'],
        ],
        shown.map(({ tasksPerWorker, p99, least, slotSeconds }) => [
          ...[String(tasksPerWorker), p99.median.toFixed(3), p99.worst.toFixed(3)],
          least.median.toFixed(3),
          ...[slotSeconds.median.toFixed(3), slotSeconds.worst.toFixed(3)],
        ]),
      ),
    ],
    json: { bench: 'stragglers', conditions, rows: shown, runs: rows },
    svg: svgBars({
      title: 'Beside a slow worker: with second attempts, over without',
      subtitle: conditions,
      xLabel: 'with / without (no unit)',
      series: ['p99, median', 'p99, worst', 'slot time, median', 'slot time, worst'],
      groups: shown.map(({ tasksPerWorker, p99, slotSeconds }) => ({
        label: `${tasksPerWorker} a worker`,
        values: [p99.median, p99.worst, slotSeconds.median, slotSeconds.worst],
      })),
      xLine: { at: 1, label: 'as without' },
      digits: 3,
    }),
  };
}
