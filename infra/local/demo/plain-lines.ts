import { usdOf } from '../../../shared/model/money.ts';
import { clockTime, count, counted, dollars } from './amounts.ts';
import { printable } from './line.ts';
import { phaseInWords } from './live-block.ts';
import type { ClusterLine, Snapshot } from './snapshot.ts';

/** What a reader of plain lines has been told so far. */
interface Told {
  /** Last line of each cluster, by name. */
  readonly clusters: ReadonlyMap<string, string>;
  /** Tasks that had come to an end, rejected ones included. */
  readonly ended: number;
  /** Causes of waiting, numbers aside. */
  readonly causes: ReadonlySet<string>;
}

export const NOTHING_TOLD: Told = { clusters: new Map(), ended: 0, causes: new Set() };

/** Progress is told in this many steps, so that a thousand tasks do not make a thousand lines. */
const STEPS = 10;

/**
 * What changed since `told`, as dated plain lines: news, phases and losses of clusters, causes of
 * waiting not named before, and the tasks whenever another tenth of them, or the last, has ended.
 */
export function plainLines(snapshot: Snapshot, told: Told): { lines: string[]; told: Told } {
  const lines = [...snapshot.news];

  const clusters = new Map(told.clusters);
  for (const cluster of snapshot.clusters) {
    const line = clusterInWords(cluster);
    if (clusters.get(cluster.name) === line) continue;
    clusters.set(cluster.name, line);
    lines.push(line);
  }

  const causes = new Set(told.causes);
  for (const { sentence, tasks } of snapshot.waiting) {
    const cause = sentence.replace(/\d+/g, '#');
    if (causes.has(cause)) continue;
    causes.add(cause);
    lines.push(`${counted(tasks, 'task')} waiting: ${sentence}`);
  }

  const { accepted, done, failed, cancelled, rejected } = snapshot.tasks;
  const ended = done + failed + cancelled + rejected;
  const isStep = ended - told.ended >= Math.max(1, Math.ceil((accepted + rejected) / STEPS));
  const isLast = ended > told.ended && ended === accepted + rejected;
  if (isStep || isLast) lines.push(progressInWords(snapshot));

  return {
    lines: lines.map((line) => `${clockTime(snapshot.elapsedSeconds)}  ${printable(line)}`),
    told: { clusters, ended: isStep || isLast ? ended : told.ended, causes },
  };
}

/** What makes a cluster worth a line: a change of these words. Tasks done are told with the progress. */
function clusterInWords(cluster: ClusterLine): string {
  const isRunning = cluster.phase === 'ready' || cluster.workersLost > 0;
  const facts = [
    ...[cluster.gpuModel, cluster.location].filter((word) => word !== undefined),
    ...(isRunning ? [counted(cluster.workers, 'worker')] : []),
    ...(cluster.workersLost > 0 ? [`${count(cluster.workersLost)} lost`] : []),
  ];
  const words = `${cluster.name}: ${phaseInWords(cluster.phase)}`;
  return facts.length === 0 ? words : `${words} (${facts.join(', ')})`;
}

function progressInWords({ tasks, money }: Snapshot): string {
  return [
    `${count(tasks.done)} of ${counted(tasks.accepted, 'task')} done`,
    ...(tasks.failed > 0 ? [`${count(tasks.failed)} failed`] : []),
    ...(tasks.cancelled > 0 ? [`${count(tasks.cancelled)} cancelled`] : []),
    ...(tasks.rejected > 0 ? [`${count(tasks.rejected)} rejected`] : []),
    `${dollars(usdOf(money.heldMicroUsd))} held`,
    `${dollars(usdOf(money.billedMicroUsd))} billed`,
  ].join(', ');
}
