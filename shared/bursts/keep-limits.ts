import { putOffBatch, settleTasks } from '../ledger/batches.ts';
import { endTask } from '../ledger/tasks.ts';
import {
  type MissedDeadline,
  missedDeadline,
  tooDear,
  tooDearInWords,
  waitsForPrice,
} from '../model/limits.ts';
import type { BatchRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, plusSeconds } from '../model/time.ts';
import type { Ports } from '../ports.ts';
import { failRest } from './give-back.ts';

/** Cooldowns a batch waits that is too dear, before prices are looked at again for it. */
const COOLDOWNS = 10;

/**
 * Holds open batches against the limits of their tasks: a task whose deadline has passed, or cannot be met where it
 * said so, ends as failed, and so do those whose attempts are used up; a batch with a task that may not cost what a slot costs here waits for another price.
 *
 * @param slotMicroUsd - Price of one second of a slot; undefined: none is known yet.
 * @returns the batches as they are now that are claimed, or open and may be claimed at this price.
 */
export async function keepLimits(
  ledger: Ports['ledger'],
  settings: Settings,
  batches: readonly BatchRow[],
  slotMicroUsd: number | undefined,
  now: Instant,
): Promise<BatchRow[]> {
  const kept: BatchRow[] = [];
  for (const batch of batches) {
    if (batch.status === 'claimed') kept.push(batch);
    if (batch.status !== 'open') continue;
    if (batch.usedUp) {
      await failRest(ledger, batch, now);
      continue;
    }
    const inTime = await endLate(ledger, batch, now);
    if (inTime?.status !== 'open' || waitsForPrice(inTime, now)) continue;
    const dear = slotMicroUsd === undefined ? undefined : tooDear(inTime, slotMicroUsd);
    if (dear === undefined) kept.push(inTime);
    else await putOff(ledger, settings, inTime, tooDearInWords(dear), now);
  }
  return kept;
}

async function endLate(
  ledger: Ports['ledger'],
  batch: BatchRow,
  now: Instant,
): Promise<BatchRow | undefined> {
  const late = new Set<number>();
  for (const [index, entry] of batch.tasks.entries()) {
    const missed = batch.settled.has(index) ? undefined : missedDeadline(entry, batch, now);
    if (missed === undefined || !(missed.hasPassed || entry.failIfUnreachable)) continue;
    const ending = { status: 'failed', reason: inWords(missed), attempts: batch.attempts } as const;
    await endTask(ledger, batch.tenant, entry.taskId, ending, now);
    late.add(index);
  }
  return late.size === 0 ? batch : settleTasks(ledger, batch, late);
}

const inWords = ({ deadlineAt, hasPassed, earliestAt, needsSeconds }: MissedDeadline): string =>
  hasPassed
    ? `deadline-unreachable: ${deadlineAt} has passed`
    : `deadline-unreachable: it takes about ${Math.ceil(needsSeconds)} s, so it would be done at ${earliestAt} at the earliest, and its deadline is ${deadlineAt}`;

function putOff(
  ledger: Ports['ledger'],
  { clusters, looks }: Settings,
  batch: BatchRow,
  reason: string,
  now: Instant,
) {
  const notBefore = plusSeconds(now, COOLDOWNS * clusters.cooldownSeconds);
  const dueAt = plusSeconds(notBefore, looks.graceSeconds);
  return putOffBatch(ledger, batch, { notBefore, reason, now, dueAt });
}
