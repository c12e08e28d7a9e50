import type { Command } from 'commander';
import { PRICES } from '../aws/prices.ts';
import { wholeFrom } from '../command-line/values.ts';
import { buildBenchmark } from '../simulate/build.ts';
import type { countedLease } from './counted-lease.ts';
import {
  DURATION_MODEL,
  type OrchestrationCost,
  orchestrationCost,
  pricesUsed,
  verificationUsd,
} from './orchestration.ts';
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
import { type VerificationCost, verificationCosts } from './verification.ts';

/** Tasks of one lease. */
const SIZES = [1, 10, 100, 1000, 10_000];

/** Slot time of a whole lease, seconds: eight slots for three quarters of an hour. */
const LEASE_SLOT_SECONDS = 8 * 2700;
const CLUSTER_GPUS = 8;
const LONGEST_TASK_SECONDS = 21.6;

/** Looks an operator may set for whom a result may be noticed minutes later. */
const PATIENT = {
  ...{ shortestSeconds: 120, longestSeconds: 240, steadySeconds: 240 },
  ...{ unreadSeconds: 240, holdSeconds: 240, longestHoldSeconds: 240 },
};

interface Setting {
  readonly name: string;
  readonly looks: object;
}
const LOOKS: readonly Setting[] = [
  { name: 'default looks', looks: {} },
  { name: 'patient looks', looks: PATIENT },
];

interface OrchestrationRow extends OrchestrationCost {
  readonly looks: string;
}

export function addOrchestration(program: Command, streams: Streams): void {
  program
    .command('orchestration')
    .description('What AWS takes for a million tasks, by how many share a cluster.')
    .option('--most <tasks>', 'largest lease', wholeFrom(1, 10_000), 10_000)
    .option(...plotOption('orchestration'))
    .option(...JSON_OPTION)
    .action(async (options: ReportOptions & { readonly most: number }) => {
      const rows = await orchestrationRows(
        SIZES.filter((tasks) => tasks <= options.most),
        streams,
      );
      deliver(orchestrationReport(rows, await verificationCosts()), options, streams);
    });
}

async function orchestrationRows(
  sizes: readonly number[],
  { err }: Streams,
): Promise<OrchestrationRow[]> {
  const built: { countedLease: typeof countedLease } = await import(
    await buildBenchmark('counted-lease')
  );
  const rows: OrchestrationRow[] = [];
  for (const { name, looks } of LOOKS) {
    for (const tasks of sizes) {
      const lease = await built.countedLease({
        tasks,
        taskSeconds: Math.min(LONGEST_TASK_SECONDS, LEASE_SLOT_SECONDS / tasks),
        settings: {
          looks,
          clusters: { sizes: [CLUSTER_GPUS], maxWorkers: 8, maxBursts: 1, patienceSeconds: 1 },
        },
      });
      if (lease.leases !== 1 || lease.done !== tasks) {
        throw new Error(`${lease.done} of ${tasks} tasks were done, by ${lease.leases} clusters`);
      }
      rows.push({ looks: name, ...orchestrationCost(lease) });
      err(
        `${name}, ${tasks} tasks: ${lease.transitions} transitions, ${lease.hours.toFixed(2)} h\n`,
      );
    }
  }
  return rows;
}

/** Estimates of designs that Burst is not, counted by hand: tasks of one execution each. */
const OTHERS =
  'An execution per task costs about 1,197 with a poll loop of its own (47 transitions) and 161 with a callback (6): arithmetic, not counted.';

function orchestrationReport(
  rows: readonly OrchestrationRow[],
  verification: readonly VerificationCost[],
): Report {
  const usd = (value: number) => value.toFixed(2);
  const table = tableLines(
    [
      'looks',
      'tasks/lease',
      'trans/task',
      'SFN',
      'SQS',
      'Lambda',
      'DynamoDB',
      'control plane',
      'without passes',
      'objects',
      'told',
    ],
    rows.map((row) => [
      ...[row.looks, String(row.tasks), row.transitionsPerTask.toFixed(3)],
      ...[row.stepFunctions, row.sqs, row.lambda, row.dynamoDb, row.controlPlane].map(usd),
      ...[row.withoutPasses, row.objects, row.told].map(usd),
    ]),
  );
  const verified = verification.map((one) => ({
    ...one,
    usdPerMillion: 1e6 * verificationUsd(one.cpuSeconds),
  }));
  const thousand = rows.find(({ tasks }) => tasks === 1000) ?? rows.at(-1);
  const busiest = (thousand?.states ?? []).slice(0, 7).map(([state, times]) => `${state} ${times}`);
  return {
    lines: [
      'US dollars per million tasks, us-east-1, no free tier; one lease, counted from its first message to its settled bill',
      `one cluster of ${CLUSTER_GPUS} GPUs, tasks of ${LONGEST_TASK_SECONDS} s at most, ${LEASE_SLOT_SECONDS} s of slot time at most; patient looks: ${JSON.stringify(PATIENT)}`,
      `Lambda: ${DURATION_MODEL}; memory as deployed`,
      'without passes: without sweep and reap, which run every minute whether there is work or not. told: events and traces.',
      '',
      ...table,
      '',
      ...tableLines(
        ['verification', 'by', 'CPU ms/task', 'US dollars per million'],
        verified.map(({ kind, verifiedBy, cpuSeconds, usdPerMillion }) => [
          ...[kind, verifiedBy, (cpuSeconds * 1000).toFixed(1), usd(usdPerMillion)],
        ]),
      ),
      '',
      `${thousand?.looks}, ${thousand?.tasks} tasks, states most entered: ${busiest.join(', ')}`,
      OTHERS,
      `Prices: ${[...new Set(Object.values(PRICES).map(({ source }) => source))].join(' ')}`,
    ],
    json: {
      bench: 'orchestration',
      conditions: {
        ...{ clusterGpus: CLUSTER_GPUS, longestTaskSeconds: LONGEST_TASK_SECONDS },
        ...{ leaseSlotSeconds: LEASE_SLOT_SECONDS, patientLooks: PATIENT },
      },
      durationModel: DURATION_MODEL,
      prices: pricesUsed(),
      rows,
      verification: verified,
    },
    svg: svgPlot({
      title: 'What AWS takes for a million tasks',
      subtitle: `Step Functions, SQS, Lambda and DynamoDB of one lease of ${CLUSTER_GPUS} GPUs, counted; US dollars, us-east-1, no free tier`,
      ...{ xLabel: 'tasks per lease (log)', yLabel: 'US dollars per million tasks (log)' },
      ...{ xLog: true, yLog: true, joined: true },
      marks: rows.map((row) => ({ label: row.looks, x: row.tasks, y: row.controlPlane })),
    }),
  };
}
