import { usdOf } from '../../../shared/model/money.ts';
import { clockTime, count, counted, dollars, duration, paceOf } from './amounts.ts';
import { bar } from './bar.ts';
import {
  cutLine,
  EMPTY_LINE,
  type Line,
  lineWidth,
  type Span,
  type Style,
  span,
  wrap,
} from './line.ts';
import type { ClusterLine, Snapshot } from './snapshot.ts';
import { type Column, tableWithin } from './table.ts';

/** The block must stay lower than a terminal of 24 rows: what has scrolled away cannot be redrawn. */
const MOST_CLUSTERS = 6;
const MOST_CAUSES = 3;

const WIDEST_BAR = 30;
const NARROWEST_BAR = 8;

/** The rows that are redrawn in place, each at most `width` cells wide. */
export function liveBlock(snapshot: Snapshot, speed: number, width: number): Line[] {
  const clusters = clusterRows(snapshot.clusters, width);
  const waiting = waitingRows(snapshot.waiting, width);
  return [
    EMPTY_LINE,
    timeRow(snapshot.elapsedSeconds, speed),
    taskRow(snapshot.tasks, width),
    moneyRow(snapshot.money),
    ...(clusters.length > 0 ? [EMPTY_LINE, ...clusters] : []),
    ...(waiting.length > 0 ? [EMPTY_LINE, ...waiting] : []),
  ].map((line) => cutLine(line, width));
}

/** `provisioning`, `tearing down`: the lease's phase as people say it. */
export const phaseInWords = (phase: string): string => phase.replaceAll('-', ' ');

const timeRow = (elapsedSeconds: number, speed: number): Line => [
  span('time   ', 'dim'),
  span(clockTime(elapsedSeconds), 'bold'),
  span(` on a clock at ${paceOf(speed)}`, 'dim'),
];

function taskRow(tasks: Snapshot['tasks'], width: number): Line {
  const words: Span[] = [span(`${count(tasks.done)} of ${count(tasks.accepted)} done`)];
  const add = (n: number, what: string, style?: Style) => {
    if (n > 0) words.push(span(' · ', 'dim'), span(`${count(n)} ${what}`, style));
  };
  add(tasks.failed, 'failed', 'red');
  add(tasks.cancelled, 'cancelled');
  add(tasks.rejected, 'rejected', 'yellow');
  if (tasks.sent > tasks.accepted + tasks.rejected) add(tasks.sent, 'sent', 'dim');

  const label = span('tasks  ', 'dim');
  const room = width - lineWidth([label, ...words]) - 2;
  if (room < NARROWEST_BAR) return [label, ...words];
  const open = tasks.accepted - tasks.done - tasks.failed - tasks.cancelled;
  const progress = bar(
    [
      { amount: tasks.done, cell: '━', style: 'green' },
      { amount: tasks.failed, cell: '×', style: 'red' },
      { amount: tasks.cancelled, cell: '×', style: 'dim' },
      { amount: Math.max(0, open), cell: '─', style: 'dim' },
    ],
    Math.min(room, WIDEST_BAR),
  );
  return [label, ...progress, span('  '), ...words];
}

function moneyRow({ heldMicroUsd, billedMicroUsd, capMicroUsd }: Snapshot['money']): Line {
  return [
    span('money  ', 'dim'),
    span(`${dollars(usdOf(heldMicroUsd))} held`),
    span(' · ', 'dim'),
    span(`${dollars(usdOf(billedMicroUsd))} billed`),
    span(' · ', 'dim'),
    span(`${dollars(usdOf(capMicroUsd))} cap`, 'dim'),
  ];
}

const PHASE_STYLE: Readonly<Record<string, Style>> = {
  creating: 'cyan',
  provisioning: 'cyan',
  ready: 'green',
  closing: 'yellow',
  'tearing-down': 'yellow',
  'teardown-owed': 'red',
};

const CLUSTER_COLUMNS: readonly Column<ClusterLine>[] = [
  { title: 'cluster', cell: ({ name }) => name },
  {
    title: 'phase',
    cell: ({ phase }) => phaseInWords(phase),
    style: ({ phase }) => PHASE_STYLE[phase] ?? 'dim',
  },
  {
    title: 'workers',
    cell: ({ workers, workersLost }) =>
      workersLost > 0 ? `${workers} (${workersLost} lost)` : `${workers}`,
    style: ({ workersLost }) => (workersLost > 0 ? 'yellow' : undefined),
    dropOrder: 4,
  },
  { title: 'done', align: 'right', cell: ({ tasksDone }) => count(tasksDone) },
  {
    title: 'paid left',
    align: 'right',
    cell: ({ phase, paidSecondsLeft }) =>
      phase === 'settled' || paidSecondsLeft === undefined ? '' : duration(paidSecondsLeft),
    dropOrder: 3,
  },
  { title: 'GPU', cell: ({ gpuModel }) => gpuModel ?? '', style: () => 'dim', dropOrder: 2 },
  { title: 'location', cell: ({ location }) => location ?? '', style: () => 'dim', dropOrder: 1 },
];

/** A row each, in the order given; where there are too many, the settled ones go first. */
function clusterRows(clusters: readonly ClusterLine[], width: number): Line[] {
  if (clusters.length === 0) return [];
  const live = clusters.filter(({ phase }) => phase !== 'settled');
  const settled = clusters.filter(({ phase }) => phase === 'settled');
  const roomForSettled = Math.max(0, MOST_CLUSTERS - live.length);
  const latestSettled = roomForSettled === 0 ? [] : settled.slice(-roomForSettled);
  const shown = new Set([...live.slice(0, MOST_CLUSTERS), ...latestSettled]);
  const rows = tableWithin(
    CLUSTER_COLUMNS,
    clusters.filter((cluster) => shown.has(cluster)),
    width,
  );
  const left = clusters.length - shown.size;
  return left === 0 ? rows : [...rows, [span(`and ${counted(left, 'more cluster')}`, 'dim')]];
}

function waitingRows(causes: Snapshot['waiting'], width: number): Line[] {
  const rows = causes.slice(0, MOST_CAUSES).flatMap((cause) => causeRows(cause, width));
  const left = causes.length - MOST_CAUSES;
  return left < 1 ? rows : [...rows, [span(`and ${counted(left, 'more cause')}`, 'dim')]];
}

/** Two rows at most: the rest of a long sentence is cut. */
function causeRows({ sentence, tasks }: Snapshot['waiting'][number], width: number): Line[] {
  const [first = '', ...rest] = wrap(`${counted(tasks, 'task')} waiting: ${sentence}`, width);
  if (rest.length === 0) return [[span(first)]];
  return [[span(first)], [span(`  ${rest.join(' ')}`)]];
}
