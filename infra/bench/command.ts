import { readFileSync } from 'node:fs';
import { CommanderError, InvalidArgumentError, Option } from 'commander';
import { codeOf } from '../command-line/folders.ts';
import { oneLineCommand } from '../command-line/one-line.ts';
import { numberFrom, pathGiven, wholeFrom } from '../command-line/values.ts';
import { buildBenchmark } from '../simulate/build.ts';
import { BILL_NAMES, BILLS, type BillName } from './bill.ts';
import { addBundles } from './bundles.ts';
import { addGaps } from './gaps-report.ts';
import { generatedTrace } from './generated-trace.ts';
import { addIntake } from './intake.ts';
import { addMakespan } from './makespan-report.ts';
import { measured } from './measures.ts';
import { addOrchestration } from './orchestration-report.ts';
import type { runOurs } from './ours.ts';
import { addPlanner } from './planner.ts';
import { benchPolicies } from './policy-bench.ts';
import { type Conditions, policyJson, policyLines, policyPlot } from './policy-report.ts';
import type { PolicyRun } from './policy-run.ts';
import { writeRecords } from './records.ts';
import {
  deliver,
  JSON_OPTION,
  plotOption,
  type ReportOptions,
  type Streams,
  writableFolder,
} from './report.ts';
import { addStragglers } from './stragglers.ts';
import { parseChurn, parseTrace, TraceFault, type TraceTask } from './trace.ts';

/** Wrong arguments, or a file that is not what it should be. */
const EXIT_REFUSED = 2;

interface PolicyOptions extends ReportOptions {
  readonly trace?: string;
  readonly clusterGpus: number | 'mixed';
  readonly bill: BillName;
  readonly boundWaitSeconds: number;
  readonly seeds: number;
  readonly churn?: string;
  readonly eager?: true;
  readonly records?: string;
}

/**
 * The command behind `npm run bench`.
 *
 * @param args - What follows the command's name.
 * @returns the exit code.
 */
export async function runBenchCommand(args: readonly string[], streams: Streams): Promise<number> {
  const program = oneLineCommand('bench').description(
    'Measures Burst against baselines and bounds.',
  );
  program
    .command('policy')
    .description(
      'Paid hours and waits of one trace: Burst itself, baselines, the clairvoyant bound.',
    )
    .option(
      '--trace <file>',
      'CSV: task,arrival_s,service_s,gpus,kind,model; left out: a generated one',
      pathGiven,
    )
    .option('--cluster-gpus <size>', 'GPUs of every cluster, 1 to 8, or mixed', clusterGpus, 8)
    .addOption(
      new Option('--bill <rule>', 'what the provider bills').choices(BILL_NAMES).default('ionet'),
    )
    .option(
      '--bound-wait-seconds <seconds>',
      'longest wait of the bound, and of nothing else',
      numberFrom(0, 1e9),
      600,
    )
    .option('--seeds <count>', 'seeds of provisioning times, from 1 on', wholeFrom(1, 100), 5)
    .option('--churn <file>', 'CSV: t_s,nodes_up; nodes are lost as it says', pathGiven)
    .option('--eager', 'also Burst set to rent at once, never waiting for company')
    .option('--records <folder>', 'write leases.csv and tasks.csv there', writableFolder)
    .option(...plotOption('policy'))
    .option(...JSON_OPTION)
    .action((options: PolicyOptions) => policy(options, streams));
  addGaps(program, streams);
  addOrchestration(program, streams);
  addPlanner(program, streams);
  addIntake(program, streams);
  addMakespan(program, streams);
  addStragglers(program, streams);
  addBundles(program, streams);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeOut: streams.out, writeErr: streams.err });
  }
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof TraceFault) {
      streams.err(`${error.message}\n`);
      return EXIT_REFUSED;
    }
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : EXIT_REFUSED;
  }
}

async function policy(options: PolicyOptions, streams: Streams): Promise<void> {
  const { trace, churn, bill, records } = options;
  const tasks = trace === undefined ? generatedTrace(1) : parseTrace(textOf(trace), trace);
  checkSizes(tasks, options.clusterGpus, trace ?? 'the generated trace');
  const steps = churn === undefined ? [] : parseChurn(textOf(churn), churn);
  const runs: { seed: number; run: PolicyRun }[] = [];
  const built: { runOurs: typeof runOurs } = await import(await buildBenchmark());
  const report = await benchPolicies({
    tasks,
    clusterGpus: options.clusterGpus,
    bill: BILLS[bill],
    boundWaitSeconds: options.boundWaitSeconds,
    seeds: Array.from({ length: options.seeds }, (_, n) => n + 1),
    churn: steps,
    eager: options.eager === true,
    runOurs: built.runOurs,
    onRun(name, seed, run) {
      const { gpuHours, waitP95Seconds, waitP99Seconds, loadsPerTask } = measured(run, BILLS[bill]);
      const waits = `p95 ${waitP95Seconds.toFixed(0)} s, p99 ${waitP99Seconds.toFixed(0)} s`;
      const rest = `${waits}, ${loadsPerTask.toFixed(3)} loads per task`;
      streams.err(`${name}, seed ${seed}: ${gpuHours.toFixed(1)} GPU-hours, ${rest}\n`);
      if (records !== undefined) runs.push({ seed, run });
    },
  });
  const conditions: Conditions = {
    trace: trace ?? 'generated',
    tasks: tasks.length,
    clusterGpus: options.clusterGpus,
    bill,
    boundWaitSeconds: options.boundWaitSeconds,
    seeds: options.seeds,
    churn: churn ?? 'none',
  };
  if (records !== undefined) writeRecords(records, runs, BILLS[bill]);
  const [lines, json] = [policyLines(report, conditions), policyJson(report, conditions)];
  deliver({ lines, json, svg: policyPlot(report, conditions) }, options, streams);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new TraceFault(`${file}: cannot be read (${codeOf(error)})`);
  }
}

/** A task that fits on no cluster would wait for ever. */
function checkSizes(tasks: readonly TraceTask[], size: number | 'mixed', file: string): void {
  const most = size === 'mixed' ? 1 : size;
  const large = tasks.find(({ gpus }) => gpus > most);
  if (large === undefined) return;
  const mend =
    size === 'mixed' ? 'mixed takes tasks of one GPU; give a size' : 'give a larger --cluster-gpus';
  throw new TraceFault(
    `${file}, task ${large.name}, column gpus: ${large.gpus} GPUs fit on no cluster of ${most}; ${mend}`,
  );
}

function clusterGpus(text: string): number | 'mixed' {
  if (text === 'mixed') return text;
  if (/^[1-8]$/.test(text)) return Number(text);
  throw new InvalidArgumentError('must be a whole number from 1 to 8, or mixed');
}
