import { isClusterOver } from '../../shared/model/cluster.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Key, Row, Write } from '../../shared/ports.ts';
import type { Cluster, Market } from '../virtual/market.ts';
import { batchWrite, type ListedBatch, profileWrite, splitClosed } from './invariants/batches.ts';
import {
  admitted,
  type ClusterTruth,
  destroyed,
  leaseWrite,
  ordered,
  settled,
} from './invariants/clusters.ts';
import type { Violation, Writer } from './invariants/invariant.ts';
import { type Caught, duplicatesWithin, newJob, placed, stopped } from './invariants/jobs.ts';
import { coveredByHold, moneyWrite, newestHoldMicroUsdOf } from './invariants/money.ts';
import { failedTask, taskWrite } from './invariants/tasks.ts';
import { type DeathSeen, watchDeaths } from './watch/deaths.ts';
import { type Unowned, watchOwnership } from './watch/ownership.ts';
import { watchResumption } from './watch/resumption.ts';

/** Watches the truth as it changes, and remembers what the end must be held against. */
export interface Watch {
  readonly violations: readonly (Violation & { readonly atMs: number })[];
  readonly unowned: readonly Unowned[];
  readonly surplus: ReadonlySet<string>;
  /** Clusters nobody had learned of nor could see when the bill of their burst was read: no ledger knows their cost. */
  readonly unseen: ReadonlySet<string>;
  onWrite(write: Write, row: Row, by: Writer): void;
  onCluster(cluster: Cluster): void;
  beforeDestroy(clusterId: string, by: Writer): void;
  beforeSurplus(): { readonly nothingBought: () => void };
  /** Somebody is told what things cost now. */
  onQuote(by: Writer): void;
  /** Somebody orders; what it was told last is what it may go by. */
  beforeOrder(by: Writer): void;
  beforeStop(jobId: string): void;
  /** A worker that must never count as ready. */
  unfit(workerId: string): void;
  /** Something was wrong with this cluster or one of its workers. */
  harm(clusterId: string): void;
  report(violation: Violation | undefined): void;
  /** Which write last changed a row. */
  lastWriteOf(key: Key): Write | undefined;
  latest(key: Key): Row | undefined;
  /** Rows in the index of what is due. */
  dueCount(): number;
  /** Scopes in which money is held. */
  heldCount(): number;
  /** No cluster lives, no burst is open and nothing is due yet: there is nothing a timer could do. */
  isAsleep(): boolean;
  tasksEnded(): number;
  livingClusters(): number;
  /** A worker begins a task. */
  onBegin(task: ManifestTask): void;
  onDeath(workerId: string): void;
  /** Jobs that were found to have died with their worker. */
  readonly deathsSeen: readonly DeathSeen[];
}

export interface WatchOptions {
  readonly now: () => number;
  readonly market: () => Market;
  readonly stackCapMicroUsd: () => number;
  /** The largest that any code deployed in this run has. */
  readonly duplicateShare: number;
  /** When the prices moved last. */
  readonly pricedAtMs: () => number;
}

const nameOf = ({ pk, sk }: Key) => `${pk} ${sk}`;

/** What a row is about, by its key; undefined: nothing that is watched. */
function kindOf({ pk, sk }: Key) {
  switch (pk.slice(0, 2)) {
    case 'L#':
      return sk === '#' ? 'lease' : 'job';
    case 'P#':
      return sk === '#' ? 'profile' : 'batch';
    case 'W#':
      return 'quarantine';
    case 'C#':
      return 'checkpoint';
    case '$#':
      return 'money';
    case 'T#':
      return 'task';
    default:
      return undefined;
  }
}

export function createWatch(options: WatchOptions): Watch {
  const { now, market, stackCapMicroUsd, duplicateShare } = options;
  const violations: (Violation & { atMs: number })[] = [];
  const rows = new Map<string, Row>();
  const writes = new Map<string, Write>();
  const due = new Set<string>();
  const held = new Set<string>();
  const surplus = new Set<string>();
  const unseen = new Set<string>();
  const harmed = new Set<string>();
  const unfit = new Set<string>();
  const batches = new Map<string, Map<string, ListedBatch>>();
  const caught = new Map<string, Caught>();
  const quotedAtMs = new WeakMap<Writer, number>();
  let orderedOnQuote = false;
  let unforeseenMicroUsd = 0;
  let [ended, living] = [0, 0];
  let surplusNext = false;

  const report = (violation: Violation | undefined) => {
    if (violation !== undefined) violations.push({ ...violation, atMs: now() });
  };
  const leaseOf = (burstId: string) => rows.get(`L#${burstId} #`);
  const ownership = watchOwnership(now, leaseOf);
  const resumption = watchResumption(report);
  const deaths = watchDeaths(now);
  const truthOf = ({ id, request, phase }: Cluster): ClusterTruth => ({
    id,
    name: request.name,
    phase,
    surplus: surplus.has(id),
  });
  const named = (name: unknown) =>
    market()
      .all()
      .filter(({ request }) => request.name === name);

  /** Tasks of the same batch that have not ended. */
  const neighboursOf = (task: Row): number => {
    for (const batch of rows.values()) {
      const { status, tasks } = batch;
      if (!Array.isArray(tasks) || (status !== 'open' && status !== 'claimed')) continue;
      const ids = tasks.map((listed) => String(Reflect.get(Object(listed), 'taskId')));
      if (!ids.includes(String(task.taskId))) continue;
      return ids.filter((id) => rows.get(`T#${batch.tenant}#${id} #`)?.status === 'accepted')
        .length;
    }
    return 0;
  };

  const jobsBeside = (job: Row): Row[] =>
    [...rows.values()].filter(
      ({ burstId, jobId }) => jobId !== undefined && burstId === job.burstId && jobId !== job.jobId,
    );

  const onProfile = (before: Row | undefined, row: Row, pk: string) => {
    const own = batches.get(pk);
    report(profileWrite(before, row, [...(own?.values() ?? [])]));
    for (const [sk, batch] of own ?? []) own?.set(sk, { ...batch, wasThere: true });
  };

  const onBatch = (before: Row | undefined, row: Row, { pk, sk }: Key, by: Writer) => {
    report(batchWrite(before, row, by));
    if (before !== undefined && Number(row.batchFence) > Number(before.batchFence))
      resumption.onNewFence(row);
    const own = batches.get(pk) ?? new Map<string, ListedBatch>();
    batches.set(pk, own);
    own.set(sk, { row, wasThere: own.get(sk)?.wasThere ?? false });
    const halves = ['a', 'b'].map((half) => rows.get(`${pk} ${sk}${half}`));
    report(splitClosed(row, halves, rows.get(`${pk} #`)));
  };

  const onJob = (job: Row, by: Writer) => {
    report(newJob(job, jobsBeside(job), instantOf(now())));
    const all = [...batches.values()].flatMap((own) => [...own.values()].map(({ row }) => row));
    report(placed(job, all, by, caught.get(String(job.worker))));
  };

  const onLease = (before: Row | undefined, row: Row, by: Writer) => {
    report(leaseWrite(before, row, by));
    report(admitted(before, row, unfit));
    report(duplicatesWithin(before, row, duplicateShare));
    if (row.billedMicroUsd !== undefined && before?.billedMicroUsd === undefined) {
      for (const cluster of named(row.burstId)) {
        if (cluster.id !== row.clusterId && market().isHidden(cluster)) unseen.add(cluster.id);
      }
    }
    if (row.phase === 'settled' && before?.phase !== 'settled') {
      report(settled(row, named(row.burstId).map(truthOf)));
    }
    if (before?.phase !== row.phase || before?.clusterId !== row.clusterId) {
      for (const cluster of named(row.burstId)) ownership.note(cluster);
    }
  };

  const onMoney = (before: Row | undefined, row: Row, name: string) => {
    report(moneyWrite(before, row));
    if (Object.keys(Object(row.holds)).length === 0) held.delete(name);
    else held.add(name);
  };

  const onOrder = (cluster: Cluster) => {
    const cost = market().chargedMicroUsd(cluster);
    const lease = leaseOf(cluster.request.name);
    if (orderedOnQuote) report(coveredByHold(cluster.id, cost, lease));
    else unforeseenMicroUsd += Math.max(0, cost - newestHoldMicroUsdOf(lease));
  };

  const onCaught = ({ workerId, quarantinedUntil }: Row) => {
    const untilMs = Date.parse(String(quarantinedUntil));
    const earlier = caught.get(String(workerId));
    const atMs = earlier !== undefined && now() < earlier.untilMs ? earlier.atMs : now();
    caught.set(String(workerId), { atMs, untilMs });
  };

  const onTask = (before: Row | undefined, row: Row) => {
    report(taskWrite(before, row));
    if (row.status === 'failed') report(failedTask(row, neighboursOf(row)));
    if (row.status !== 'accepted' && before?.status === 'accepted') ended += 1;
  };

  const onRow = (key: Key, before: Row | undefined, row: Row, by: Writer) => {
    switch (kindOf(key)) {
      case 'lease':
        return onLease(before, row, by);
      case 'job':
        if (before === undefined) return onJob(row, by);
        if (row.status === 'lost' && before.status !== 'lost') deaths.onLost(row);
        return;
      case 'profile':
        return onProfile(before, row, key.pk);
      case 'batch':
        return onBatch(before, row, key, by);
      case 'quarantine':
        return onCaught(row);
      case 'checkpoint':
        return resumption.onCheckpoint(before, row);
      case 'money':
        return onMoney(before, row, nameOf(key));
      case 'task':
        return onTask(before, row);
    }
  };

  const committed = () =>
    market()
      .all()
      .filter(({ id }) => !surplus.has(id) && !unseen.has(id))
      .reduce((sum, cluster) => sum + market().chargedMicroUsd(cluster), 0);

  return {
    violations,
    surplus,
    unseen,
    report,
    harm: (clusterId) => void harmed.add(clusterId),
    unfit: (workerId) => void unfit.add(workerId),
    get unowned() {
      return ownership.all();
    },
    onWrite(write, row, by) {
      const name = nameOf(write.key);
      const before = rows.get(name);
      rows.set(name, row);
      writes.set(name, write);
      if (row.dueOf === undefined) due.delete(name);
      else due.add(name);
      onRow(write.key, before, row, by);
    },
    onCluster(cluster) {
      if (surplusNext) surplus.add(cluster.id);
      surplusNext = false;
      ownership.note(cluster);
      living = market()
        .all()
        .filter(({ phase }) => !isClusterOver(phase)).length;
      if (cluster.createdMs !== now() && cluster.phase !== 'RUNNING') return;
      report(ordered(named(cluster.request.name).map(truthOf)));
      if (cluster.createdMs === now() && !surplus.has(cluster.id)) onOrder(cluster);
      const spent = committed() - unforeseenMicroUsd;
      if (spent > stackCapMicroUsd()) {
        const what = `${spent - stackCapMicroUsd()} micro-USD above the cap of the stack are bought`;
        report({ invariant: 'CAP', what });
      }
    },
    beforeDestroy(clusterId, by) {
      const cluster = market()
        .all()
        .find(({ id }) => id === clusterId);
      if (cluster === undefined) return;
      ownership.askedAgain(clusterId);
      const truth = { ...truthOf(cluster), unharmed: !harmed.has(clusterId) };
      report(destroyed(truth, leaseOf(cluster.request.name), by));
    },
    beforeSurplus: () => {
      surplusNext = true;
      const nothingBought = () => {
        surplusNext = false;
      };
      return { nothingBought };
    },
    onQuote: (by) => void quotedAtMs.set(by, now()),
    beforeOrder(by) {
      // A price that moved after it was asked for could not be known to whoever orders.
      const quotedMs = quotedAtMs.get(by);
      orderedOnQuote = quotedMs === undefined || quotedMs > options.pricedAtMs();
    },
    beforeStop: (jobId) => {
      const job = [...rows.values()].find((row) => row.jobId === jobId);
      if (job === undefined) return;
      for (const own of batches.values()) {
        report(
          stopped(
            job,
            [...own.values()].map(({ row }) => row),
          ),
        );
      }
    },
    lastWriteOf: (key) => writes.get(nameOf(key)),
    latest: (key) => rows.get(nameOf(key)),
    dueCount: () => due.size,
    heldCount: () => held.size,
    isAsleep() {
      if (living > 0) return false;
      const at = instantOf(now());
      for (const name of due) {
        const { dueOf, dueAt } = rows.get(name) ?? {};
        if (dueOf === 'lease' || String(dueAt) <= at) return false;
      }
      return true;
    },
    tasksEnded: () => ended,
    livingClusters: () => living,
    onBegin: resumption.onBegin,
    onDeath: deaths.onDeath,
    deathsSeen: deaths.seen,
  };
}
