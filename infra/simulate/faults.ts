/**
 * Everything that can go wrong, as data. A rate is the probability for one chance to go wrong: one invocation
 * of a function, one call of a port, one message, one cluster, one worker, one task on a worker.
 */

const FAMILIES = [
  'lambda',
  'queue',
  'ledger',
  'artifacts',
  'provider',
  'worker',
  'platform',
] as const;
export type Family = (typeof FAMILIES)[number];

/** Fates of one invocation. */
export const INVOCATION_FAULTS = {
  'lambda.throttled': 0.001,
  'lambda.refused': 0.001,
  'lambda.dies before a call': 0.0025,
  'lambda.dies after a call': 0.0025,
  'lambda.runs on as a zombie': 0.0025,
  'lambda.answer lost': 0.0015,
  'lambda.runs twice': 0.0025,
  'lambda.stalls': 0.002,
} as const;

/**
 * Fates of an invocation at one of the first writes of its shape in a run: most writes are looks, and whoever
 * dies at any time dies at a look.
 */
export const RARE_WRITE_FAULTS = {
  'lambda.dies before a call': 0.005,
  'lambda.dies after a call': 0.01,
  'lambda.runs on as a zombie': 0.005,
  'lambda.stalls': 0.005,
} as const;

/** One more fate of an invocation that an execution asks for, where the schedule says so. */
export const SILENCE_FAULTS = { 'platform.execution cut off': 0.015 } as const;

/** Fates of one call, by port. */
export const CALL_FAULTS = {
  ledger: { 'ledger.throttled': 0.0008, 'ledger.answer lost': 0.0012, 'ledger.late': 0.0008 },
  artifacts: {
    'artifacts.throttled': 0.002,
    'artifacts.answer lost': 0.002,
    'artifacts.late': 0.001,
  },
  bursts: { 'platform.start refused': 0.01, 'platform.start answer lost': 0.02 },
  clusters: {
    'provider.throttled': 0.005,
    'provider.failing': 0.005,
    'provider.late': 0.005,
    'provider.answer lost': 0.01,
  },
  jobs: { 'worker.not asked': 0.005, 'worker.silent': 0.005, 'worker.answer lost': 0.005 },
  queue: { 'queue.throttled': 0.03, 'queue.answer lost': 0.03 },
} as const;

export const PROVIDER_CALL_FAULTS = [
  ...(['provider.throttled', 'provider.failing'] as const),
  ...(['provider.late', 'provider.answer lost'] as const),
] satisfies (keyof typeof CALL_FAULTS.clusters)[];

/** Some of the messages of one call. */
export const SEND_FAULTS = { 'queue.partly taken': 0.05 } as const;

/** More fates of the paid call. */
export const CREATE_FAULTS = {
  'provider.no capacity after all': 0.03,
  'provider.refuses the create': 0.005,
  'provider.create answer lost': 0.06,
} as const;

/** Fates of one order the provider has taken. */
export const ORDER_FAULTS = { 'provider.creates twice': 0.005 } as const;

/** Fates of one batch of messages on its way to intake. */
export const DELIVERY_FAULTS = {
  'queue.delivered twice at once': 0.04,
  'queue.delivered again after its delete': 0.04,
  'queue.delete lost': 0.04,
} as const;

/** Fates of one cluster, from its order on. */
export const CLUSTER_FAULTS = {
  'provider.never starts': 0.01,
  'provider.fails to start': 0.02,
  'provider.starts late': 0.04,
  'provider.ends early': 0.02,
  'provider.vanishes': 0.02,
  'provider.other hardware': 0.01,
  'provider.list lags': 0.08,
  'provider.shows the dead': 0.04,
  'provider.hides it for a while': 0.03,
  'provider.ends slowly': 0.04,
  'provider.ignores deletes': 0.03,
  'provider.never dies': 0.005,
} as const;

/** Fates of one worker. */
export const WORKER_FAULTS = {
  'worker.ready but dead': 0.02,
  'worker.other hardware': 0.005,
  'worker.refuses jobs': 0.01,
  'worker.boasts': 0.01,
  'worker.forges': 0.02,
  'worker.overwrites': 0.02,
  'worker.slow': 0.03,
  'worker.comes and goes': 0.01,
  'worker.blames the task': 0.002,
  'worker.corrupts checkpoints': 0.03,
  'worker.repeats checkpoints': 0.02,
  'worker.poisons checkpoints': 0.03,
  'worker.bloats checkpoints': 0.01,
} as const;

/** The same where a schedule is about workers that are not equally fast. */
export const UNEVEN_WORKER_FAULTS = {
  ...WORKER_FAULTS,
  'worker.slow': 0.08,
  'worker.comes and goes': 0.08,
} as const;

/** Fates of one task on a worker. */
export const TASK_FAULTS = { 'worker.task fails': 0.01, 'worker.upload fails': 0.01 } as const;

/** Fates that a task brings with it, on whatever worker. */
type FatefulTask = 'worker.killed by its task';

/** Things that happen at a time of their own. */
export const EVENTS = [
  'lambda.outage',
  'queue.outage',
  'ledger.outage',
  'artifacts.outage',
  'provider.outage',
  'provider.price rises',
  'provider.nothing free',
  'provider.console delete',
  'provider.vanish',
  'worker.unreachable',
  'worker.freezes',
  'worker.dies',
  'worker.forgets',
  'platform.abort',
  'platform.deploy',
  'platform.tick missed',
] as const;
export type EventFault = (typeof EVENTS)[number];

type NamesOf<Table> = Table extends unknown ? keyof Table : never;
export type Fault =
  | keyof typeof INVOCATION_FAULTS
  | keyof typeof SILENCE_FAULTS
  | NamesOf<(typeof CALL_FAULTS)[keyof typeof CALL_FAULTS]>
  | keyof typeof CREATE_FAULTS
  | keyof typeof ORDER_FAULTS
  | keyof typeof SEND_FAULTS
  | keyof typeof DELIVERY_FAULTS
  | keyof typeof CLUSTER_FAULTS
  | keyof typeof WORKER_FAULTS
  | keyof typeof TASK_FAULTS
  | FatefulTask
  | EventFault;

export const familyOf = (fault: Fault): Family =>
  FAMILIES.find((family) => fault.startsWith(`${family}.`)) ?? 'platform';

/** Which fault of a table a uniform draw stands for, if any: each has a stretch as long as its rate. */
export function drawnFrom<Name extends string>(
  table: Readonly<Partial<Record<Name, number>>>,
  multiplier: number,
  draw: number,
): Name | undefined {
  let end = 0;
  for (const name in table) {
    end += (table[name] ?? 0) * multiplier;
    if (draw < end) return name;
  }
  return undefined;
}
