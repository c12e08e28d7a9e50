import { forgetTask } from '../../shared/bursts/forget-task.ts';
import { failRest, giveBack, wasStarted } from '../../shared/bursts/give-back.ts';
import { openIfNeeded } from '../../shared/bursts/open.ts';
import { finishSplit } from '../../shared/bursts/split.ts';
import { deferBatch, noteForgotten, settleTasks } from '../../shared/ledger/batches.ts';
import { jobsOf } from '../../shared/ledger/jobs.ts';
import { readLease } from '../../shared/ledger/leases.ts';
import { readProfile } from '../../shared/ledger/profiles.ts';
import type { BatchId, ProfileId } from '../../shared/model/ids.ts';
import { BatchRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { type Instant, plusSeconds } from '../../shared/model/time.ts';
import type { AttemptEnd } from '../../shared/run/returns.ts';
import { eachDue } from './each-due.ts';
import type { SweepPorts } from './sweep-ports.ts';

/**
 * Batches that were not heard of for long: open ones are announced to their profile again (intake may have
 * died before it did), claims of bursts that are over go back, halves not written yet are, and what the tasks of done ones kept secret is
 * deleted. @returns how many went back.
 */
export const sweepBatches = (
  ports: SweepPorts,
  settings: Settings,
  now: Instant,
): Promise<number> => {
  const announced = new Map<ProfileId, BatchId>();
  return eachDue(ports, 'batch', now, BatchRow, async (batch) => {
    if (batch.status === 'done') await forget(ports, settings, batch, now);
    if (batch.status === 'split') await finishSplit(ports.ledger, settings, batch, now);
    if (batch.status !== 'open' && batch.status !== 'claimed') return false;
    // Whoever settled the last task died before it could call the batch done.
    if (batch.settled.size >= batch.tasks.length) {
      await settleTasks(ports.ledger, batch, batch.settled);
      return true;
    }
    if (batch.usedUp) {
      await failRest(ports.ledger, batch, now);
      return true;
    }
    const end = await strandedEnd(ports, batch);
    if (end !== undefined) return giveBack(ports.ledger, settings, batch, end, now);
    if (batch.status === 'open') await announce(ports, settings, batch, announced);
    await deferBatch(ports.ledger, batch, plusSeconds(now, untilAgain(batch, settings)));
    return false;
  });
};

/**
 * An open batch that was announced is looked at again after as long as a job takes: its profile, which knows of it
 * until it has ended, is looked at every minute.
 */
const untilAgain = (
  { status }: Pick<BatchRow, 'status'>,
  { looks, lease }: Pick<Settings, 'looks' | 'lease'>,
): number => (status === 'open' ? lease.jobSeconds : looks.graceSeconds);

/**
 * Deletes what the tasks of a done batch kept secret, however they ended; and once more when no job that may
 * still upload for them has a living URL.
 */
async function forget(
  ports: SweepPorts,
  settings: Settings,
  batch: BatchRow,
  now: Instant,
): Promise<void> {
  for (const { taskId } of batch.tasks) await forgetTask(ports, batch.tenant, taskId);
  const again =
    batch.forgottenAt === undefined
      ? plusSeconds(now, settings.lease.jobSeconds + settings.looks.graceSeconds)
      : undefined;
  await noteForgotten(ports.ledger, batch, now, again);
}

/** How the attempt ended that holds a batch nobody works on; undefined: its burst lives. */
async function strandedEnd(
  { ledger }: SweepPorts,
  batch: BatchRow,
): Promise<AttemptEnd | undefined> {
  if (batch.status !== 'claimed') return undefined;
  const lease = batch.burst === undefined ? undefined : await readLease(ledger, batch.burst);
  if (lease !== undefined && lease.phase !== 'settled' && lease.phase !== 'teardown-owed') {
    return undefined;
  }
  const jobs = lease === undefined ? [] : await jobsOf(ledger, lease.burstId);
  const started = wasStarted(batch, jobs);
  return { class: 'burst-closed', reason: 'its burst is over', started };
}

/** `announced`: by profile, the oldest batch told of in this pass, which speaks for all that are younger. */
async function announce(
  ports: SweepPorts,
  settings: Settings,
  { tenant, profile: id, batchId }: BatchRow,
  announced: Map<ProfileId, BatchId>,
): Promise<void> {
  const oldest = announced.get(id);
  if (oldest !== undefined && oldest <= batchId) return;
  const profile = await readProfile(ports.ledger, tenant, id);
  if (profile === undefined) return;
  await openIfNeeded(ports, settings, profile, { arrived: batchId });
  announced.set(id, batchId);
}
