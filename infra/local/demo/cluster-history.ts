import { clockTime, counted, dollars, duration } from './amounts.ts';
import { bar } from './bar.ts';
import { EMPTY_LINE, type Line, span, wrap } from './line.ts';
import type { Report } from './snapshot.ts';

type Cluster = Report['clusters'][number];

const WIDEST_BAR = 60;

/** One cluster from its create to its end: what it was, how its life was spent, what happened when. */
export function clusterHistory(cluster: Cluster, width: number): Line[] {
  const machine = `${counted(cluster.gpus, 'GPU')} ${cluster.gpuModel}, ${cluster.location}`;
  return [
    ...wrap(`${cluster.name}  ${machine}`, width, 2).map((line): Line => [span(line)]),
    ...lifeBar(cluster, width),
    ...wrap(`  ${lifeInWords(cluster)}`, width, 2),
    EMPTY_LINE,
  ];
}
