import type { Strike, Where } from './disturbance.ts';
import type { Fault } from './faults.ts';

/**
 * Rows of the catalogue of failure modes that a strike exercises, by fault and by where it struck. The numbers
 * are the catalogue's; rows about what does not exist here (chains, callbacks, secrets, regions) have none.
 */

const BY_FAULT: Readonly<Partial<Record<Fault, readonly number[]>>> = {
  'queue.answer lost': [1],
  'queue.partly taken': [2],
  'queue.throttled': [9],
  'queue.delivered twice at once': [7],
  'queue.delivered again after its delete': [4],
  'queue.delete lost': [4],
  'queue.outage': [9],
  'ledger.throttled': [9],
  'ledger.outage': [9],
  'provider.price rises': [13],
  'provider.nothing free': [15],
  'provider.create answer lost': [17],
  'provider.refuses the create': [21],
  'provider.no capacity after all': [21],
  'provider.creates twice': [17],
  'provider.never starts': [25],
  'provider.fails to start': [25],
  'provider.starts late': [25],
  'provider.other hardware': [24],
  'worker.other hardware': [24],
  'worker.ready but dead': [26],
  'provider.hides it for a while': [27],
  'provider.list lags': [17],
  'provider.shows the dead': [45],
  'provider.vanishes': [34],
  'provider.vanish': [34],
  'provider.ends early': [34],
  'provider.console delete': [66],
  'provider.ignores deletes': [45],
  'provider.never dies': [45],
  'provider.ends slowly': [45],
  'provider.outage': [48],
  'worker.dies': [32],
  'worker.killed by its task': [32],
  'worker.freezes': [33],
  'worker.forgets': [30],
  'worker.refuses jobs': [30],
  'worker.slow': [35],
  'worker.comes and goes': [33],
  'worker.boasts': [40],
  'worker.forges': [41],
  'worker.overwrites': [41],
  'worker.blames the task': [41],
  'worker.corrupts checkpoints': [36],
  'worker.repeats checkpoints': [37],
  'worker.poisons checkpoints': [38],
  'worker.bloats checkpoints': [39],
  'worker.unreachable': [32],
  'platform.abort': [46],
  'platform.deploy': [60],
  'platform.tick missed': [48],
  'platform.execution stalls': [33],
  'provider.key expires': [59],
  'platform.start refused': [11],
  'platform.start answer lost': [12],
  'lambda.outage': [62],
};

const isDeath = (fault: Fault) => fault.startsWith('lambda.dies');
const isRepeat = (fault: Fault) =>
  ['lambda.runs on as a zombie', 'lambda.runs twice', 'lambda.answer lost'].includes(fault);

const BY_PLACE: readonly {
  readonly row: number;
  readonly holds: (fault: Fault, where: Where) => boolean;
}[] = [
  { row: 4, holds: (fault, { who }) => who === 'intake' && isDeath(fault) },
  { row: 5, holds: (fault, { who }) => who === 'intake' && fault === 'lambda.refused' },
  { row: 7, holds: (fault, { who }) => who === 'intake' && isRepeat(fault) },
  { row: 10, holds: (fault, { state }) => state === 'Run jobs' && isRepeat(fault) },
  { row: 11, holds: (fault, { who }) => who === 'sweep' && isDeath(fault) },
  { row: 16, holds: (fault, { state }) => state === 'Provision cluster' && isDeath(fault) },
  { row: 18, holds: (fault, { state }) => state === 'Provision cluster' && isRepeat(fault) },
  { row: 19, holds: (fault, { state }) => state === 'Plan burst' && isRepeat(fault) },
  {
    row: 22,
    holds: (fault, { call }) =>
      call === 'clusters.create' && ['provider.throttled', 'provider.failing'].includes(fault),
  },
  {
    row: 23,
    holds: (fault, { call }) => call === 'clusters.create' && fault === 'provider.answer lost',
  },
  { row: 30, holds: (fault, { state }) => state === 'Run jobs' && isDeath(fault) },
  { row: 31, holds: (_, { call, who }) => who === 'run' && call === 'jobs.submit' },
  { row: 32, holds: (_, { call }) => call === 'jobs.get' },
  { row: 42, holds: (fault, { who }) => who === 'collect' && isDeath(fault) },
  { row: 44, holds: (_, { call }) => call === 'clusters.destroy' },
  { row: 47, holds: (fault, { who }) => who === 'reap' && isRepeat(fault) },
  { row: 53, holds: (fault, { who }) => who === 'plan' && isRepeat(fault) },
];

/** Rows the simulator can exercise. */
export const SIMULATED_ROWS: readonly number[] = [
  ...new Set([
    ...Object.values(BY_FAULT).flatMap((rows) => rows ?? []),
    ...BY_PLACE.map(({ row }) => row),
  ]),
].sort((a, b) => a - b);

export const rowsOf = ({ fault, where }: Strike): readonly number[] => [
  ...(BY_FAULT[fault] ?? []),
  ...BY_PLACE.filter(({ holds }) => holds(fault, where)).map(({ row }) => row),
];
