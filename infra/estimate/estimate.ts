import { profileIdOf, requirementOf } from '../../shared/intake/batches.ts';
import type { SoundTask } from '../../shared/intake/parse-task.ts';
import { assetKey, inputKey } from '../../shared/model/artifact-keys.ts';
import { canonicalJson } from '../../shared/model/digest.ts';
import { Tenant } from '../../shared/model/ids.ts';
import { usdOf } from '../../shared/model/money.ts';
import type { Requirement } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Catalogue } from '../local/ionet/catalogue.ts';
import { type EstimatedWorld, provisioningOf, taskSecondsOf } from './draws.ts';
import { type GpuOption, gpuOptions } from './gpu-options.ts';
import { type Spread, spreadOf } from './quantiles.ts';
import type { RunOptions, RunResult } from './run-once.ts';

export interface EstimateOptions {
  readonly tasks: readonly SoundTask[];
  readonly settings: Settings;
  readonly catalogue: Catalogue;
  readonly world: EstimatedWorld;
  readonly extendable: boolean;
  readonly runs: number;
  readonly seed: number;
  readonly runOnce: (options: RunOptions) => Promise<RunResult>;
}

/** Runs of every single GPU: the first of the seeds. */
const OPTION_RUNS = 5;

/** A GPU beside the others, with what the work comes to on it alone. */
export interface TriedOption extends GpuOption {
  /** Of one task, by its kind or its sender; for no kind is it known how it differs between GPUs. */
  readonly unitSeconds: number;
  /** Of the runs on this GPU alone; null where it cannot be rented. */
  readonly alone: Totals | null;
}

interface Totals {
  readonly runs: number;
  readonly costUsd: Spread;
  /** From the sending to the end of the last task. */
  readonly finishSeconds: Spread;
}

/** Tasks that may share clusters. */
export interface ProfileEstimate {
  readonly profile: string;
  readonly requirement: Requirement;
  readonly kinds: readonly string[];
  readonly tasks: number;
  /** GPUs of the first cluster; 0 where there is none. */
  readonly gpus: number;
  readonly options: readonly TriedOption[];
  /** Why none of its tasks can run now; null: they can, and are in the totals. */
  readonly waits: string | null;
}

export interface Estimate {
  /** Null when nothing can run. */
  readonly totals: Totals | null;
  readonly clusters: Spread;
  /** Tasks that end as failed. */
  readonly failedTasks: Spread;
  /** Runs in which a task had not ended when they were given up. */
  readonly givenUp: number;
  readonly profiles: readonly ProfileEstimate[];
}

export const TENANT = Tenant.parse('default');

interface Group {
  readonly profile: string;
  readonly requirement: Requirement;
  readonly tasks: SoundTask[];
}

/** Runs Burst itself over the tasks, once for every seed, and then on each GPU alone. */
export async function estimate(options: EstimateOptions): Promise<Estimate> {
  const { settings, catalogue, seed, runs } = options;
  const groups = groupsOf(options.tasks);
  const waits = (group: Group) =>
    gpuOptions(catalogue, group.requirement, 1, settings).noCapacity ?? null;
  const placed = groups.filter((group) => waits(group) === null);
  const seeds = Array.from({ length: runs }, (_, n) => seed + n);
  const all = await runEach(
    options,
    placed.flatMap(({ tasks }) => tasks),
    catalogue,
    seeds,
  );

  const profiles: ProfileEstimate[] = [];
  for (const group of groups) {
    const { profile, requirement, tasks } = group;
    const first = all[0]?.clusters.find((cluster) => cluster.profile === profile);
    const slots = first?.wantedSlots ?? 0;
    const judged = gpuOptions(catalogue, requirement, Math.max(1, slots), settings);
    const unitSeconds = tasks.reduce((sum, task) => sum + task.unitSeconds, 0) / tasks.length;
    const tried: TriedOption[] = [];
    for (const option of judged.options) {
      const alone =
        option.fits && slots > 0
          ? totalsOf(await onThisAlone(options, group, option, seeds.slice(0, OPTION_RUNS)))
          : null;
      tried.push({ ...option, unitSeconds, alone });
    }
    profiles.push({
      profile,
      requirement,
      kinds: [...new Set(tasks.map(({ envelope }) => envelope.kind))],
      tasks: tasks.length,
      gpus: first?.gpus ?? 0,
      options: tried,
      waits: waits(group),
    });
  }
  return {
    totals: totalsOf(all),
    clusters: spreadOf(all.map(({ clusters }) => clusters.length)),
    failedTasks: spreadOf(all.map(({ failed }) => failed)),
    givenUp: all.filter(({ unended }) => unended > 0).length,
    profiles,
  };
}

function groupsOf(tasks: readonly SoundTask[]): Group[] {
  const groups = new Map<string, Group>();
  for (const task of tasks) {
    const requirement = requirementOf(TENANT, task);
    const profile = profileIdOf(requirement);
    const group = groups.get(profile) ?? { profile, requirement, tasks: [] };
    group.tasks.push(task);
    groups.set(profile, group);
  }
  return [...groups.values()];
}

const onThisAlone = (
  options: EstimateOptions,
  { tasks }: Group,
  { hardwareId }: GpuOption,
  seeds: readonly number[],
): Promise<RunResult[]> => {
  const hardware = options.catalogue.hardware.filter(({ id }) => id === hardwareId);
  return runEach(options, tasks, { ...options.catalogue, hardware }, seeds);
};

async function runEach(
  { settings, world, extendable, runOnce }: EstimateOptions,
  tasks: readonly SoundTask[],
  catalogue: Catalogue,
  seeds: readonly number[],
): Promise<RunResult[]> {
  if (tasks.length === 0) return [];
  const timed = tasks.map(({ envelope: { taskId, kind }, unitSeconds }) => ({
    ...{ taskId, kind, unitSeconds },
  }));
  const results: RunResult[] = [];
  for (const seed of seeds) {
    const result = await runOnce({
      ...{ seed, settings, catalogue, extendable },
      bodies: tasks.map(({ envelope }) => canonicalJson(envelope)),
      announced: announcedBy(tasks),
      taskSeconds: taskSecondsOf(seed, timed),
      provisioningSeconds: provisioningOf(world, seed),
    });
    results.push(result);
  }
  return results;
}

/** Sizes of the files the tasks name, by the keys they would have. */
const announcedBy = (tasks: readonly SoundTask[]): ReadonlyMap<string, number> =>
  new Map(
    tasks.flatMap(({ envelope: { taskId, inputs = [] }, known }) => [
      ...inputs.map((file): [string, number] => [inputKey(TENANT, taskId, file), file.bytes]),
      ...known.assets.map(({ sha256, bytes }): [string, number] => [
        assetKey(TENANT, sha256),
        bytes,
      ]),
    ]),
  );

function totalsOf(results: readonly RunResult[]): Totals | null {
  if (results.length === 0) return null;
  return {
    runs: results.length,
    costUsd: spreadOf(results.map(({ chargedMicroUsd }) => usdOf(chargedMicroUsd))),
    finishSeconds: spreadOf(results.map(({ finishSeconds }) => finishSeconds)),
  };
}
