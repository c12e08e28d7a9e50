import { idleMinutes, PRICES, type Price, totalUsd } from '../aws/prices.ts';
import { STAGE_NEEDS } from '../aws/stage-needs.ts';
import { STAGE_NAMES, type StageName } from '../stages.ts';
import type { AskedOfAws } from './aws-counter.ts';
import { CALL_SECONDS } from './call-seconds.ts';
import type { Counts } from './counting-ports.ts';

/** US dollars, by what they are paid for. */
interface AwsUsd {
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
}

/** The same for a million tasks. */
export interface OrchestrationCost extends AwsUsd {
  readonly tasks: number;
  readonly transitionsPerTask: number;
  /** Most frequent states, with how often each was entered. */
  readonly states: readonly (readonly [string, number])[];
}

/** Of an invocation without any call. Assumed, as what calls take. */
const BARE_SECONDS = 0.02;
/** Of the first invocation of a function, once per lease: since August 2025 it is billed. Assumed. */
const INIT_SECONDS = 0.4;

export const DURATION_MODEL = `${BARE_SECONDS} s an invocation, ${INIT_SECONDS} s the first of a lease, and ${CALL_SECONDS.map(([name, seconds]) => `${seconds} s a call of ${name}`).join(', ')} (assumed), as they follow each other or run side by side`;

const S3_WRITES = ['S3 PutObject', 'S3 ListObjectsV2'];
const S3_READS = ['S3 GetObject', 'S3 HeadObject'];

/** What a run comes to for a million such tasks. */
export function orchestrationCost(asked: AskedOfAws): OrchestrationCost {
  const { tasks, transitions, states } = asked;
  const usd = awsUsd(asked);
  const perMillion = (one: number) => (one * 1e6) / tasks;
  return {
    tasks,
    transitionsPerTask: transitions / tasks,
    stepFunctions: perMillion(usd.stepFunctions),
    sqs: perMillion(usd.sqs),
    lambda: perMillion(usd.lambda),
    dynamoDb: perMillion(usd.dynamoDb),
    withoutPasses: perMillion(usd.withoutPasses),
    controlPlane: perMillion(usd.controlPlane),
    objects: perMillion(usd.objects),
    told: perMillion(usd.told),
    states: Object.entries(states).sort(([, a], [, b]) => b - a),
  };
}

/** What a run comes to. */
export function awsUsd(asked: AskedOfAws): AwsUsd {
  const all = Object.values(asked.counts);
  const calls = (names: readonly string[]) =>
    sum(all, ({ calls }) => sum(names, (name) => calls[name] ?? 0));
  const invocations = sum(STAGE_NAMES, (stage) => asked.invocations[stage] ?? 0);
  const passes = ['sweep', 'reap'] as const;
  const ledgerUsd = ({ readUnits, writeUnits }: Counts) =>
    readUnits * PRICES.readUnit.usd + writeUnits * PRICES.writeUnit.usd;

  const stepFunctions = asked.transitions * PRICES.stateTransition.usd;
  const requests = Object.entries(asked.counts.sender?.calls ?? {});
  const sqs = sum(requests, ([, count]) => count) * PRICES.sqsRequest.usd;
  const lambda = sum(STAGE_NAMES, (stage) => lambdaUsd(asked, stage));
  const dynamoDb = sum(all, ledgerUsd);
  const ofPasses = sum(passes, (stage) => {
    const counts = asked.counts[stage];
    return lambdaUsd(asked, stage) + (counts === undefined ? 0 : ledgerUsd(counts));
  });
  const controlPlane = stepFunctions + sqs + lambda + dynamoDb;
  return {
    ...{ stepFunctions, sqs, lambda, dynamoDb, controlPlane },
    withoutPasses: controlPlane - ofPasses,
    objects: calls(S3_WRITES) * PRICES.s3Put.usd + calls(S3_READS) * PRICES.s3Get.usd,
    told: (asked.tasks + asked.leases) * PRICES.busEvent.usd + invocations * PRICES.trace.usd,
  };
}

function lambdaUsd(asked: AskedOfAws, stage: StageName): number {
  const invocations = asked.invocations[stage] ?? 0;
  if (invocations === 0) return 0;
  const starts = Math.max(1, asked.leases);
  const seconds =
    starts * INIT_SECONDS + invocations * BARE_SECONDS + (asked.waitedSeconds[stage] ?? 0);
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

/** What the control plane of a run takes beside its clusters: what its tasks asked for, and an idle stack all the while. */
export const controlPlaneUsd = (asked: AskedOfAws, minutes: number): number =>
  awsUsd(asked).withoutPasses + totalUsd(idleMinutes(1, minutes));
