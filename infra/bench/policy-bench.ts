import {
  alwaysOn,
  hourEdgeHold,
  idleTimeout,
  kedaLike,
  oneClusterPerTask,
  waitThenHold,
} from './baselines.ts';
import type { BillRule } from './bill.ts';
import { clairvoyantBound } from './bound.ts';
import { type Churn, churnOf, NO_CHURN } from './churn.ts';
import { type FleetPolicy, runFleet } from './fleet.ts';
import { type Measures, measured } from './measures.ts';
import { controlPlaneUsd } from './orchestration.ts';
import type { OurRun, OursOptions } from './ours.ts';
import type { PolicyRun } from './policy-run.ts';
import { provisioningTimes } from './provisioning.ts';
import type { ChurnStep, TraceTask } from './trace.ts';

/** Sizes a cluster may have where they are mixed, GPUs. */
const SIZES = [1, 2, 4, 8] as const;

export interface PolicyBench {
  readonly tasks: readonly TraceTask[];
  /** GPUs of every cluster, or any of `SIZES`. */
  readonly clusterGpus: number | 'mixed';
  readonly bill: BillRule;
  readonly boundWaitSeconds: number;
  readonly seeds: readonly number[];
  readonly churn: readonly ChurnStep[];
  /** Also Burst as an operator sets it for whom waiting is dearer than an idle cluster. */
  readonly eager: boolean;
  /** Runs Burst itself. */
  readonly runOurs: (options: OursOptions) => Promise<OurRun>;
  readonly onRun?: (policy: string, seed: number, run: PolicyRun) => void;
}

export interface PolicyRow {
  readonly policy: string;
  readonly note?: string;
  readonly seeds: readonly Measures[];
  /** US dollars that AWS' part takes by seed. Of Burst itself only: the baselines are models of policies. */
  readonly controlPlaneUsd?: readonly number[];
}

export interface PolicyReport {
  readonly bound: { readonly clusterHours: number; readonly gpuHours: number };
  readonly rows: readonly PolicyRow[];
}

/** Waiting GPUs that a swept baseline leaves waiting beside a cluster. */
const THRESHOLDS = [0, 1, 2, 4, 8, 12, 16, 24, 32, 48, 64];

/** Longest p95 wait a swept threshold may lead to, seconds. */
const sweepLimitSeconds = (clusterGpus: number | 'mixed') => (clusterGpus === 'mixed' ? 300 : 120);

/**
 * Runs every policy over one trace: the same seeds, provisioning times, losses and bill for all of them. The
 * thresholds of the hour-edge baseline are swept and the cheapest that keeps the p95 wait stands for it.
 */
export async function benchPolicies(bench: PolicyBench): Promise<PolicyReport> {
  const { tasks, clusterGpus, bill } = bench;
  const boundGpus = clusterGpus === 'mixed' ? 1 : clusterGpus;
  const boundHours =
    clairvoyantBound(tasks, bill, {
      clusterGpus: boundGpus,
      maxWaitSeconds: bench.boundWaitSeconds,
    }) / 3600;

  const rows: PolicyRow[] = [await ours(bench, 'burst', {})];
  if (bench.eager) rows.push(await ours(bench, 'burst-eager', EAGER));
  if (clusterGpus === 'mixed') {
    for (const gpus of SIZES) {
      const { threshold: _, ...row } = swept(bench, gpus, `hour-edge-${gpus}`);
      rows.push(row);
    }
  } else {
    const { threshold, ...row } = swept(bench, clusterGpus, 'hour-edge');
    rows.push(row);
    for (const policy of [
      waitThenHold(clusterGpus, threshold),
      kedaLike(clusterGpus),
      idleTimeout(clusterGpus),
      alwaysOn,
      oneClusterPerTask,
    ]) {
      rows.push(fleetRow(bench, policy, clusterGpus));
    }
  }
  return { bound: { clusterHours: boundHours, gpuHours: boundHours * boundGpus }, rows };
}

/** Clusters of any size follow the backlog more closely than whole blocks can. */
const MIXED = { sizes: [...SIZES], secondsPerSlot: 280 };

/** Nothing waits for company. */
const EAGER = { patienceSeconds: 1 };

async function ours(bench: PolicyBench, policy: string, clusters: object): Promise<PolicyRow> {
  const { clusterGpus, tasks, bill } = bench;
  const seeds: Measures[] = [];
  const usd: number[] = [];
  for (const seed of bench.seeds) {
    const { asked, ...run } = await bench.runOurs({
      seed,
      tasks,
      provisioningSeconds: provisioningTimes(seed),
      churn: churnFor(bench, seed),
      settings: {
        clusters: {
          ...{ maxWorkers: 8, maxBursts: 32 },
          ...(clusterGpus === 'mixed' ? MIXED : { sizes: [clusterGpus], secondsPerSlot: 320 }),
          ...clusters,
        },
        lease: { bill: bill.name, drainBeforeSeconds: 60 },
      },
    });
    const named = { ...run, policy };
    bench.onRun?.(policy, seed, named);
    seeds.push(measured(named, bill));
    usd.push(controlPlaneUsd(asked, lastSeconds(named) / 60));
  }
  return { policy, seeds, controlPlaneUsd: usd };
}

const lastSeconds = ({ leases }: PolicyRun): number =>
  leases.reduce((last, { endSeconds }) => Math.max(last, endSeconds), 0);

function fleetRow(bench: PolicyBench, policy: FleetPolicy, clusterGpus: number): PolicyRow {
  const seeds = runsOf(bench, policy, clusterGpus).map(({ seed, run }) => {
    bench.onRun?.(policy.name, seed, run);
    return measured(run, bench.bill);
  });
  return { policy: policy.name, seeds };
}

const runsOf = (bench: PolicyBench, policy: FleetPolicy, clusterGpus: number) =>
  bench.seeds.map((seed) => {
    const provisioningSeconds = provisioningTimes(seed);
    const churn = churnFor(bench, seed);
    const run = runFleet(policy, { tasks: bench.tasks, clusterGpus, provisioningSeconds, churn });
    return { seed, run };
  });

/** The hour-edge baseline with the threshold that is cheapest within the p95 wait; without any, the quickest. */
function swept(
  bench: PolicyBench,
  clusterGpus: number,
  name: string,
): PolicyRow & { readonly threshold: number } {
  const limit = sweepLimitSeconds(bench.clusterGpus);
  const tried = THRESHOLDS.map((threshold) => {
    const policy = { ...hourEdgeHold(clusterGpus, threshold), name };
    const runs = runsOf(bench, policy, clusterGpus);
    const seeds = runs.map(({ run }) => measured(run, bench.bill));
    const p95 = Math.max(...seeds.map(({ waitP95Seconds }) => waitP95Seconds));
    const hours = seeds.reduce((sum, { clusterHours }) => sum + clusterHours, 0);
    return { threshold, runs, seeds, p95, hours };
  });
  const within = tried.filter(({ p95 }) => p95 <= limit);
  const [best] =
    within.length > 0
      ? within.toSorted((a, b) => a.hours - b.hours)
      : tried.toSorted((a, b) => a.p95 - b.p95);
  for (const { seed, run } of best?.runs ?? []) bench.onRun?.(name, seed, run);
  const threshold = best?.threshold ?? 0;
  const kept = within.length > 0 ? 'cheapest' : `no threshold keeps p95 <= ${limit} s; quickest`;
  const note = `${kept}: leaves ${threshold} waiting`;
  return { policy: name, note, seeds: best?.seeds ?? [], threshold };
}

function churnFor({ churn, tasks }: PolicyBench, seed: number): Churn {
  if (churn.length === 0) return NO_CHURN;
  const last = tasks.at(-1);
  return churnOf(churn, seed, (last?.arrivalSeconds ?? 0) + (last?.serviceSeconds ?? 0));
}
