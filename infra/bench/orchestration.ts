import { PRICES, type Price } from '../aws/prices.ts';
import { STAGE_NEEDS } from '../aws/stage-needs.ts';
import { STAGE_NAMES } from '../stages.ts';
import { CALL_SECONDS } from './call-seconds.ts';
import type { CountedLease } from './counted-lease.ts';
import type { Counts } from './counting-ports.ts';

/** US dollars per million tasks, by what they are paid for. */
export interface OrchestrationCost {
  readonly tasks: number;
  readonly transitionsPerTask: number;
  readonly stepFunctions: number;
  readonly sqs: number;
  readonly lambda: number;
  readonly dynamoDb: number;
  /** The four above without sweep and reap, which run every minute whether there is work or not. */
  readonly withoutPasses: number;
  readonly controlPlane: number;
  /** S3, workers' own requests included. */
  readonly objects: number;
  /** Events, traces. */
  readonly told: number;
  /** Most frequent states, with how often each was entered. */
  readonly states: readonly (readonly [string, number])[];
}

/** Of an invocation without any call. Assumed, as what calls take. */
const BARE_SECONDS = 0.02;
/** Of the first invocation of a function, once per lease: since August 2025 it is billed. */
const INIT_SECONDS = 0.4;

export const DURATION_MODEL = `${BARE_SECONDS} s an invocation, ${INIT_SECONDS} s the first of a lease, and ${CALL_SECONDS.map(([name, seconds]) => `${seconds} s a call of ${name}`).join(', ')} (assumed), as they follow each other or run side by side`;

const S3_WRITES = ['S3 PutObject', 'S3 ListObjectsV2'];
const S3_READS = ['S3 GetObject', 'S3 HeadObject'];

/** What one counted lease comes to for a million such tasks. */
export function orchestrationCost(lease: CountedLease, tasks: number): OrchestrationCost {
  const perMillion = (usd: number) => (usd * 1e6) / tasks;
  const all = Object.values(lease.counts);
  const calls = (names: readonly string[]) =>
    sum(all, ({ calls }) => sum(names, (name) => calls[name] ?? 0));
  const invocations = sum(STAGE_NAMES, (stage) => lease.invocations[stage] ?? 0);
  const passes = ['sweep', 'reap'] as const;
  const ledgerUsd = ({ readUnits, writeUnits }: Counts) =>
    readUnits * PRICES.readUnit.usd + writeUnits * PRICES.writeUnit.usd;

  const stepFunctions = lease.transitions * PRICES.stateTransition.usd;
  const requests = Object.entries(lease.counts.sender?.calls ?? {});
  const sqs = sum(requests, ([, count]) => count) * PRICES.sqsRequest.usd;
  const lambda = sum(STAGE_NAMES, (stage) => lambdaUsd(lease, stage));
  const dynamoDb = sum(all, ledgerUsd);
  const ofPasses = sum(passes, (stage) => {
    const counts = lease.counts[stage];
    return lambdaUsd(lease, stage) + (counts === undefined ? 0 : ledgerUsd(counts));
  });
  const controlPlane = stepFunctions + sqs + lambda + dynamoDb;
  return {
    tasks,
    transitionsPerTask: lease.transitions / tasks,
    stepFunctions: perMillion(stepFunctions),
    sqs: perMillion(sqs),
    lambda: perMillion(lambda),
    dynamoDb: perMillion(dynamoDb),
    withoutPasses: perMillion(controlPlane - ofPasses),
    controlPlane: perMillion(controlPlane),
    objects: perMillion(calls(S3_WRITES) * PRICES.s3Put.usd + calls(S3_READS) * PRICES.s3Get.usd),
    told: perMillion((tasks + lease.leases) * PRICES.busEvent.usd + invocations * PRICES.trace.usd),
    states: Object.entries(lease.states).sort(([, a], [, b]) => b - a),
  };
}

function lambdaUsd(lease: CountedLease, stage: (typeof STAGE_NAMES)[number]): number {
  const invocations = lease.invocations[stage] ?? 0;
  if (invocations === 0) return 0;
  const seconds = INIT_SECONDS + invocations * BARE_SECONDS + (lease.waitedSeconds[stage] ?? 0);
  const gb = STAGE_NEEDS[stage].memoryMiB / 1024;
  return invocations * PRICES.lambdaRequest.usd + seconds * gb * PRICES.lambdaGbSecond.usd;
}

/** Processor time of the verifier to dollars: 1,769 MiB are one processor, and less memory takes as much longer. */
export const verificationUsd = (cpuSeconds: number): number =>
  cpuSeconds * (1769 / 1024) * PRICES.lambdaGbSecond.usd;

const sum = <Item>(items: readonly Item[], of: (item: Item) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

/** The prices used, for whoever looks at the report. */
export const pricesUsed = (): Readonly<Record<string, Price>> => {
  const { lambdaRequest, lambdaGbSecond, stateTransition, sqsRequest, readUnit, writeUnit } =
    PRICES;
  const { s3Put, s3Get, busEvent, trace } = PRICES;
  return {
    ...{ lambdaRequest, lambdaGbSecond, stateTransition, sqsRequest, readUnit, writeUnit },
    ...{ s3Put, s3Get, busEvent, trace },
  };
};
