import { clockTime, counted, dollars, duration } from './amounts.ts';
import { bar } from './bar.ts';
import { type Line, type Style, span, wrap } from './line.ts';
import type { Report } from './snapshot.ts';

type Cluster = Report['clusters'][number];

const WIDEST_BAR = 60;
const INDENT = 2;

/** One cluster from its create to its end: what it was, how its life was spent, what happened when. */
export function clusterHistory(cluster: Cluster, width: number): Line[] {
  const machine = [counted(cluster.gpus, 'GPU'), cluster.gpuModel, cluster.location];
  const name = `${cluster.name}: ${machine.filter((word) => word !== '').join(', ')}`;
  return [
    ...wrap(name, width, INDENT).map((line): Line => [span(line)]),
    ...lifeBar(cluster, width),
    ...indented(lifeInWords(cluster), width),
    ...(cluster.confirmedGone ? [] : indented('not confirmed gone', width, 'red')),
    ...cluster.timeline.flatMap((event) => eventLines(event, width)),
  ];
}

/** The whole bar is the cluster's own life: thin while its machines were prepared, thick after. */
function lifeBar({ readyAfterSeconds, aliveSeconds }: Cluster, width: number): Line[] {
  const cells = Math.min(WIDEST_BAR, width - INDENT);
  if (aliveSeconds <= 0 || cells < 1) return [];
  const wasReady = readyAfterSeconds > 0;
  const preparing = wasReady ? Math.min(readyAfterSeconds, aliveSeconds) : aliveSeconds;
  const life = bar(
    [
      { amount: preparing, cell: '┄', style: 'cyan' },
      { amount: aliveSeconds - preparing, cell: '━', style: 'green' },
    ],
    cells,
  );
  return [[span(' '.repeat(INDENT)), ...life]];
}

function lifeInWords({ readyAfterSeconds, aliveSeconds, billedUsd }: Cluster): string {
  return [
    readyAfterSeconds > 0 ? `ready after ${duration(readyAfterSeconds)}` : 'never ready',
    `alive ${duration(aliveSeconds)}`,
    `${dollars(billedUsd)} billed`,
  ].join(', ');
}

function eventLines({ atSeconds, what }: Cluster['timeline'][number], width: number): Line[] {
  const time = clockTime(atSeconds);
  return wrap(`${time} ${what}`, width - INDENT, time.length + 1).map((line) => [
    span(' '.repeat(INDENT)),
    span(line.slice(0, time.length), 'dim'),
    span(line.slice(time.length)),
  ]);
}

const indented = (text: string, width: number, style?: Style): Line[] =>
  wrap(text, width - INDENT).map((line) => [span(' '.repeat(INDENT) + line, style)]);
