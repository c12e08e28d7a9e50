import { isClusterOver } from '../../shared/model/cluster.ts';
import { quarantineSeconds, type Settings } from '../../shared/model/settings.ts';
import type { Row } from '../../shared/ports.ts';
import type { Cluster } from '../virtual/market.ts';
import { RESULT_FILE, resultOf } from '../virtual/numbered-result.ts';
import type { Arrivals } from './arrivals.ts';
import type { Violation } from './invariants/invariant.ts';
import type { Unowned } from './watch/ownership.ts';
import { START_AT, type World } from './world.ts';

/** What must hold when everything is over, or should be. Pure, but for reading the stored results. */
export async function endViolations(
  world: World,
  arrivals: Arrivals,
  over: boolean,
): Promise<Violation[]> {
  const rows = world.ledger.rows();
  return [
    ...(over ? [] : unfinished(world, rows)),
    ...lostTasks(arrivals, rows, over),
    ...(await wrongResults(world, arrivals, rows)),
    ...(over ? unbalanced(world, rows) : []),
    ...orphans(world),
    ...lateDetections(world),
    ...engineTrouble(world),
  ];
}

const starting = (rows: readonly Row[], pk: string, sk: string) =>
  rows.filter((row) => String(row.pk).startsWith(pk) && String(row.sk).startsWith(sk));

/** PROGRESS: what is left long after the last fault. */
function unfinished({ market, queues }: World, rows: readonly Row[]): Violation[] {
  const left = [
    ...rows.flatMap(({ pk, sk, dueOf, dueAt, status, phase }) =>
      dueOf === undefined ? [] : [`${pk} ${sk} ${status ?? phase ?? ''} due ${dueAt}`],
    ),
    ...market
      .all()
      .filter(({ phase }) => !isClusterOver(phase))
      .map(({ id, phase, request }) => `${id} (${request.name}) ${phase}`),
    ...starting(rows, '$#', '#').flatMap(({ scope, holds }) =>
      Object.keys(Object(holds)).map((hold) => `${hold} is held in ${scope}`),
    ),
    ...[...queues].flatMap(([tenant, queue]) =>
      queue.size() === 0 ? [] : [`${queue.size()} messages of ${tenant}`],
    ),
  ];
  return [{ invariant: 'PROGRESS', what: `not over: ${left.slice(0, 6).join('; ')}` }];
}

/** NO-LOSS: every task that is on the queue ends, and says why when it fails. */
function lostTasks({ sent }: Arrivals, rows: readonly Row[], over: boolean): Violation[] {
  const tasks = new Map(
    starting(rows, 'T#', '#').map((row) => [`${row.tenant} ${row.taskId}`, row]),
  );
  return [...sent].flatMap(([taskId, { tenant }]): Violation[] => {
    const row = tasks.get(`${tenant} ${taskId}`);
    if (row?.status === 'done' || row?.status === 'cancelled') return [];
    if (row?.status === 'failed' && typeof row.reason === 'string') return [];
    if (!over && row !== undefined) return [];
    return [{ invariant: 'NO-LOSS', what: `task ${taskId} is ${row?.status ?? 'nowhere'}` }];
  });
}

/** INTEGRITY: what a done task names is what was asked for, in a place no worker may write to. */
async function wrongResults(
  { artifacts }: World,
  { sent }: Arrivals,
  rows: readonly Row[],
): Promise<Violation[]> {
  const found: Violation[] = [];
  for (const row of starting(rows, 'T#', '#')) {
    if (row.status !== 'done') continue;
    const key = fileOf(row);
    const fetched = await artifacts.get(key, { maxBytes: 1000 });
    const numbers = sent.get(String(row.taskId))?.numbers ?? new Set<number>();
    const right =
      fetched.found &&
      [...numbers].some((n) => Buffer.compare(fetched.object.bytes, resultOf(n)) === 0);
    const safe = key.startsWith(`t/${row.tenant}/results/${row.taskId}/${row.job}/`);
    if (!right || !safe || !key.endsWith(`/${RESULT_FILE}`)) {
      found.push({ invariant: 'INTEGRITY', what: `the result of ${row.taskId} is not its result` });
    }
  }
  return found;
}

/** Where the one file of a done task is said to be. */
const fileOf = ({ files }: Row): string =>
  String(Reflect.get(Object(Array.isArray(files) ? files[0] : undefined), 'key'));

/** Whether a cluster that had ended was hidden when it was last asked for, and its figure was never read. */
const endsHidden =
  ({ confirmedGoneAt, endedMicroUsd }: Row) =>
  ({ createdMs, endedMs, fate: { hidden } }: Cluster): boolean => {
    if (endedMs === undefined || hidden === undefined || endedMicroUsd !== undefined) return false;
    const seconds = (Date.parse(String(confirmedGoneAt)) - createdMs) / 1000;
    return hidden.fromSeconds <= seconds && seconds <= hidden.toSeconds;
  };

/** AUDIT: the ledger's bills are the provider's, what caps lost is what was billed, nothing is held. */
function unbalanced({ market, watch }: World, rows: readonly Row[]): Violation[] {
  const found: Violation[] = [];
  const leases = starting(rows, 'L#', '#');
  const billed = (row: Row | undefined) => Number(row?.billedMicroUsd ?? 0);
  for (const lease of leases) {
    const own = market.all().filter(({ request }) => request.name === lease.burstId);
    const cost = (clusters: typeof own) =>
      clusters.reduce((sum, cluster) => sum + market.chargedMicroUsd(cluster), 0);
    // What a provider does not show nobody can ask it for: all that was paid for counts, if it was learned.
    if (own.some(({ id, vanished }) => vanished || watch.unseen.has(id))) continue;
    const ordered = own.filter(({ id }) => !watch.surplus.has(id));
    // Its last figure was never shown: what was prepaid is charged in full, so that it looks like no saving.
    const prepaid = Number(lease.quotedMicroUsd) + Number(lease.surplusMicroUsd ?? 0);
    if (billed(lease) === prepaid && ordered.some(endsHidden(lease))) continue;
    // A surplus cluster may end before its burst is settled or after, so its cost may be on the lease or not.
    if (billed(lease) >= cost(ordered) && billed(lease) <= cost(own)) continue;
    const ids = own.map(({ id }) => id).join(', ');
    const what = `${ids} cost ${cost(ordered)}, the lease of ${lease.burstId} says ${billed(lease)}`;
    found.push({ invariant: 'AUDIT', what });
  }
  const total = leases.reduce((sum, lease) => sum + billed(lease), 0);
  const money = starting(rows, '$#', '#');
  for (const { scope, holds } of money) {
    if (Object.keys(Object(holds)).length > 0) {
      found.push({ invariant: 'CAP', what: `${JSON.stringify(holds)} is still held in ${scope}` });
    }
  }
  const ofHedges = leases
    .filter(({ hedges }) => hedges !== undefined)
    .reduce((sum, lease) => sum + billed(lease), 0);
  for (const prefix of ['stack', 'day#', 'tenant#', 'hedge#']) {
    const spent = money
      .filter(({ scope }) => String(scope).startsWith(prefix))
      .reduce((sum, row) => sum + Number(row.capMicroUsd) - Number(row.available), 0);
    // Of second orders the first term counts; what is extended is at work.
    const isRight = prefix === 'hedge#' ? spent <= ofHedges : spent === total;
    if (!isRight) {
      const what = prefix === 'hedge#' ? ofHedges : total;
      found.push({
        invariant: 'AUDIT',
        what: `${prefix} lost ${spent}, leases were billed ${what}`,
      });
    }
  }
  return found;
}

/** Ticks of the reaper, seconds. */
const TICK_SECONDS = 60;

/** A sluggish function may take so long for one look or pass, seconds. */
const SLUGGISH_SECONDS = 60;

/** Whether something was wrong with the reaper, or with what it asks, since its passes before the loss. */
const troubled = ({ disturbance }: World, { sinceMs, untilMs = Infinity }: Unowned): boolean =>
  disturbance.strikes.some((strike) => {
    const { atMs, where } = strike;
    const overMs = disturbance.endOf(strike) ?? atMs;
    const during = overMs >= sinceMs - 2 * TICK_SECONDS * 1000 && atMs <= untilMs;
    return during && (where.who === 'reap' || where.who === 'world' || where.who === 'market');
  });

/** NO-ORPHAN: asked to end within two ticks and the quarantine of having lost its owner. */
function orphans(world: World): Violation[] {
  const boundSeconds = 2 * TICK_SECONDS + quarantineSeconds(world.settings()) + SLUGGISH_SECONDS;
  return world.watch.unowned.flatMap((stretch): Violation[] => {
    const { clusterId, sinceMs, untilMs = world.timers.now() } = stretch;
    const seconds = (untilMs - sinceMs) / 1000;
    if (seconds <= boundSeconds || troubled(world, stretch)) return [];
    return [{ invariant: 'NO-ORPHAN', what: `${clusterId} had no owner for ${seconds} s` }];
  });
}

/** Who looks at jobs, and for whom one look follows another. */
const LOOKERS: ReadonlySet<string> = new Set(['poll', 'run', 'collect', 'plan', 'provision']);

/** From the death of a worker to the look that calls its jobs lost, seconds: a look, then misses and silence. */
function detectionSeconds({ looks }: Settings): number {
  const steadySeconds = Math.max(looks.longestSeconds, looks.steadySeconds);
  const missesSeconds = (looks.lostAfterMisses - 1) * looks.longestSeconds;
  return steadySeconds + Math.max(missesSeconds, looks.lostAfterSeconds + looks.longestSeconds);
}

/** DETECTION: a dead worker is called lost in time where nothing was wrong with those who look. */
function lateDetections({ watch, schedule, disturbance }: World): Violation[] {
  const { settings, nextSettings, quietAtSeconds } = schedule;
  const bound = Math.max(detectionSeconds(settings), detectionSeconds(nextSettings));
  const quietAtMs = Date.parse(START_AT) + quietAtSeconds * 1000;
  return watch.deathsSeen.flatMap(({ jobId, sinceMs, seenMs }): Violation[] => {
    const seconds = (seenMs - sinceMs) / 1000;
    if (seconds <= bound + SLUGGISH_SECONDS) return [];
    const disturbed = disturbance.strikes.some(({ where, atMs, fault }) => {
      if (atMs > seenMs) return false;
      // Whoever drove was cut off, and nobody looked until another took over.
      if (fault.startsWith('platform.execution') || fault === 'platform.abort') return true;
      if (where.who === 'world') return sinceMs < quietAtMs;
      return LOOKERS.has(where.who) && atMs >= sinceMs;
    });
    if (disturbed) return [];
    const what = `${jobId} was called lost ${seconds} s after its worker died`;
    return [{ invariant: 'DETECTION', what }];
  });
}

/** ENGINE: no execution ends in a way the definition did not mean. */
const engineTrouble = ({ machine }: World): Violation[] =>
  machine.list().executions.flatMap(({ executionArn, status, name }): Violation[] => {
    if (status !== 'FAILED') return [];
    const { error = '', cause = '' } = machine.describe(executionArn);
    return error.startsWith('States.')
      ? [{ invariant: 'ENGINE', what: `${name}: ${error} ${cause.slice(0, 200)}` }]
      : [];
  });
