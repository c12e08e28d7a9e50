import { isClusterOver } from '../../../shared/model/cluster.ts';
import type { Row } from '../../../shared/ports.ts';
import { type Violation, violation, type Writer } from './invariant.ts';

/** FENCE: the driver of a burst writes its lease only under the fence it was sent out with. */
export function leaseWrite(before: Row | undefined, after: Row, by: Writer): Violation | undefined {
  if (before === undefined || by.burst === undefined || by.burst.burstId !== after.burstId) return;
  if (before.leaseFence === by.burst.leaseFence) return;
  return violation(
    'FENCE',
    `${by.who} of fence ${by.burst.leaseFence} wrote the lease of ${after.burstId} under fence ${before.leaseFence}`,
  );
}

/** READY: no worker counts that never answered or stands on other hardware than was bought. */
export function admitted(
  before: Row | undefined,
  after: Row,
  unfit: ReadonlySet<string>,
): Violation | undefined {
  if (before?.workers === after.workers || !Array.isArray(after.workers)) return;
  const ids = after.workers.map((worker) => String(Reflect.get(Object(worker), 'workerId')));
  const wrong = ids.find((id) => unfit.has(id));
  return wrong === undefined
    ? undefined
    : violation('READY', `${wrong} was admitted to ${after.burstId}`);
}

/** What a check must know of a cluster. */
export interface ClusterTruth {
  readonly id: string;
  readonly name: string;
  readonly phase: string;
  readonly surplus: boolean;
}

/** ONE-CLUSTER: of the clusters that were ordered, at most one of a name is alive. */
export function ordered(clusters: readonly ClusterTruth[]): Violation | undefined {
  const alive = clusters.filter(({ phase, surplus }) => !surplus && !isClusterOver(phase));
  const [one, other] = alive.map(({ id }) => id);
  return other === undefined
    ? undefined
    : violation('ONE-CLUSTER', `${one} and ${other} are both alive as ${alive[0]?.name}`);
}

/** TEARDOWN: a lease is settled when its own cluster is over, and when no unlearned one of its name lives. */
export function settled(lease: Row, clusters: readonly ClusterTruth[]): Violation | undefined {
  const alive = clusters.find(
    ({ id, phase, surplus }) =>
      !isClusterOver(phase) &&
      (id === lease.clusterId || (lease.clusterId === undefined && !surplus)),
  );
  return alive === undefined
    ? undefined
    : violation('TEARDOWN', `${lease.burstId} was settled while ${alive.id} was ${alive.phase}`);
}

/** Phases of a lease that still wants its cluster. */
const WANTED: readonly unknown[] = ['planned', 'creating', 'provisioning', 'ready'];

/** Failures that say that a cluster could not do its work. */
const BLAMES_CLUSTER: readonly unknown[] = ['ClusterGone', 'WorkersLost', 'ClusterNotReady'];

/** FALSE-TEARDOWN: nobody ends a cluster its lease wants, nor blames one that nothing was wrong with. */
export function destroyed(
  cluster: ClusterTruth & { readonly unharmed: boolean },
  lease: Row | undefined,
  by: Writer,
): Violation | undefined {
  if (lease?.clusterId !== cluster.id || isClusterOver(cluster.phase)) return;
  if (WANTED.includes(lease.phase)) {
    return violation('FALSE-TEARDOWN', `${by.who} ended ${cluster.id}, which its lease wants`);
  }
  const { failure } = lease;
  const error =
    typeof failure === 'object' && failure !== null && 'Error' in failure ? failure : {};
  const blamed = 'Error' in error && BLAMES_CLUSTER.includes(error.Error);
  return blamed && cluster.unharmed
    ? violation('FALSE-TEARDOWN', `${cluster.id} was healthy: ${JSON.stringify(failure)}`)
    : undefined;
}

/** Whether a lease owns a cluster of its name; by the founding design, not by the code that is tested. */
export const owns = (lease: Row | undefined, clusterId: string): boolean =>
  lease !== undefined &&
  lease.phase !== 'settled' &&
  lease.phase !== 'teardown-owed' &&
  (lease.clusterId === undefined || lease.clusterId === clusterId);
