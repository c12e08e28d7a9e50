import { COST_LINES, type LeaseCost } from '../../../shared/cost/lease-cost.ts';
import type { CheckpointMark } from '../../../shared/model/checkpoint.ts';
import { usdOf } from '../../../shared/model/money.ts';
import type { LeaseRow } from '../../../shared/model/rows.ts';
import { type Instant, millisecondsOf, secondsBetween } from '../../../shared/model/time.ts';
import type { Comparison } from '../../estimate/stored.ts';
import type { Mishaps } from './mishaps.ts';
import type { SeenBurst, SeenExecution } from './observer.ts';
import type { Report } from './snapshot.ts';

/** A task as its dApp saw it end. */
export interface EndedTask {
  readonly taskId: string;
  readonly kind: string;
  readonly status: 'rejected' | 'accepted' | 'done' | 'failed' | 'cancelled';
  readonly verifiedBy?: string | undefined;
  readonly attempts?: number | undefined;
  readonly endedAt?: string | undefined;
  readonly burst?: string | undefined;
  readonly slotSeconds?: number | undefined;
  readonly resumed?: CheckpointMark | undefined;
}

export interface Outcome {
  readonly tasks: readonly EndedTask[];
  readonly bursts: readonly SeenBurst[];
  readonly costs: readonly LeaseCost[];
  readonly executions: readonly SeenExecution[];
  readonly mishaps: Mishaps['done'];
  readonly apiCalls: Report['apiCalls'];
  readonly startedAt: Instant;
  readonly provenanceSha256: string | null;
  readonly contactSheet: string | null;
  readonly outDir: string;
  readonly estimate: Comparison | null;
  readonly wallSeconds: number;
  readonly speed: number;
}

export const billedUsdOf = (bursts: readonly SeenBurst[]): number =>
  usdOf(sum(bursts, ({ lease }) => lease.billedMicroUsd ?? 0));

/** From the first sending to the end of the last task, seconds of the local clock. */
export const finishSecondsOf = (tasks: readonly EndedTask[], startedAt: Instant): number =>
  Math.max(
    0,
    ...tasks.map(({ endedAt }) =>
      endedAt === undefined
        ? 0
        : Math.round((Date.parse(endedAt) - millisecondsOf(startedAt)) / 1000),
    ),
  );

/** The report of a run, worked out from what the tasks, the ledger and the executions say. */
export function reportOf(outcome: Outcome): Report {
  const { tasks, bursts } = outcome;
  const count = (status: EndedTask['status']) =>
    tasks.filter((task) => task.status === status).length;
  const jobs = bursts.flatMap((burst) => burst.jobs);
  const reports = sum(jobs, (job) => job.refusedReports);
  const results = sum(jobs, (job) => job.refusedResults);
  return {
    tasks: {
      accepted: tasks.length - count('rejected'),
      done: count('done'),
      failed: count('failed'),
      rejected: count('rejected'),
      cancelled: count('cancelled'),
    },
    byKind: byKind(outcome),
    verified: countBy(tasks.flatMap(({ verifiedBy }) => verifiedBy ?? [])),
    clusters: bursts
      .filter(({ lease }) => lease.clusterId !== undefined)
      .map((burst) => clusterReport(burst, outcome)),
    workersLost: new Set(jobs.flatMap((job) => (job.lostAt === undefined ? [] : job.worker))).size,
    resumedFromCheckpoint: tasks.filter(({ resumed }) => resumed !== undefined).length,
    resumed: tasks.flatMap(({ taskId, resumed }) =>
      resumed === undefined
        ? []
        : [{ taskId, stage: resumed.stage, savedSeconds: resumed.workSeconds }],
    ),
    staleWritesRefused: reports + results,
    staleWrites: { reports, results },
    quotedUsd: usdOf(sum(bursts, ({ lease }) => lease.quotedMicroUsd)),
    billedUsd: billedUsdOf(bursts),
    spentOnUsd: spentOn(outcome),
    executions: outcome.executions,
    apiCalls: outcome.apiCalls,
    provenanceSha256: outcome.provenanceSha256,
    contactSheet: outcome.contactSheet,
    outDir: outcome.outDir,
    finishSeconds: finishSecondsOf(tasks, outcome.startedAt),
    estimate: outcome.estimate,
    wallSeconds: outcome.wallSeconds,
    speed: outcome.speed,
  };
}

/** What all bills were spent on, lines that are nothing left out. */
const spentOn = ({ costs }: Outcome): Report['spentOnUsd'] =>
  Object.fromEntries(
    COST_LINES.flatMap((line) => {
      const microUsd = sum(costs, ({ lines }) => lines[line]);
      return microUsd === 0 ? [] : [[line, usdOf(microUsd)]];
    }),
  );

/** A cluster's bill goes to the tasks it made results of, by the slot time these took. */
function byKind({ tasks, costs }: Outcome): Report['byKind'] {
  const kinds = [...new Set(tasks.map(({ kind }) => kind))];
  const shares = costs.flatMap((cost) => cost.tasks);
  return Object.fromEntries(
    kinds.map((kind) => {
      const own = tasks.filter((task) => task.kind === kind);
      const ids = new Set<string>(own.map(({ taskId }) => taskId));
      const ownShares = shares.filter(({ taskId }) => ids.has(taskId));
      return [
        kind,
        {
          tasks: own.length,
          attempts: sum(own, (task) => task.attempts ?? 0),
          verifiedBy: countBy(own.flatMap(({ verifiedBy }) => verifiedBy ?? [])),
          slotSeconds: Math.round(sum(own, (task) => task.slotSeconds ?? 0)),
          quotedUsd: usdOf(sum(ownShares, (share) => share.quotedMicroUsd)),
          billedUsd: usdOf(sum(ownShares, (share) => share.billedMicroUsd)),
        },
      ];
    }),
  );
}

function clusterReport(
  { lease, jobs }: SeenBurst,
  { startedAt, mishaps }: Outcome,
): Report['clusters'][number] {
  const { offer } = lease;
  const moments: [Instant | undefined, string][] = [
    [lease.createdAt, 'planned'],
    [lease.createdClusterAt, 'bought'],
    [
      lease.readyAt,
      `ready with ${lease.workers.length} worker${lease.workers.length === 1 ? '' : 's'}`,
    ],
    ...mishaps
      .filter(({ burst }) => burst === lease.burstId)
      .map(({ at, what }): [Instant, string] => [at, what]),
    ...jobs.map((job): [Instant | undefined, string] => [job.lostAt, `job ${job.n} given up`]),
    ...lease.intents
      .filter(({ kind, outcome }) => kind === 'extend' && outcome === 'granted')
      .map(({ at, term }): [Instant, string] => [at, `extended to term ${term}`]),
    [lease.destroyAskedAt, lease.closeReason ?? 'closed'],
    [lease.confirmedGoneAt, 'confirmed gone'],
  ];
  return {
    name: lease.burstId,
    gpuModel: offer?.gpuModel ?? '',
    location: offer?.location ?? '',
    gpus: (offer?.gpusPerWorker ?? 0) * (offer?.workers ?? 0),
    readyAfterSeconds: between(lease.createdClusterAt, lease.readyAt),
    aliveSeconds: lease.aliveSeconds ?? 0,
    billedUsd: usdOf(lease.billedMicroUsd ?? 0),
    confirmedGone: isOver(lease),
    timeline: moments
      .flatMap(([at, what]) =>
        at === undefined ? [] : [{ atSeconds: Math.round(secondsBetween(startedAt, at)), what }],
      )
      .sort((a, b) => a.atSeconds - b.atSeconds),
  };
}

/** Settled, and its end was seen. */
const isOver = (lease: LeaseRow): boolean =>
  lease.phase === 'settled' && lease.confirmedGoneAt !== undefined;

const between = (from: Instant | undefined, to: Instant | undefined): number =>
  from === undefined || to === undefined ? 0 : Math.round(secondsBetween(from, to));

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0);

const countBy = (words: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
};
