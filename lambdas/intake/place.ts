import { forgetTask } from '../../shared/bursts/forget-task.ts';
import { openIfNeeded } from '../../shared/bursts/open.ts';
import { inParallel } from '../../shared/concurrency.ts';
import { type BatchDraft, draftBatches, entryOf } from '../../shared/intake/batches.ts';
import type { SoundTask } from '../../shared/intake/parse-task.ts';
import { type Refusal, refusal } from '../../shared/intake/refusal.ts';
import { hasSecrets } from '../../shared/kinds/kinds.ts';
import { openBatch, readBatch } from '../../shared/ledger/batches.ts';
import { ensureProfile } from '../../shared/ledger/profiles.ts';
import { acceptTask, type Placement, placeAgain, readTask } from '../../shared/ledger/tasks.ts';
import { bodiesKey } from '../../shared/model/artifact-keys.ts';
import { canonicalJson, sha256Of } from '../../shared/model/digest.ts';
import { BatchId, type ProfileId, type Tenant } from '../../shared/model/ids.ts';
import type { BatchRow, ProfileRow, TaskRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { millisecondsOf, plusSeconds, secondsBetween } from '../../shared/model/time.ts';
import type { Ports } from '../../shared/ports.ts';
import { missingFile } from './task-files.ts';

type PlacePorts = Pick<Ports, 'ledger' | 'artifacts' | 'bursts' | 'clock' | 'ids' | 'log'>;

/**
 * What became of one task. `later`: its first placing may still be under way, or this one failed, so ask
 * again.
 */
export type Placed =
  | { readonly outcome: 'listed' | 'known' }
  | { readonly outcome: 'later' }
  | { readonly outcome: 'refused'; readonly refusal: Refusal };

/** Ledger writes of one invocation at a time. */
const WRITES_AT_ONCE = 25;

/**
 * Puts tasks of one tenant into batches, in the order that makes every crash repairable: bodies, task
 * rows, batch, the profile's `seq`, execution. The message is acknowledged after all of them, so the queue
 * is the redo log: a redelivery finds the rows and repeats from the batch on. A step that fails sends the
 * tasks it was for back to the queue and leaves the others alone.
 */
export async function placeTasks(
  ports: PlacePorts,
  settings: Settings,
  tenant: Tenant,
  tasks: readonly SoundTask[],
): Promise<Map<SoundTask, Placed>> {
  const placed = new Map<SoundTask, Placed>();
  const later = (draft: BatchDraft, error: unknown) => {
    ports.log('intake failed', { tenant, profile: draft.profile, error: String(error) });
    for (const task of draft.tasks) {
      if (placed.get(task)?.outcome !== 'refused') placed.set(task, { outcome: 'later' });
    }
  };
  const arrivals = new Map<ProfileId, Arrival>();

  for (const draft of draftBatches(tenant, tasks, settings)) {
    try {
      const profile =
        arrivals.get(draft.profile)?.profile ??
        (await ensureProfile(ports.ledger, draft.profile, draft.requirement));
      const batches = await placeDraft(ports, settings, tenant, draft, placed);
      const arrival = arrivals.get(draft.profile) ?? { profile, batches: [], drafts: [] };
      arrival.batches.push(...batches);
      arrival.drafts.push(draft);
      arrivals.set(draft.profile, arrival);
    } catch (error) {
      later(draft, error);
    }
  }
  for (const { profile, batches, drafts } of arrivals.values()) {
    try {
      const [oldest] = batches.sort();
      if (oldest !== undefined) await openIfNeeded(ports, settings, profile, { arrived: oldest });
    } catch (error) {
      for (const draft of drafts) later(draft, error);
    }
  }
  return placed;
}

/** What one profile must hear of. */
interface Arrival {
  readonly profile: ProfileRow;
  readonly batches: BatchId[];
  readonly drafts: BatchDraft[];
}

/** Places one draft. @returns the open batches its tasks are in, new or from an earlier delivery. */
async function placeDraft(
  ports: PlacePorts,
  settings: Settings,
  tenant: Tenant,
  draft: BatchDraft,
  placed: Map<SoundTask, Placed>,
): Promise<ReadonlySet<BatchId>> {
  const now = ports.clock.now();
  const batchId = newBatchId(ports);
  const bodies = draft.tasks.map(({ envelope }) => `${canonicalJson(envelope)}\n`).join('');
  const key = bodiesKey(tenant, sha256Of(bodies));
  await ports.artifacts.put(key, {
    bytes: Buffer.from(bodies),
    contentType: 'application/x-ndjson',
  });

  const to = { tenant, kind: draft.kind, batch: batchId, profile: draft.profile, now };
  const claims = await inParallel(draft.tasks, WRITES_AT_ONCE, async (task): Promise<Claim> => {
    try {
      return await claimTask(ports, settings, to, task);
    } catch (error) {
      const { taskId } = task.envelope;
      ports.log('task not accepted', { tenant, taskId, error: String(error) });
      return { won: false, placed: { outcome: 'later' } };
    }
  });

  const won = draft.tasks.flatMap((task, line) => (claims[line]?.won ? [{ task, line }] : []));
  const open = new Set<BatchId>();
  if (won.length > 0) {
    await openBatch(ports.ledger, {
      tenant,
      profile: draft.profile,
      batchId,
      kind: draft.kind,
      affinityKey: draft.affinityKey,
      bodiesKey: key,
      tasks: won.map(({ task, line }) => entryOf(task, line)),
      priority: draft.priority,
      ...(draft.maxAttempts === undefined ? {} : { maxAttempts: draft.maxAttempts }),
      slotSeconds: won.reduce((sum, { task }) => sum + task.unitSeconds, 0),
      openedAt: now,
      ...(won.some(({ task }) => hasSecrets(task.known)) ? { secret: true } : {}),
      dueAt: plusSeconds(now, announcedSeconds(settings)),
    });
    open.add(batchId);
  }
  draft.tasks.forEach((task, line) => {
    const claim = claims[line];
    placed.set(task, claim?.won ? { outcome: 'listed' } : (claim?.placed ?? { outcome: 'later' }));
    if (claim?.open !== undefined) open.add(claim.open);
  });
  return open;
}

/** When the sweep announces a batch whose intake may be dead: once that must be over. */
const announcedSeconds = ({ looks, limits }: Settings): number =>
  Math.min(looks.graceSeconds, 2 * limits.functionSeconds);

interface Claim {
  readonly won: boolean;
  readonly placed?: Placed;
  /** An open batch of an earlier delivery: its profile may not have heard of it. */
  readonly open?: BatchId;
}

type Destination = Omit<Placement, 'taskId' | 'bodySha256'>;

/** Gives a task to the batch that is about to be written, if the task is new or was left behind. */
async function claimTask(
  ports: PlacePorts,
  settings: Settings,
  to: Destination,
  task: SoundTask,
): Promise<Claim> {
  const { bodySha256 } = task;
  const { taskId } = task.envelope;
  const absent = await missingFile(ports.artifacts, to.tenant, task);
  // The files of a task that ended are gone: only a task nobody has seen must have them.
  if (absent !== undefined && (await readTask(ports.ledger, to.tenant, taskId)) === undefined) {
    return { won: false, placed: { outcome: 'refused', refusal: absent } };
  }
  const first = await acceptTask(ports.ledger, { ...to, taskId, bodySha256 });
  if (first.done) return { won: true };
  if (first.row === undefined) throw new Error(`task ${taskId} vanished while it was accepted`);
  if (first.row.bodySha256 !== bodySha256) return { won: false, placed: reused(first.row) };
  // A dApp that sends a task again may have uploaded its files again first.
  const ended = first.row.status !== 'accepted';
  if (ended && hasSecrets(task.known)) await forgetTask(ports, to.tenant, taskId);
  return secondSight(ports, settings, first.row, to);
}

/** A task whose row was there: listed by its batch, still being placed, or left behind by a dead intake. */
async function secondSight(
  { ledger }: PlacePorts,
  settings: Settings,
  row: TaskRow,
  to: Destination,
): Promise<Claim> {
  const known: Placed = { outcome: 'known' };
  if (row.status !== 'accepted') return { won: false, placed: known };
  const batch = await readBatch(ledger, row.tenant, row.profile, row.batch);
  if (batch !== undefined && lists(batch, row)) {
    return { won: false, placed: known, ...(batch.status === 'open' ? { open: row.batch } : {}) };
  }
  const ageSeconds = secondsBetween(row.placedAt, to.now);
  if (ageSeconds < 2 * settings.limits.functionSeconds) {
    return { won: false, placed: { outcome: 'later' } };
  }
  const again = await placeAgain(ledger, row, to);
  return again.done ? { won: true } : { won: false, placed: { outcome: 'later' } };
}

const lists = (batch: BatchRow, row: TaskRow): boolean =>
  batch.tasks.some(({ taskId }) => taskId === row.taskId);

const reused = (row: TaskRow): Placed => ({
  outcome: 'refused',
  refusal: refusal(
    'E_ID_REUSED',
    'taskId',
    `the id was used for another task on ${row.acceptedAt}; choose a new one`,
  ),
});

const newBatchId = ({ clock, ids }: PlacePorts): BatchId =>
  BatchId.parse(
    `${millisecondsOf(clock.now()).toString(36).padStart(9, '0')}-${ids.unique().slice(-8)}`,
  );
