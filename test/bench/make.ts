import type { TraceTask } from '../../infra/bench/trace.ts';

/** Tasks of one GPU from pairs of arrival and service time, seconds. */
export const tasksOf = (...pairs: readonly (readonly [number, number])[]): TraceTask[] =>
  pairs.map(([arrivalSeconds, serviceSeconds], index) => ({
    ...{ name: `t${index}`, arrivalSeconds, serviceSeconds, gpus: 1, kind: 'k', model: '' },
  }));
