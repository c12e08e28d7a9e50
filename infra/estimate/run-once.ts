import { ProviderRefused } from '../../shared/errors.ts';
import { isClusterOver } from '../../shared/model/cluster.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import { LeaseRow, TaskRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { type Instant, secondsBetween } from '../../shared/model/time.ts';
import type { Ports } from '../../shared/ports.ts';
import type { Catalogue } from '../local/ionet/catalogue.ts';
import { machineFor } from '../simulate/machines.ts';
import { forgetRows } from '../simulate/parsed-once.ts';
import type { ModelResume } from '../virtual/model-files.ts';
import type { Produced } from '../virtual/worker-model.ts';
import { virtualWorld } from '../virtual/world.ts';

export interface RunOptions {
  readonly seed: number;
  readonly settings: Settings;
  readonly catalogue: Catalogue;
  /** Whether a running cluster can be bought further hours. */
  readonly extendable: boolean;
  /** Messages of the intake queue, all sent at once. */
  readonly bodies: readonly string[];
  /** Bytes of the files the tasks name, by their keys: an estimate needs none of them. */
  readonly announced: ReadonlyMap<string, number>;
  /** Seconds of one slot a task takes, by its id. */
  readonly taskSeconds: ReadonlyMap<string, number>;
  /** From an order until its workers run, seconds. */
  readonly provisioningSeconds: () => number;
}

/** A cluster of a run. */
export interface RunCluster {
  readonly profile: string;
  readonly wantedSlots: number;
  readonly offerId: string;
  readonly gpuModel: string;
  readonly gpus: number;
}

/** What became of a task set under one seed. Seconds since it was sent. */
export interface RunResult {
  /** The provider's bill. */
  readonly chargedMicroUsd: number;
  /** What the ledger says of it. */
  readonly billedMicroUsd: number;
  /** The last task ended. */
  readonly finishSeconds: number;
  readonly done: number;
  readonly failed: number;
  /** Neither when the run was given up. */
  readonly unended: number;
  /** In the order they were planned. */
  readonly clusters: readonly RunCluster[];
}

/** Virtual time after which what has not ended is given up: no task set is worth a month of waiting. */
const MOST_SECONDS = 30 * 24 * 3600;

/** Work between two checkpoints of a kind that has them. */
const CHECKPOINT_EVERY_SECONDS = 60;

/**
 * Burst itself over a set of tasks: the deployed machine and stages on virtual time, a provider without faults and
 * workers that take their time and do nothing. Only of use in a build whose kinds have the modelled verdict.
 */
export async function runOnce(options: RunOptions): Promise<RunResult> {
  forgetRows();
  const secondsOf = (taskId: string) => options.taskSeconds.get(taskId) ?? 0;
  let looked = true;
  const world = virtualWorld({
    seed: options.seed,
    settings: options.settings,
    catalogue: options.catalogue,
    compiledFor: (sources) => machineFor(sources, 14_000),
    behaviour: { provisioningSeconds: options.provisioningSeconds },
    taskSeconds: ({ taskId }) => secondsOf(taskId),
    produce: (task, resume) => produced(task, resume, secondsOf(task.taskId)),
    disturb: (ports) => modelled(ports, options),
    afterInvoke: (stage) => {
      if (stage === 'teardown' || stage === 'sweep') looked = false;
    },
  });
  const startedAt = world.ports.clock.now();
  const rows = () => {
    const all = world.ledger.rows();
    return {
      leases: all
        .filter(({ pk, sk }) => String(pk).startsWith('L#') && sk === '#')
        .map((row) => LeaseRow.parse(row)),
      tasks: all.filter(({ pk }) => String(pk).startsWith('T#')).map((row) => TaskRow.parse(row)),
    };
  };
  const isOver = () => {
    if (looked || !world.market.all().every(({ phase }) => isClusterOver(phase))) return false;
    looked = true;
    const { leases, tasks } = rows();
    return (
      tasks.length === options.bodies.length &&
      tasks.every(({ status }) => status !== 'accepted') &&
      leases.every(({ phase }) => phase === 'settled')
    );
  };
  for (const body of options.bodies) await world.queue.send([{ id: '1', body }]);
  await world.run({ forSeconds: MOST_SECONDS, done: isOver });

  const { leases, tasks } = rows();
  const bought = world.market.all();
  return {
    chargedMicroUsd: bought.reduce((sum, one) => sum + world.market.chargedMicroUsd(one), 0),
    billedMicroUsd: leases.reduce((sum, { billedMicroUsd = 0 }) => sum + billedMicroUsd, 0),
    finishSeconds: Math.max(0, ...tasks.map(({ endedAt }) => secondsUntil(startedAt, endedAt))),
    done: tasks.filter(({ status }) => status === 'done').length,
    failed: tasks.filter(({ status }) => status === 'failed').length,
    unended: options.bodies.length - tasks.filter(({ status }) => status !== 'accepted').length,
    clusters: bought.flatMap(({ request: { name, offer } }) => {
      const lease = leases.find(({ burstId }) => burstId === name);
      return lease === undefined
        ? []
        : {
            profile: lease.profile,
            wantedSlots: lease.wantedSlots,
            offerId: offer.offerId,
            gpuModel: offer.gpuModel,
            gpus: offer.gpusPerWorker * offer.workers,
          };
    }),
  };
}

const secondsUntil = (from: Instant, to: Instant | undefined): number =>
  to === undefined ? 0 : secondsBetween(from, to);

/** Files are as large as their tasks say, and an API without extensions refuses them. */
function modelled(ports: Ports, { announced, extendable }: RunOptions): Ports {
  const { artifacts, clusters } = ports;
  return {
    ...ports,
    artifacts: {
      ...artifacts,
      size: async (key) => announced.get(key) ?? (await artifacts.size(key)),
    },
    clusters: extendable
      ? clusters
      : {
          ...clusters,
          async extend() {
            throw new ProviderRefused('a running cluster cannot be extended');
          },
        },
  };
}

function produced(
  { uploads, checkpoint }: ManifestTask,
  resume: ModelResume | undefined,
  seconds: number,
): Produced {
  const files = new Map(uploads.map(({ name }) => [name, Buffer.from('modelled')]));
  if (checkpoint === undefined) return { files };
  const parts = Math.max(1, Math.ceil(seconds / CHECKPOINT_EVERY_SECONDS));
  const from = Number(resume?.stage ?? 0);
  const stages = Array.from({ length: parts - 1 - from }, (_, index) => ({
    stage: String(from + index + 1),
    payload: Buffer.from('modelled'),
    doneShare: (from + index + 1) / parts,
  }));
  return { files, fromShare: from / parts, stages };
}
