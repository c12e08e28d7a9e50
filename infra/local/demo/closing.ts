import { createColors } from 'picocolors';
import { COST_LINES, type CostLine } from '../../../shared/cost/lease-cost.ts';
import { count, counted, dollars, duration, paceOf } from './amounts.ts';
import { clusterHistory } from './cluster-history.ts';
import { EMPTY_LINE, type Line, paint, type Style, span, wrap } from './line.ts';
import type { Report } from './snapshot.ts';
import { type Column, labelled, tableOrLists } from './table.ts';

export interface ClosingOptions {
  readonly color: boolean;
  /** Cells in a row of the terminal. */
  readonly columns: number;
}

/**
 * All that a person should know when the main job has ended, as text that ends with a line break. No
 * line is wider than `columns`, except where one word is (a path).
 */
export function closingText(report: Report, { color, columns }: ClosingOptions): string {
  const width = Math.max(1, columns);
  const sections: readonly [title: string, lines: readonly Line[]][] = [
    ['Tasks', [...sentences(outcome(report), width), ...kindLines(report, width)]],
    ['Clusters', clusterLines(report, width)],
    ['Went wrong and was survived', sentences(survived(report), width)],
    ['Money', [...sentences(money(report), width), ...spendingLines(report, width)]],
    ['Executions', executionLines(report, width)],
    ['API calls', apiCallLines(report, width)],
    ['Where everything lies', placeLines(report, width)],
  ];
  const lines = sections
    .filter(([, body]) => body.length > 0)
    .flatMap(([title, body]) => [EMPTY_LINE, ...sentences([title], width, 'bold'), ...body]);
  const all = [...lines, EMPTY_LINE, ...sentences(whatThisWas(report), width)];
  const colors = createColors(color);
  return all.map((line) => `${paint(line, colors)}\n`).join('');
}

const sentences = (texts: readonly string[], width: number, style?: Style): Line[] =>
  texts.flatMap((text) => wrap(text, width, 2).map((line) => [span(line, style)]));

function outcome({ tasks, wallSeconds }: Report): string[] {
  const ends = [
    `${count(tasks.done)} done`,
    `${count(tasks.failed)} failed`,
    `${count(tasks.cancelled)} cancelled`,
  ].join(', ');
  return [
    `${count(tasks.accepted)} accepted: ${ends}. ${count(tasks.rejected)} rejected at intake. ` +
      `It took ${duration(wallSeconds)} of real time.`,
  ];
}

const clusterLines = ({ clusters }: Report, width: number): Line[] =>
  clusters.flatMap((cluster, n) => [
    ...(n === 0 ? [] : [EMPTY_LINE]),
    ...clusterHistory(cluster, width),
  ]);

type Kind = Report['byKind'][string] & { readonly kind: string };

const KIND_COLUMNS: readonly Column<Kind>[] = [
  { title: 'kind', cell: ({ kind }) => kind },
  { title: 'tasks', align: 'right', cell: ({ tasks }) => count(tasks) },
  { title: 'attempts', align: 'right', cell: ({ attempts }) => count(attempts) },
  {
    title: 'verified by',
    cell: ({ verifiedBy }) => {
      const ways = Object.entries(verifiedBy).map(([way, tasks]) => `${way} ${count(tasks)}`);
      return ways.length === 0 ? 'none' : ways;
    },
  },
  { title: 'slot-seconds', align: 'right', cell: ({ slotSeconds }) => count(slotSeconds) },
  { title: 'quoted', align: 'right', cell: ({ quotedUsd }) => dollars(quotedUsd) },
  { title: 'billed', align: 'right', cell: ({ billedUsd }) => dollars(billedUsd) },
];

function kindLines({ byKind }: Report, width: number): Line[] {
  const kinds = Object.entries(byKind).map(([kind, totals]) => ({ kind, ...totals }));
  if (kinds.length === 0) return [];
  return [EMPTY_LINE, ...tableOrLists(KIND_COLUMNS, kinds, width)];
}

/** Real seconds, to a tenth. */
const seconds = (value: number): string => `${value.toFixed(1)} s`;

function survived(report: Report): string[] {
  const { reports, results } = report.staleWrites;
  const told = [
    { times: report.workersLost, what: counted(report.workersLost, 'worker lost', 'workers lost') },
    ...report.resumed.map(({ taskId, stage, savedSeconds }) => ({
      times: 1,
      what:
        `${taskId} went on from checkpoint "${stage}": ${seconds(savedSeconds / report.speed)} of ` +
        `work saved (${duration(savedSeconds)} by the local clock)`,
    })),
    { times: reports, what: `${counted(reports, 'late report')} of an old attempt refused` },
    { times: results, what: `${counted(results, 'late result')} of a finished task refused` },
  ].filter(({ times }) => times > 0);
  return told.length === 0 ? ['Nothing.'] : told.map(({ what }) => what);
}

function money(report: Report): string[] {
  const { quotedUsd, billedUsd, clusters } = report;
  const total = `${dollars(billedUsd)} billed, ${dollars(quotedUsd)} quoted`;
  return [`${total}, for ${counted(clusters.length, 'cluster')}.`, ...besideEstimate(report)];
}

/** What was estimated beside what it came to, and why the two may not be held against each other. */
function besideEstimate({ estimate, billedUsd, finishSeconds }: Report): string[] {
  if (estimate === null) return [];
  const { costUsd, finishSeconds: finish, world, sameTasks } = estimate;
  const cost = `${dollars(costUsd.p50)} (p95 ${dollars(costUsd.p95)})`;
  const end = `${duration(finish.p50)} (p95 ${duration(finish.p95)})`;
  const actual = `${dollars(billedUsd)} and ${duration(finishSeconds)} of the local clock`;
  const but = [
    ...(sameTasks ? [] : [' It was made for other tasks.']),
    ...(world === 'local' ? [] : [' It was made for a deployment; --world local is for this run.']),
  ];
  return [`Estimated ${cost} and ${end}; actual ${actual}.${but.join('')}`];
}

interface Spending {
  readonly line: CostLine;
  readonly usd: number;
  readonly share: number;
}

const SPENDING_COLUMNS: readonly Column<Spending>[] = [
  { title: 'spent on', cell: ({ line }) => SPENT_ON[line] },
  { title: 'billed', align: 'right', cell: ({ usd }) => dollars(usd) },
  { title: 'share', align: 'right', cell: ({ share }) => `${(100 * share).toFixed(1)} %` },
];

const SPENT_ON: Readonly<Record<CostLine, string>> = {
  work: 'work',
  redundancy: 'results compared with each other',
  provisioning: 'waiting for workers',
  idle: 'idle slots',
  'failed-attempts': 'attempts without a result',
  duplicates: 'results that came too late',
  hedges: 'second attempts at slow jobs',
  cancelled: 'cancelled tasks',
  surplus: 'surplus clusters',
};

function spendingLines({ spentOnUsd, billedUsd }: Report, width: number): Line[] {
  const rows = COST_LINES.flatMap((line): Spending[] => {
    const usd = spentOnUsd[line];
    return usd === undefined ? [] : [{ line, usd, share: usd / billedUsd }];
  });
  return rows.length === 0 ? [] : [EMPTY_LINE, ...tableOrLists(SPENDING_COLUMNS, rows, width)];
}

type Execution = Report['executions'][number];

const EXECUTION_COLUMNS: readonly Column<Execution>[] = [
  { title: 'execution', cell: ({ name }) => name },
  {
    title: 'status',
    cell: ({ status }) => status,
    style: ({ status }) => (status === 'SUCCEEDED' ? 'green' : 'red'),
  },
  { title: 'transitions', align: 'right', cell: ({ transitions }) => count(transitions) },
  { title: 'history events', align: 'right', cell: ({ historyEvents }) => count(historyEvents) },
];

const executionLines = ({ executions }: Report, width: number): Line[] =>
  executions.length === 0 ? [] : tableOrLists(EXECUTION_COLUMNS, executions, width);

interface Service {
  readonly service: string;
  readonly calls: number;
  /** Its operations, the most called first. */
  readonly operations: readonly (readonly [operation: string, calls: number])[];
}

/** Operations named for each service; the rest is in the sum. */
const OPERATIONS_SHOWN = 2;

const SERVICE_COLUMNS: readonly Column<Service>[] = [
  { title: 'service', cell: ({ service }) => service },
  { title: 'calls', align: 'right', cell: ({ calls }) => count(calls) },
  {
    title: 'most of them',
    cell: ({ operations }) =>
      operations
        .slice(0, OPERATIONS_SHOWN)
        .map(([operation, calls]) => `${operation} ${count(calls)}`)
        .join(', '),
    style: () => 'dim',
  },
];

function apiCallLines({ apiCalls }: Report, width: number): Line[] {
  const services = Object.entries(apiCalls).map(([service, byOperation]): Service => {
    const operations = Object.entries(byOperation).toSorted(([, a], [, b]) => b - a);
    return { service, calls: operations.reduce((sum, [, calls]) => sum + calls, 0), operations };
  });
  if (services.length === 0) return [];
  return tableOrLists(
    SERVICE_COLUMNS,
    services.toSorted((a, b) => b.calls - a.calls),
    width,
  );
}

const placeLines = ({ outDir, contactSheet, provenanceSha256 }: Report, width: number): Line[] => [
  ...labelled('everything', outDir, width),
  ...labelled('contact sheet', contactSheet ?? 'none', width),
  ...labelled('provenance', provenanceSha256 ?? 'none, the collection is not complete', width),
];

/** What was real and what was not. */
const whatThisWas = ({ speed }: Report): string[] => [
  `Local mode: a simulated io.net and a clock at ${paceOf(speed)}. No GPU was used, no money was spent.`,
];
