import { randomFrom } from '../../shared/memory/memory-ids.ts';
import { canonicalJson } from '../../shared/model/digest.ts';
import type { WorkerId } from '../../shared/model/ids.ts';
import { JobRow, TaskRow } from '../../shared/model/rows.ts';
import { Settings } from '../../shared/model/settings.ts';
import { secondsBetween } from '../../shared/model/time.ts';
import { CATALOGUE, UNCAPPED } from './bench-settings.ts';
import { createBurstWorld } from './burst-world.ts';
import { quantile } from './measures.ts';
import { normalFrom } from './provisioning.ts';

export interface SlowBurstOptions {
  readonly seed: number;
  /** Workers of one slot; one of them is slow. */
  readonly workers: number;
  readonly tasksPerWorker: number;
  /** What a task takes at the median, and is said to take, seconds. */
  readonly taskSeconds: number;
  /** Sigma of the lognormal factor its true time differs by. */
  readonly sigma: number;
  /** So many times longer on the slow worker. */
  readonly slowTimes: number;
  /** Share of the slot time that may go to second attempts. */
  readonly duplicateShare: number;
}

export interface SlowBurst {
  /** From the first submission to the end of a task. */
  readonly p99Seconds: number;
  /** What workers were busy for, attempts that were cancelled included. */
  readonly slotSeconds: number;
  readonly secondAttempts: number;
  /** What the work takes at least where no worker is slow: its sum over the workers, or the longest task. */
  readonly leastSeconds: number;
}

/** Runs one burst with a slow worker: the deployed machine and stages on virtual time. */
export async function slowBurst(options: SlowBurstOptions): Promise<SlowBurst> {
  const { seed, workers, tasksPerWorker, taskSeconds, slowTimes } = options;
  const noise = normalFrom(seed * 7919 + 1);
  const total = workers * tasksPerWorker;
  const lengths = Array.from({ length: total }, () =>
    Math.round(taskSeconds * Math.exp(options.sigma * noise())),
  );
  const slow = 1 + Math.floor(randomFrom(seed)() * workers);
  const isSlow = (worker: WorkerId) => worker.endsWith(`-w${slow}`);
  const world = createBurstWorld({
    seed,
    catalogue: CATALOGUE,
    provisioningSeconds: () => 300,
    settings: Settings.parse({
      ...UNCAPPED,
      batches: { maxTasks: 1, duplicateShare: options.duplicateShare },
      clusters: { maxWorkers: workers, secondsPerSlot: taskSeconds * tasksPerWorker, quorum: 1 },
      lease: { jobSeconds: 3600 },
    }),
    onStart: (number, _model, worker) => (lengths[number] ?? 0) * (isSlow(worker) ? slowTimes : 1),
    onCluster: () => undefined,
    isAtWork: () => true,
  });
  await world.send(
    lengths.map((_, number) =>
      canonicalJson({
        taskId: `t-${number}`,
        kind: 'bench.traced',
        spec: { number, model: 'one' },
        resources: { vramGb: 24 },
        estimatedSeconds: taskSeconds,
      }),
    ),
  );
  await world.runUntilOver();
  const sum = lengths.reduce((all, seconds) => all + seconds, 0);
  const leastSeconds = Math.max(sum / workers, ...lengths);
  return { ...measuredOf(world.ledger.rows(), total), leastSeconds };
}

function measuredOf(
  rows: readonly Readonly<Record<string, unknown>>[],
  total: number,
): Omit<SlowBurst, 'leastSeconds'> {
  const of = (prefix: string, sort: string) =>
    rows.filter(({ pk, sk }) => String(pk).startsWith(prefix) && String(sk).startsWith(sort));
  const jobs = of('L#', 'J#').map((row) => JobRow.parse(row));
  const ended = of('T#', '#')
    .map((row) => TaskRow.parse(row))
    .filter(({ status }) => status === 'done');
  if (ended.length !== total) throw new Error(`${ended.length} of ${total} tasks are done`);
  const [first] = jobs.map(({ submittedAt }) => submittedAt).sort();
  const seconds = ended.flatMap(({ endedAt }) =>
    first !== undefined && endedAt !== undefined ? [secondsBetween(first, endedAt)] : [],
  );
  return {
    p99Seconds: quantile(
      seconds.sort((a, b) => a - b),
      0.99,
    ),
    slotSeconds: jobs.reduce((sum, job) => sum + busySeconds(job), 0),
    secondAttempts: jobs.filter(({ reissueOf }) => reissueOf !== undefined).length,
  };
}

/** A job that was cancelled had worked until its worker heard of it. */
export const busySeconds = ({ reported, slotSeconds, submittedAt, answeredAt }: JobRow): number =>
  reported === 'cancelled' && answeredAt !== undefined
    ? secondsBetween(submittedAt, answeredAt)
    : slotSeconds;
