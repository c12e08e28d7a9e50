import type { Churn, NodeDrop } from './churn.ts';
import { eventQueue } from './event-queue.ts';
import type { PolicyRun, RunLease, RunTask } from './policy-run.ts';
import type { TraceTask } from './trace.ts';

/** What a baseline sees when it decides: never how long a task that has not ended will take. */
export interface FleetView {
  readonly nowSeconds: number;
  /** GPUs that waiting tasks ask for. */
  readonly waitingGpus: number;
  readonly busyGpus: number;
  /** Clusters that run or were ordered. */
  readonly clusters: number;
  /** Since when the oldest waiting task has waited; undefined: none waits. */
  readonly oldestSeconds: number | undefined;
}

export interface IdleCluster {
  readonly startSeconds: number;
  readonly idleSinceSeconds: number;
}

/** A baseline: when clusters are ordered and let go. First come, first served on any free slot. */
export interface FleetPolicy {
  readonly name: string;
  /** It decides at whole multiples of this alone; left out: whenever anything happens. */
  readonly pollSeconds?: number;
  /** One cluster from the first moment to the end of the trace, and no other. */
  readonly always?: true;
  /** Each cluster takes the task it was ordered for, and no other. */
  readonly oneTaskEach?: true;
  /** How many clusters to order now, or when to ask again though nothing happens. */
  order(view: FleetView): { readonly clusters: number; readonly againAtSeconds?: number };
  /** From when on a cluster that stays idle is let go. */
  letGoAtSeconds(cluster: IdleCluster): number;
}

/** A task at work; `lost` with its cluster, it is begun again from its beginning. */
interface Work {
  readonly task: TraceTask;
  readonly startSeconds: number;
  readonly gpus: readonly number[];
  lost: boolean;
}

interface Cluster {
  /** The n-th that was ordered, from 0. */
  readonly ordinal: number;
  readonly works: Set<Work>;
  startSeconds: number | undefined;
  endSeconds: number | undefined;
  idleSinceSeconds: number;
  /** The task each GPU is busy with, or what its slot last loaded. */
  readonly busy: boolean[];
  readonly loaded: (string | undefined)[];
  /** Of a cluster for one task. */
  readonly only: TraceTask | undefined;
}

type Event =
  | { readonly kind: 'arrival'; readonly task: TraceTask }
  | { readonly kind: 'ready'; readonly cluster: Cluster }
  | { readonly kind: 'end'; readonly cluster: Cluster; readonly work: Work }
  | { readonly kind: 'drop'; readonly drop: NodeDrop }
  | { readonly kind: 'look' };

export interface FleetOptions {
  readonly tasks: readonly TraceTask[];
  readonly clusterGpus: number;
  readonly provisioningSeconds: () => number;
  readonly churn: Churn;
}

/** Runs one baseline over a trace, event by event. */
export function runFleet(policy: FleetPolicy, options: FleetOptions): PolicyRun {
  const { tasks, clusterGpus, provisioningSeconds, churn } = options;
  const events = eventQueue<Event>();
  const waiting: TraceTask[] = [];
  let clusters: Cluster[] = [];
  const leases: RunLease[] = [];
  const done: RunTask[] = [];
  let [modelLoads, ordered] = [0, 0];
  let nextLook = Number.POSITIVE_INFINITY;

  const newCluster = (nowSeconds: number, delaySeconds: number, only?: TraceTask) => {
    const cluster: Cluster = {
      ordinal: ordered++,
      works: new Set(),
      startSeconds: undefined,
      endSeconds: undefined,
      idleSinceSeconds: nowSeconds,
      busy: Array.from({ length: clusterGpus }, () => false),
      loaded: Array.from({ length: clusterGpus }, () => undefined),
      only,
    };
    clusters.push(cluster);
    events.add(nowSeconds + delaySeconds, { kind: 'ready', cluster });
  };

  const begin = (nowSeconds: number, task: TraceTask, cluster: Cluster) => {
    const gpus = freeGpus(cluster).slice(0, task.gpus);
    const [slot = 0] = gpus;
    if (task.model !== '' && cluster.loaded[slot] !== task.model) modelLoads += 1;
    for (const gpu of gpus) {
      cluster.busy[gpu] = true;
      cluster.loaded[gpu] = task.model;
    }
    const work: Work = { task, startSeconds: nowSeconds, gpus, lost: false };
    cluster.works.add(work);
    events.add(nowSeconds + task.serviceSeconds, { kind: 'end', cluster, work });
  };

  const end = (nowSeconds: number, cluster: Cluster, work: Work) => {
    cluster.works.delete(work);
    for (const gpu of work.gpus) cluster.busy[gpu] = false;
    cluster.idleSinceSeconds = nowSeconds;
    done.push({ task: work.task, startSeconds: work.startSeconds, endSeconds: nowSeconds });
  };

  /** What ran on a lost cluster waits again, before all others. */
  const loseSome = (nowSeconds: number, drop: NodeDrop) => {
    for (const cluster of clusters) {
      const { startSeconds } = cluster;
      if (startSeconds === undefined || !churn.isLost(drop, cluster.ordinal)) continue;
      cluster.endSeconds = nowSeconds;
      leases.push({ startSeconds, endSeconds: nowSeconds, gpus: clusterGpus });
      for (const work of cluster.works) work.lost = true;
      const tasksAgain = [...cluster.works].map(({ task }) => task);
      waiting.unshift(...tasksAgain);
      if (policy.always) newCluster(nowSeconds, provisioningSeconds());
      if (policy.oneTaskEach) {
        for (const task of tasksAgain) newCluster(nowSeconds, provisioningSeconds(), task);
      }
    }
    clusters = clusters.filter(({ endSeconds }) => endSeconds === undefined);
  };

  const serve = (nowSeconds: number) => {
    for (let task = waiting[0]; task !== undefined; task = waiting[0]) {
      const { gpus } = task;
      const cluster = clusters.find(
        (one) =>
          one.startSeconds !== undefined &&
          (one.only === undefined || one.only === task) &&
          freeGpus(one).length >= gpus,
      );
      if (cluster === undefined) return;
      waiting.shift();
      begin(nowSeconds, task, cluster);
    }
  };

  /** Clusters for one task serve it whenever they come: no queue is kept. */
  const serveEach = (nowSeconds: number) => {
    for (const cluster of clusters) {
      const at = cluster.only === undefined ? -1 : waiting.indexOf(cluster.only);
      if (at < 0 || cluster.startSeconds === undefined || cluster.only === undefined) continue;
      waiting.splice(at, 1);
      begin(nowSeconds, cluster.only, cluster);
    }
  };

  const letGo = (nowSeconds: number, over: boolean) => {
    for (const cluster of clusters) {
      const { startSeconds, idleSinceSeconds } = cluster;
      if (startSeconds === undefined || cluster.busy.includes(true)) continue;
      if (cluster.only !== undefined && waiting.includes(cluster.only)) continue;
      const atSeconds = policy.always
        ? over
          ? nowSeconds
          : Number.POSITIVE_INFINITY
        : policy.letGoAtSeconds({ startSeconds, idleSinceSeconds });
      if (atSeconds <= nowSeconds) {
        cluster.endSeconds = nowSeconds;
        leases.push({ startSeconds, endSeconds: nowSeconds, gpus: clusterGpus });
      } else if (policy.pollSeconds === undefined) lookAt(atSeconds);
    }
    clusters = clusters.filter(({ endSeconds }) => endSeconds === undefined);
  };

  const lookAt = (atSeconds: number) => {
    if (!Number.isFinite(atSeconds) || atSeconds >= nextLook) return;
    nextLook = atSeconds;
    events.add(atSeconds, { kind: 'look' });
  };

  const decide = (nowSeconds: number, over: boolean) => {
    letGo(nowSeconds, over);
    if (policy.always || policy.oneTaskEach) return;
    const [oldest] = waiting;
    const wanted = policy.order({
      nowSeconds,
      waitingGpus: waiting.reduce((sum, { gpus }) => sum + gpus, 0),
      busyGpus: clusters.reduce((sum, { busy }) => sum + busy.filter(Boolean).length, 0),
      clusters: clusters.length,
      oldestSeconds: oldest?.arrivalSeconds,
    });
    for (let n = 0; n < wanted.clusters; n += 1) newCluster(nowSeconds, provisioningSeconds());
    if (wanted.againAtSeconds !== undefined) lookAt(wanted.againAtSeconds);
  };

  for (const task of tasks) events.add(task.arrivalSeconds, { kind: 'arrival', task });
  for (const drop of churn.drops) events.add(drop.atSeconds, { kind: 'drop', drop });
  if (policy.always) newCluster(tasks[0]?.arrivalSeconds ?? 0, 0);
  for (let next = events.take(); next !== undefined; next = events.take()) {
    const { at: nowSeconds, event } = next;
    if (event.kind === 'arrival') {
      waiting.push(event.task);
      if (policy.oneTaskEach) newCluster(nowSeconds, provisioningSeconds(), event.task);
    } else if (event.kind === 'ready') {
      event.cluster.startSeconds = nowSeconds;
      event.cluster.idleSinceSeconds = nowSeconds;
    } else if (event.kind === 'end') {
      if (!event.work.lost) end(nowSeconds, event.cluster, event.work);
    } else if (event.kind === 'drop') {
      if (done.length < tasks.length) loseSome(nowSeconds, event.drop);
    } else if (nextLook === nowSeconds) nextLook = Number.POSITIVE_INFINITY;
    if (policy.oneTaskEach) serveEach(nowSeconds);
    else serve(nowSeconds);
    const { pollSeconds } = policy;
    if (pollSeconds === undefined || event.kind === 'look') {
      decide(nowSeconds, done.length === tasks.length);
    }
    const atWork = waiting.length > 0 || clusters.length > 0;
    if (pollSeconds !== undefined && atWork) {
      lookAt((Math.floor(nowSeconds / pollSeconds) + 1) * pollSeconds);
    }
  }
  return { policy: policy.name, leases, tasks: done, modelLoads };
}

const freeGpus = ({ busy }: Cluster): number[] =>
  busy.flatMap((taken, gpu) => (taken ? [] : [gpu]));
