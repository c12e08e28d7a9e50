import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { randomFrom } from '../../shared/memory/memory-ids.ts';
import { JobRow } from '../../shared/model/rows.ts';
import { type Instant, plusSeconds, secondsBetween } from '../../shared/model/time.ts';
import { assign } from '../../shared/run/assignment.ts';
import { quantile } from './measures.ts';
import { backlogOfSeconds, NOW } from './planner-rows.ts';

/** How long a cluster took for work it had from the beginning, over what it had to take. */
export interface MakespanRow {
  readonly work: string;
  readonly tasks: number;
  readonly slots: number;
  /** Over max(sum / slots, longest); of all seeds the median and the worst. */
  readonly median: number;
  readonly worst: number;
  /** Over what longest-first list scheduling takes, worst. */
  readonly toLpt: number;
}

/**
 * Runs tasks of known length, one a batch, on slots that Burst's own decision supplies whenever a job ends.
 *
 * @returns seconds from the first submission to the end of the last job.
 */
export function makespan(seconds: readonly number[], slots: number): number {
  const { settings, lease, batches } = backlogOfSeconds(seconds, slots);
  const open = new Map(batches.map((batch) => [batch.batchId, batch]));
  const freeAt = new Map<string, number>();
  const loaded: Record<string, { key: string; at: Instant }> = {};
  const running: { readonly job: JobRow; readonly endSeconds: number }[] = [];
  let [now, end, n] = [0, 0, 0];
  while (open.size > 0) {
    const at = plusSeconds(NOW, now);
    const paidUntil = plusSeconds(at, 3600);
    const live = running.filter(({ endSeconds }) => endSeconds > now);
    running.splice(0, running.length, ...live);
    const current = { ...lease, paidUntil, loaded };
    const jobs = live.map(({ job }) => job);
    const waiting = [...open.values()];
    const claimed = batches.filter(({ batchId }) =>
      jobs.some(({ batches: own }) => own.some((claim) => claim.batchId === batchId)),
    );
    const rows = [
      ...claimed.map((batch) => ({ ...batch, status: 'claimed' as const })),
      ...waiting,
    ];
    for (const { worker, batches: taken, deadlineAt } of assign(
      current,
      jobs,
      rows,
      new Set(),
      settings,
      at,
    ).assignments) {
      n += 1;
      const begins = Math.max(now, freeAt.get(worker) ?? 0);
      const ends = begins + taken.reduce((sum, batch) => sum + batch.slotSeconds, 0);
      freeAt.set(worker, ends);
      loaded[worker] = { key: taken.at(-1)?.affinityKey ?? '', at };
      end = Math.max(end, ends);
      for (const { batchId } of taken) open.delete(batchId);
      const job = JobRow.parse({
        ...{ v: 1, burstId: lease.burstId, n, jobId: `${lease.burstId}-${n}`, worker },
        batches: taken.map(({ batchId }) => ({ batchId, batchFence: 1 })),
        ...{
          tasks: taken.length,
          manifestKey: 't/default/manifests/x',
          manifestSha256: 'ab'.repeat(32),
        },
        ...{
          submittedAt: plusSeconds(NOW, begins),
          deadlineAt,
          status: 'running',
          reported: 'running',
          started: true,
        },
      });
      running.push({ job, endSeconds: ends });
    }
    const next = Math.min(...running.map(({ endSeconds }) => endSeconds));
    if (!Number.isFinite(next) || secondsBetween(NOW, at) > MOST_SECONDS) {
      throw new Error(`${open.size} tasks were never given to a slot`);
    }
    now = next;
  }
  return end;
}

const MOST_SECONDS = 30 * 24 * 3600;

/** Longest-first list scheduling: at most 4/3 - 1/(3 slots) of the optimum (Graham). */
export function lptMakespan(seconds: readonly number[], slots: number): number {
  const loads = Array.from({ length: slots }, () => 0);
  for (const one of seconds.toSorted((a, b) => b - a)) {
    const least = loads.indexOf(Math.min(...loads));
    loads[least] = (loads[least] ?? 0) + one;
  }
  return Math.max(...loads);
}

function makespanRow(
  work: string,
  orders: readonly (readonly number[])[],
  slots: number,
): MakespanRow {
  const ratios = orders.map((seconds) => {
    const bound = Math.max(seconds.reduce((sum, one) => sum + one, 0) / slots, ...seconds);
    const ours = makespan(seconds, slots);
    return { bound: ours / bound, lpt: ours / lptMakespan(seconds, slots) };
  });
  const sorted = ratios.map(({ bound }) => bound).sort((a, b) => a - b);
  return {
    ...{ work, tasks: orders[0]?.length ?? 0, slots },
    ...{ median: quantile(sorted, 0.5), worst: quantile(sorted, 1) },
    toLpt: Math.max(...ratios.map(({ lpt }) => lpt)),
  };
}

export const PROOFS = fileURLToPath(
  new URL('../../../shared/data/zk_blocks_8x5090_first300.csv', import.meta.url),
);

/** Proving times of the development trace, seconds, without the provers that crashed; undefined: it is not there. */
export function proofSeconds(file: string): number[] | undefined {
  if (!existsSync(file)) return undefined;
  const [head = '', ...lines] = readFileSync(file, 'utf8').trim().split('\n');
  const column = head.trim().split(',').indexOf('reth_risc0_ms');
  return lines.map((line) => Number(line.split(',')[column]) / 1000).filter(Number.isFinite);
}

/** Times of about the shape of image generation: median 22 s, lognormal. */
function drawn(
  count: number,
  medianSeconds: number,
  sigma: number,
  random: () => number,
): number[] {
  return Array.from({ length: count }, () => {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    return Math.round(1000 * Math.min(600, medianSeconds * Math.exp(sigma * normal))) / 1000;
  });
}

function shuffled(seconds: readonly number[], random: () => number): number[] {
  return seconds
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one);
}

/** Work as generated, and the proofs where there are any: in an order for every seed from 1 on. */
export function makespanRows(seeds: number, proofs: readonly number[] | undefined): MakespanRow[] {
  const randoms = Array.from({ length: seeds }, (_, n) => randomFrom(n + 1));
  const orders = (of: (random: () => number) => number[]) => randoms.map(of);
  const pictures = orders((random) => drawn(1600, 22, 0.6, random));
  return [
    makespanRow('100 a slot, generated', pictures, 16),
    ...[60, 75, 90].map((slots) => {
      const generated = orders((random) => drawn(280, 149, 0.2, random));
      return makespanRow('proofs, generated', generated, slots);
    }),
    ...(proofs === undefined ? [] : [56, 70, 90]).map((slots) => {
      const traced = orders((random) => shuffled(proofs ?? [], random));
      return makespanRow('proofs, reth_risc0', traced, slots);
    }),
  ];
}
