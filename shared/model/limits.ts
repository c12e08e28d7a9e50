import { usdOf } from './money.ts';
import type { BatchRow, LeaseRow } from './rows.ts';
import { type Instant, plusSeconds, secondsBetween } from './time.ts';

/** Limits that tasks bring along, as their batch keeps them. */

type Entry = BatchRow['tasks'][number];

const openTasks = ({ tasks, settled }: BatchRow): Entry[] =>
  tasks.filter((_, index) => !settled.has(index));

/** A deadline that cannot be met. */
export interface MissedDeadline {
  readonly deadlineAt: Instant;
  readonly hasPassed: boolean;
  /** When the task would be done if it were started at the first moment it may be. */
  readonly earliestAt: Instant;
  readonly needsSeconds: number;
  readonly leftSeconds: number;
}

/**
 * Whether a waiting task can still be done in time, on the most favourable view: it is started at once, or as soon as
 * its batch may be, and takes what was estimated.
 *
 * @returns undefined while it can.
 */
export function missedDeadline(
  { deadlineAt, unitSeconds }: Entry,
  { notBefore }: Pick<BatchRow, 'notBefore'>,
  now: Instant,
): MissedDeadline | undefined {
  if (deadlineAt === undefined) return undefined;
  const from = notBefore !== undefined && notBefore > now ? notBefore : now;
  const earliestAt = plusSeconds(from, unitSeconds);
  if (earliestAt <= deadlineAt) return undefined;
  const leftSeconds = Math.max(0, secondsBetween(now, deadlineAt));
  return {
    ...{ deadlineAt, hasPassed: now >= deadlineAt },
    ...{ earliestAt, needsSeconds: unitSeconds, leftSeconds },
  };
}

/** A task whose own cap is below what its slot time costs at a certain price. */
export interface TooDear {
  readonly maxMicroUsd: number;
  readonly wouldCostMicroUsd: number;
}

/**
 * The first task of a batch that may not cost what a slot costs here. A batch is claimed as a whole, so one is enough
 * to let it wait.
 *
 * @param slotMicroUsd - Price of one second of a slot.
 */
export function tooDear(batch: BatchRow, slotMicroUsd: number): TooDear | undefined {
  for (const { maxMicroUsd, unitSeconds, runs = 1 } of openTasks(batch)) {
    const wouldCostMicroUsd = Math.ceil(runs * unitSeconds * slotMicroUsd - 1e-6);
    if (maxMicroUsd !== undefined && wouldCostMicroUsd > maxMicroUsd) {
      return { maxMicroUsd, wouldCostMicroUsd };
    }
  }
  return undefined;
}

export const tooDearInWords = ({ maxMicroUsd, wouldCostMicroUsd }: TooDear): string =>
  `budget: a task of it would cost ${usdOf(wouldCostMicroUsd)} USD, and its maxPriceUsd is ${usdOf(maxMicroUsd)}`;

/**
 * Price of one second of a slot of a cluster, micro-USD: that of its term over the slots it has, or over those that
 * are wanted where it has more.
 */
export const slotPrice = (
  { requirement, wantedSlots }: Pick<LeaseRow, 'requirement' | 'wantedSlots'>,
  offer: {
    readonly workers: number;
    readonly gpusPerWorker: number;
    readonly termMicroUsd: number;
  },
  termSeconds: number,
): number => {
  const slots = offer.workers * Math.floor(offer.gpusPerWorker / requirement.need.gpus);
  return offer.termMicroUsd / Math.max(1, Math.min(slots, wantedSlots)) / termSeconds;
};

/** An open batch that waits for a price its tasks allow: no cluster is held or opened for it until it is due. */
export const waitsForPrice = ({ status, notBefore, lastReason }: BatchRow, now: Instant): boolean =>
  status === 'open' &&
  notBefore !== undefined &&
  now < notBefore &&
  lastReason?.startsWith('budget:') === true;

/** What a term of the cluster costs, as far as anybody knows; 0: no offer was chosen. */
export const termMicroUsdOf = ({
  offer,
  chargedTermMicroUsd,
}: Pick<LeaseRow, 'offer' | 'chargedTermMicroUsd'>): number =>
  chargedTermMicroUsd ?? offer?.termMicroUsd ?? 0;
