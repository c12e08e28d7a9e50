import type { WorkerId } from '../model/ids.ts';
import type { BatchRow, JobRow, LeaseRow, PaceRow } from '../model/rows.ts';
import { type Instant, secondsBetween } from '../model/time.ts';

/**
 * What earlier bursts have shown of how long tasks take for every second estimated: their pace.
 *
 * A pace is a ratio, so it is learned by its logarithm. Each settled burst says one thing about each kind: the
 * median over its workers, so that one of them cannot move it far, and at most `MOST` either way. What is known is
 * the mean of what bursts said, each worth less with age, drawn towards what is known less well: the place towards
 * the GPU elsewhere, that towards other GPUs, that towards the estimate itself. Like a prior of `PRIOR_BURSTS`
 * bursts at each step (shrinkage): one burst alone moves the estimate by the cube root of `MOST`, twofold.
 *
 * Half-life, bounds and weights are assumptions: nobody publishes how io.net's machines drift.
 */

/** A pace lies between 1/8 and 8, whatever was seen. */
export const MOST = 8;
/** Bursts that what is assumed counts for, beside those that were seen. */
export const PRIOR_BURSTS = 2;
/** A burst counts half after two weeks, and half again after two more. */
const HALF_LIFE_SECONDS = 14 * 24 * 3600;
/** Bursts that all that was seen counts for at most, so that a change is seen where there are very many. */
const MOST_BURSTS = 20;

/** A GPU model in a country. */
export type Place = Pick<NonNullable<LeaseRow['offer']>, 'gpuModel' | 'location'>;

/** What tasks are expected to take for every second estimated, and what that rests on. */
export interface Pace {
  readonly ratio: number;
  readonly by: 'this GPU here' | 'this GPU elsewhere' | 'other GPUs' | 'the estimate';
}

/** The pace of a kind at a place, by all that is known of the kind; the estimate itself where nothing is. */
export function paceAt(known: readonly PaceRow[], place: Place, now: Instant): Pace {
  const isSameGpu = ({ gpuModel }: Place) => gpuModel === place.gpuModel;
  const isHere = (row: PaceRow) => isSameGpu(row) && row.location === place.location;
  const steps = [
    { by: 'other GPUs', rows: known.filter((row) => !isSameGpu(row)) },
    { by: 'this GPU elsewhere', rows: known.filter((row) => isSameGpu(row) && !isHere(row)) },
    { by: 'this GPU here', rows: known.filter(isHere) },
  ] as const;
  let [log, by]: [number, Pace['by']] = [0, 'the estimate'];
  for (const step of steps) {
    if (step.rows.length === 0) continue;
    const aged = step.rows.map((row) => ({ row, share: ageShare(row.at, now) }));
    const weight = aged.reduce((sum, { row, share }) => sum + row.weight * share, 0);
    const logSum = aged.reduce((sum, { row, share }) => sum + row.logSum * share, 0);
    log = (logSum + PRIOR_BURSTS * log) / (weight + PRIOR_BURSTS);
    by = step.by;
  }
  return { ratio: bounded(Math.exp(log)), by };
}

/** Estimated slot time of what is open, by who estimated it. */
export interface Estimated {
  /**
   * By its sender, and taken at its word: it is no kind's estimate, and one tenant's is not to move another's.
   */
  readonly declaredSeconds: number;
  readonly byKind: ReadonlyMap<string, number>;
}

export function estimatedOf(
  batches: readonly Pick<BatchRow, 'kind' | 'tasks' | 'settled'>[],
): Estimated {
  let declaredSeconds = 0;
  const byKind = new Map<string, number>();
  for (const { kind, tasks, settled } of batches) {
    let ownSeconds = 0;
    for (const [index, { unitSeconds, declared }] of tasks.entries()) {
      if (settled.has(index)) continue;
      if (declared) declaredSeconds += unitSeconds;
      else ownSeconds += unitSeconds;
    }
    if (ownSeconds > 0) byKind.set(kind, (byKind.get(kind) ?? 0) + ownSeconds);
  }
  return { declaredSeconds, byKind };
}

/**
 * The pace of all of this work at a place.
 *
 * @param knownOf - What is known of each kind.
 */
export function paceOfWork(
  { declaredSeconds, byKind }: Estimated,
  knownOf: ReadonlyMap<string, readonly PaceRow[]>,
  place: Place,
  now: Instant,
): Pace {
  let [estimated, expected] = [declaredSeconds, declaredSeconds];
  let most: { seconds: number; by: Pace['by'] } = { seconds: 0, by: 'the estimate' };
  for (const [kind, seconds] of byKind) {
    const { ratio, by } = paceAt(knownOf.get(kind) ?? [], place, now);
    estimated += seconds;
    expected += seconds * ratio;
    if (by !== 'the estimate' && seconds > most.seconds) most = { seconds, by };
  }
  const ratio = estimated > 0 ? Math.round((1000 * expected) / estimated) / 1000 : 1;
  return { ratio, by: most.by };
}

/**
 * Slots wanted of a GPU by the pace of the work there: at the estimated pace as many as were asked for; where it is
 * slow more, but never more than there are batches.
 */
export const slotsAt = (ratio: number, wantedSlots: number, batches: number): number =>
  Math.max(1, Math.min(Math.ceil(wantedSlots * ratio - ROUNDING), Math.max(wantedSlots, batches)));

/** What products of decimals may be off by. */
const ROUNDING = 1e-9;

/** What a settled burst shows of each kind: seconds taken for every second estimated. */
export function pacesSeen(jobs: readonly JobRow[]): ReadonlyMap<string, number> {
  const kinds = new Map<string, Map<WorkerId, { took: number; estimated: number }>>();
  for (const job of jobs) {
    const { paceOf, worker, estimateSeconds = 0, submittedAt, answeredAt, slotSeconds } = job;
    if (paceOf === undefined || answeredAt === undefined || !isVerified(job)) continue;
    if (estimateSeconds <= 0) continue;
    const workers = kinds.get(paceOf) ?? new Map<WorkerId, { took: number; estimated: number }>();
    const { took, estimated } = workers.get(worker) ?? { took: 0, estimated: 0 };
    // Its worker's word, but never more than the time it was watched for.
    const seconds = Math.max(0, Math.min(slotSeconds, secondsBetween(submittedAt, answeredAt)));
    workers.set(worker, { took: took + seconds, estimated: estimated + estimateSeconds });
    kinds.set(paceOf, workers);
  }
  return new Map(
    Array.from(kinds, ([kind, workers]) => [
      kind,
      medianOf(Array.from(workers.values(), ({ took, estimated }) => bounded(took / estimated))),
    ]),
  );
}

/** Every result of it was looked at, was good, and counted by itself. */
const isVerified = (job: JobRow): boolean =>
  job.reported === 'succeeded' &&
  job.collected.size >= job.tasks &&
  job.failures.length + job.rejectedResults + job.votes === 0;

/** Of an even number the geometric mean of the two in the middle. */
function medianOf(ratios: readonly number[]): number {
  const sorted = ratios.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 1;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 1;
  return Math.sqrt(lower * upper);
}

/** What is known of a kind at a place once another burst has shown its pace. */
export function taught(
  seen: PaceRow | undefined,
  ratio: number,
  now: Instant,
): Pick<PaceRow, 'bursts' | 'weight' | 'logSum' | 'at'> {
  const { bursts = 0, weight = 0, logSum = 0, at = now } = seen ?? {};
  const share = Math.min(ageShare(at, now), (MOST_BURSTS - 1) / Math.max(1, weight));
  return {
    bursts: bursts + 1,
    weight: rounded(weight * share + 1),
    logSum: rounded(logSum * share + Math.log(bounded(ratio))),
    at: at > now ? at : now,
  };
}

const bounded = (ratio: number): number => Math.min(MOST, Math.max(1 / MOST, ratio));
const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;
/** What something seen at `at` still counts for. */
export const ageShare = (at: Instant, now: Instant): number =>
  Math.min(1, 2 ** (-secondsBetween(at, now) / HALF_LIFE_SECONDS));
