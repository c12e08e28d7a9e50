import { isClusterOver } from '../../shared/model/cluster.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Key, Row, Write } from '../../shared/ports.ts';
import type { Cluster, Market } from '../virtual/market.ts';
import { batchWrite, type ListedBatch, profileWrite, splitClosed } from './invariants/batches.ts';
import { checkpointWrite, type LeastResume, wentOn } from './invariants/checkpoints.ts';
import {
  admitted,
  type ClusterTruth,
  destroyed,
  leaseWrite,
  ordered,
  owns,
  settled,
} from './invariants/clusters.ts';
import type { Violation, Writer } from './invariants/invariant.ts';
import { type Caught, duplicatesWithin, newJob, placed, stopped } from './invariants/jobs.ts';
import { coveredByHold, moneyWrite, newestHoldMicroUsdOf } from './invariants/money.ts';
import { failedTask, taskWrite } from './invariants/tasks.ts';

/** A stretch of time in which a cluster lived and nobody owned it. */
export interface Unowned {
  readonly clusterId: string;
  readonly sinceMs: number;
  /** When it was last asked to end for the first time, or ended. */
  untilMs: number | undefined;
}

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

/** A job whose worker died, and when it was called lost. */
interface DeathSeen {
  readonly jobId: string;
  /** From when on it could be seen. */
  readonly sinceMs: number;
  readonly seenMs: number;
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
  const unowned = new Map<string, Unowned>();
  const over: Unowned[] = [];
  const batches = new Map<string, Map<string, ListedBatch>>();
  const caught = new Map<string, Caught>();
  const quotedAtMs = new WeakMap<Writer, number>();
  const diedAtMs = new Map<string, number>();
  const deathsSeen: DeathSeen[] = [];
  const verified = new Map<string, number>();
  const leastResume = new Map<string, LeastResume>();
  let orderedOnQuote = false;
  let unforeseenMicroUsd = 0;
  let [ended, living] = [0, 0];
  let surplusNext = false;

  const report = (violation: Violation | undefined) => {
    if (violation !== undefined) violations.push({ ...violation, atMs: now() });
  };
  const leaseOf = (burstId: string) => rows.get(`L#${burstId} #`);
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

  /** Starts and ends the stretches in which a cluster has no owner. */
  const noteOwner = (cluster: Cluster) => {
    const since = unowned.get(cluster.id);
    const lives = !isClusterOver(cluster.phase) && cluster.phase !== 'DELETING';
    const orphan = lives && !owns(leaseOf(cluster.request.name), cluster.id);
    if (orphan && since === undefined) {
      unowned.set(cluster.id, { clusterId: cluster.id, sinceMs: now(), untilMs: undefined });
    }
    if (!orphan && since !== undefined) {
      since.untilMs ??= now();
      over.push(since);
      unowned.delete(cluster.id);
    }
  };

  /** One that does not listen must be asked again within the same bound. */
  const askedAgain = (clusterId: string) => {
    const since = unowned.get(clusterId);
    if (since === undefined) return;
    over.push({ ...since, untilMs: now() });
    unowned.set(clusterId, { clusterId, sinceMs: now(), untilMs: undefined });
  };

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
      noteVerified(row);
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

  /** What later attempts at the tasks of a batch must not fall behind. */
  const noteVerified = ({ tasks, batchFence }: Row) => {
    if (verified.size === 0 || !Array.isArray(tasks)) return;
    for (const task of tasks) {
      const taskId = String(Reflect.get(Object(task), 'taskId'));
      const sequence = verified.get(taskId);
      if (sequence !== undefined) leastResume.set(taskId, { fence: Number(batchFence), sequence });
    }
  };

  const onCheckpoint = (before: Row | undefined, row: Row) => {
    report(checkpointWrite(before, row));
    const taskId = String(row.taskId);
    if (row.newest === undefined) {
      verified.delete(taskId);
      leastResume.delete(taskId);
    } else verified.set(taskId, Number(Reflect.get(Object(row.newest), 'sequence')));
  };

  const onLost = ({ jobId, worker, submittedAt }: Row) => {
    const diedMs = diedAtMs.get(String(worker));
    if (diedMs === undefined) return;
    const sinceMs = Math.max(diedMs, Date.parse(String(submittedAt)));
    deathsSeen.push({ jobId: String(jobId), sinceMs, seenMs: now() });
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
      for (const cluster of named(row.burstId)) noteOwner(cluster);
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
      return [...over, ...unowned.values()];
    },
    onWrite(write, row, by) {
      const name = nameOf(write.key);
      const before = rows.get(name);
      rows.set(name, row);
      writes.set(name, write);
      if (row.dueOf === undefined) due.delete(name);
      else due.add(name);
      const { pk, sk } = write.key;
      if (pk.startsWith('L#') && sk === '#') onLease(before, row, by);
      else if (pk.startsWith('L#') && before === undefined) onJob(row, by);
      else if (row.status === 'lost' && before?.status !== 'lost') onLost(row);
      else if (pk.startsWith('P#') && sk === '#') onProfile(before, row, pk);
      else if (pk.startsWith('P#')) onBatch(before, row, write.key, by);
      else if (pk.startsWith('W#')) {
        const untilMs = Date.parse(String(row.quarantinedUntil));
        const earlier = caught.get(String(row.workerId));
        const atMs = earlier !== undefined && now() < earlier.untilMs ? earlier.atMs : now();
        caught.set(String(row.workerId), { atMs, untilMs });
      } else if (pk.startsWith('C#')) onCheckpoint(before, row);
      else if (pk.startsWith('$#')) onMoney(before, row, name);
      else if (pk.startsWith('T#')) {
        report(taskWrite(before, row));
        if (row.status === 'failed') report(failedTask(row, neighboursOf(row)));
        if (row.status !== 'accepted' && before?.status === 'accepted') ended += 1;
      }
    },
    onCluster(cluster) {
      if (surplusNext) surplus.add(cluster.id);
      surplusNext = false;
      noteOwner(cluster);
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
      askedAgain(clusterId);
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
    onBegin: (task) => report(wentOn(task, leastResume.get(task.taskId))),
    onDeath: (workerId) => void diedAtMs.set(workerId, now()),
    deathsSeen,
  };
}
