import type { FleetPolicy, FleetView, IdleCluster } from './fleet.ts';

const HOUR_SECONDS = 3600;

/** Clusters short of the load: waiting and running work beyond what is there or on its way. */
const missing = (view: FleetView, clusterGpus: number): number =>
  Math.max(0, Math.ceil((view.waitingGpus + view.busyGpus) / clusterGpus) - view.clusters);

const never = () => Number.POSITIVE_INFINITY;
const atOnce = ({ idleSinceSeconds }: IdleCluster) => idleSinceSeconds;

/** To the end of the first hour, which is paid in any case, then as long as `idleSeconds`. */
const hourEdge =
  (idleSeconds: number) =>
  ({ startSeconds, idleSinceSeconds }: IdleCluster): number =>
    Math.max(startSeconds + HOUR_SECONDS, idleSinceSeconds + idleSeconds);

/** How long an idle cluster outlives its first hour, seconds. */
const AFTER_THE_EDGE_SECONDS = 300;

export const alwaysOn: FleetPolicy = {
  name: 'always-on',
  always: true,
  order: () => ({ clusters: 0 }),
  letGoAtSeconds: never,
};

export const oneClusterPerTask: FleetPolicy = {
  name: 'cluster-per-task',
  oneTaskEach: true,
  order: () => ({ clusters: 0 }),
  letGoAtSeconds: atOnce,
};

export const idleTimeout = (clusterGpus: number, idleSeconds = 300): FleetPolicy => ({
  name: `idle-${idleSeconds}`,
  order: (view) => ({ clusters: missing(view, clusterGpus) }),
  letGoAtSeconds: ({ idleSinceSeconds }) => idleSinceSeconds + idleSeconds,
});

/** KEDA's defaults: a poll every 30 s, as many clusters as the load fills, 300 s of cooldown (https://keda.sh). */
export const kedaLike = (clusterGpus: number): FleetPolicy => ({
  name: 'keda-like',
  pollSeconds: 30,
  order: (view) => ({ clusters: missing(view, clusterGpus) }),
  letGoAtSeconds: ({ idleSinceSeconds }) => idleSinceSeconds + 300,
});

/**
 * The strong baseline: an idle cluster is kept to the end of its first hour, which is paid in any case, and five
 * minutes in later ones.
 *
 * @param threshold - GPUs of waiting work that a fleet with at least one cluster leaves waiting.
 */
export const hourEdgeHold = (clusterGpus: number, threshold = 0): FleetPolicy => ({
  name: 'hour-edge',
  order: (view) => ({ clusters: beyondThreshold(view, clusterGpus, threshold) }),
  letGoAtSeconds: hourEdge(AFTER_THE_EDGE_SECONDS),
});

/** Waits for company before it rents the first cluster, `waitSeconds` at most, then holds like `hourEdgeHold`. */
export const waitThenHold = (
  clusterGpus: number,
  threshold = 0,
  waitSeconds = 600,
): FleetPolicy => ({
  name: 'wait-then-hold',
  order(view) {
    const { oldestSeconds, nowSeconds } = view;
    if (view.clusters === 0 && oldestSeconds !== undefined) {
      const dueAtSeconds = oldestSeconds + waitSeconds;
      if (nowSeconds < dueAtSeconds) return { clusters: 0, againAtSeconds: dueAtSeconds };
    }
    return { clusters: beyondThreshold(view, clusterGpus, threshold) };
  },
  letGoAtSeconds: hourEdge(AFTER_THE_EDGE_SECONDS),
});

/** One cluster for any work, and more for what is waiting beyond the threshold. */
function beyondThreshold(view: FleetView, clusterGpus: number, threshold: number): number {
  if (view.clusters === 0) return view.waitingGpus > 0 ? 1 : 0;
  const waitingGpus = Math.max(0, view.waitingGpus - threshold);
  return waitingGpus === 0 ? 0 : missing({ ...view, waitingGpus }, clusterGpus);
}
