import { expect } from 'vitest';
import {
  type VirtualWorld,
  type VirtualWorldOptions,
  virtualWorld,
} from '../../infra/virtual/world.ts';
import {
  BatchRow,
  CheckpointRow,
  JobRow,
  LeaseRow,
  MoneyRow,
  ProfileRow,
  TaskRow,
} from '../../shared/model/rows.ts';
import { Settings } from '../../shared/model/settings.ts';

const IMAGE = `registry.test/worker@sha256:${'ab'.repeat(32)}`;

type SettingsInput = Parameters<typeof Settings.parse>[0] & object;

/** Settings of the tests: small batches, and one slot for every few seconds of backlog. */
export const testSettings = (more: SettingsInput = {}): Settings =>
  Settings.parse({
    stackName: 'burst-test',
    tenantOfQueue: {},
    images: { 'nft.generative': IMAGE, 'vdf.wesolowski': IMAGE },
    workerSecret: 'not-a-secret-in-a-test',
    allowCpuExecutor: true,
    ...more,
  });

type WorldOptions = Partial<Omit<VirtualWorldOptions, 'settings'>> & { settings?: SettingsInput };

/** A world whose batches hold four tasks and whose clusters have up to four workers of one slot. */
export const aVirtualWorld = ({ settings = {}, ...more }: WorldOptions = {}): VirtualWorld =>
  virtualWorld({
    settings: testSettings({
      batches: { maxTasks: 4 },
      clusters: { secondsPerSlot: 40 },
      ...settings,
    }),
    ...more,
  });

interface Work {
  /** Number of the first task; ids and tokens run from it. */
  readonly from?: number;
  /** What the dApp says one task takes, seconds of a slot. */
  readonly estimatedSeconds?: number | 'by its kind';
  readonly vramGb?: number;
  readonly gpuModels?: readonly string[];
  readonly timeoutSeconds?: number;
}

/** Sends `count` tasks for the smallest pictures there are. */
export async function sendTasks(
  { queue }: VirtualWorld,
  count: number,
  { from = 1, estimatedSeconds = 10, vramGb = 24, gpuModels, timeoutSeconds }: Work = {},
): Promise<void> {
  for (let n = from; n < from + count; n += 1) {
    const body = {
      taskId: `token-${n}`,
      kind: 'nft.generative',
      spec: { collection: { name: 'Test', seed: 'abc', supply: 10_000, size: 64 }, tokenId: n },
      resources: { vramGb, gpuModels },
      ...(estimatedSeconds === 'by its kind' ? {} : { estimatedSeconds }),
      ...{ timeoutSeconds },
    };
    await queue.send([{ id: '1', body: JSON.stringify(body) }]);
  }
}

/** Sends one delay function of 1,000 squarings in so many stages; only its time is long. */
export const sendDelay = (
  { queue }: VirtualWorld,
  taskId: string,
  {
    stages,
    ...times
  }: {
    readonly stages: number;
    readonly estimatedSeconds: number;
    readonly timeoutSeconds?: number;
  },
) =>
  queue.send([
    {
      id: '1',
      body: JSON.stringify({
        taskId,
        kind: 'vdf.wesolowski',
        spec: { seed: taskId, squarings: 1000, stages },
        resources: { vramGb: 24 },
        ...times,
      }),
    },
  ]);

const rowsOf = (world: VirtualWorld, prefix: string) =>
  world.ledger.rows().filter(({ pk }) => String(pk).startsWith(prefix));
const ofSort = (world: VirtualWorld, prefix: string, sort: string) =>
  rowsOf(world, prefix).filter(({ sk }) => String(sk).startsWith(sort));

/** The rows of a world, as they are now. */
export const tasksOf = (world: VirtualWorld) =>
  rowsOf(world, 'T#').map((row) => TaskRow.parse(row));
export const leasesOf = (world: VirtualWorld) =>
  ofSort(world, 'L#', '#').map((row) => LeaseRow.parse(row));
export const jobsOfWorld = (world: VirtualWorld) =>
  ofSort(world, 'L#', 'J#').map((row) => JobRow.parse(row));
export const profilesOf = (world: VirtualWorld) =>
  ofSort(world, 'P#', '#').map((row) => ProfileRow.parse(row));
export const batchesOf = (world: VirtualWorld) =>
  ofSort(world, 'P#', 'B#').map((row) => BatchRow.parse(row));
export const checkpointsOf = (world: VirtualWorld) =>
  rowsOf(world, 'C#').map((row) => CheckpointRow.parse(row));
export const moneyOf = (world: VirtualWorld) =>
  rowsOf(world, '$#').map((row) => MoneyRow.parse(row));

const OVER = ['FAILED', 'EXPIRED', 'DELETED'];

/** Nothing is left to do: no task, lease, cluster or due row is on its way. */
const isOver = (world: VirtualWorld, tasks: number): boolean =>
  tasksOf(world).filter(({ status }) => status !== 'accepted').length >= tasks &&
  leasesOf(world).every(({ phase }) => phase === 'settled') &&
  world.market.all().every(({ phase }) => OVER.includes(phase)) &&
  world.ledger.rows().every(({ dueOf }) => dueOf === undefined);

interface UntilOver {
  /** Tasks that must have ended. */
  readonly tasks: number;
  /** Virtual hours this may take. */
  readonly withinHours?: number;
}

/** Runs until nothing is left to do, and checks everything that must hold then. */
export async function runUntilOver(
  world: VirtualWorld,
  { tasks, withinHours = 6 }: UntilOver,
): Promise<void> {
  const check = everyVirtualMinute(world, () => isOver(world, tasks));
  await world.run({ forSeconds: withinHours * 3600, done: check });
  expectAllWell(world);
  expect(tasksOf(world)).toHaveLength(tasks);
}

/** A condition that is costly to look at, looked at once a virtual minute. */
function everyVirtualMinute({ timers }: VirtualWorld, holds: () => boolean): () => boolean {
  let next = timers.now() + 60_000;
  return () => {
    if (timers.now() < next) return false;
    next = timers.now() + 60_000;
    return holds();
  };
}

/** The invariants of a world in which everything has ended. */
function expectAllWell(world: VirtualWorld): void {
  const tasks = tasksOf(world);
  const bad = tasks.filter(
    ({ status, reason }) => status === 'accepted' || (status === 'failed' && reason === undefined),
  );
  expect(bad.map(({ taskId, status }) => `${taskId} ${status}`)).toEqual([]);
  expectResultsOnce(world, tasks);
  const live = batchesOf(world).filter(({ status }) => status !== 'done' && status !== 'split');
  expect(live.map(({ batchId, status }) => `${batchId} ${status}`)).toEqual([]);
  const due = world.ledger.rows().filter(({ dueOf }) => dueOf !== undefined);
  expect(due.map(({ pk, dueOf, dueAt }) => `${pk} ${dueOf} ${dueAt}`)).toEqual([]);
  expect(profilesOf(world).flatMap(({ bursts }) => bursts)).toEqual([]);
  expectLeasesSettled(world);
  expectMoneyBalanced(world);
  expect(world.queue.size()).toBe(0);
}

/** How tasks of a kind are verified that has several ways. */
const SEVERAL_WAYS = new Map([
  ['container', /^(redundancy-[2-5]|worker-declared)$/],
  ['nft.diffusion', /^structural(\+redundancy-2)?$/],
]);

/** Every done task has its own verified files and nobody else's are left lying about. */
function expectResultsOnce(world: VirtualWorld, tasks: readonly TaskRow[]): void {
  const kept = tasks.flatMap(({ files = [] }) => files.map(({ key }) => key)).sort();
  expect(world.artifacts.keys().filter((key) => key.includes('/results/'))).toEqual(kept);
  expect(world.artifacts.keys().filter((key) => key.includes('/votes/'))).toEqual([]);
  for (const { status, verifiedBy, files, kind } of tasks) {
    if (status !== 'done') continue;
    const several = SEVERAL_WAYS.get(kind);
    if (several !== undefined) {
      expect(verifiedBy).toMatch(several);
      continue;
    }
    const [by, count] = kind === 'nft.generative' ? ['re-render', 2] : ['proof', 1];
    expect({ verifiedBy, files: files?.length }).toEqual({ verifiedBy: by, files: count });
  }
}

/** Every cluster is over, belongs to a settled lease, and its bill is on that lease. */
function expectLeasesSettled(world: VirtualWorld): void {
  const leases = leasesOf(world);
  expect(leases.map(({ phase }) => phase)).toEqual(leases.map(() => 'settled'));
  const bills = world.market.all().map((cluster) => {
    expect(OVER).toContain(cluster.phase);
    return [cluster.id, world.market.chargedMicroUsd(cluster)] as const;
  });
  const owned = leases.flatMap((lease) =>
    lease.clusterId === undefined ? [] : [[lease.clusterId, lease.billedMicroUsd] as const],
  );
  expect(new Map(owned)).toEqual(new Map(bills));
}

/** Nothing is held any more; what is missing from each cap is what the leases were billed. */
function expectMoneyBalanced(world: VirtualWorld): void {
  const leases = leasesOf(world);
  const billed = leases.reduce((sum, lease) => sum + (lease.billedMicroUsd ?? 0), 0);
  const money = moneyOf(world);
  for (const { holds } of money) expect(holds).toEqual({});
  const spent = (prefix: string) =>
    money
      .filter(({ scope }) => scope.startsWith(prefix))
      .reduce((sum, { capMicroUsd, available }) => sum + capMicroUsd - available, 0);
  if (money.length === 0) return;
  expect(spent('stack')).toBe(billed);
  expect(spent('day#')).toBe(billed);
  expect(spent('tenant#')).toBe(billed);
}
