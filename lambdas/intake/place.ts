import { openIfNeeded } from '../../shared/bursts/open.ts';
import { inParallel } from '../../shared/concurrency.ts';
import { type BatchDraft, draftBatches, entryOf } from '../../shared/intake/batches.ts';
import type { SoundTask } from '../../shared/intake/parse-task.ts';
import { hasSecrets } from '../../shared/kinds/kinds.ts';
import { openBatch } from '../../shared/ledger/batches.ts';
import { ensureProfile } from '../../shared/ledger/profiles.ts';
import { bodiesKey } from '../../shared/model/artifact-keys.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { BatchId, type ProfileId, type Tenant } from '../../shared/model/ids.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { millisecondsOf, plusSeconds } from '../../shared/model/time.ts';
import type { Ports } from '../../shared/ports.ts';
import { type Claim, claimTask, type Placed } from './claim-task.ts';
import { askedOnce } from './task-files.ts';

type PlacePorts = Pick<Ports, 'ledger' | 'artifacts' | 'bursts' | 'clock' | 'ids' | 'log'>;

/** Batches of one profile that are placed side by side, and the task rows of each that are. */
const BATCHES_AT_ONCE = 4;
const WRITES_AT_ONCE = 12;

/** Profiles that have a row: none ever loses it, so what one invocation has seen holds for the next. */
export type KnownProfiles = Set<ProfileId>;

/**
 * Puts tasks of one tenant into batches, in the order that makes every crash repairable: bodies, task
 * rows, batch, the profile's `seq`, execution. The message is acknowledged after all of them, so the queue
 * is the redo log: a redelivery finds the rows and repeats from the batch on. A step that fails sends the
 * tasks it was for back to the queue and leaves the others alone.
 */
export async function placeTasks(
  given: PlacePorts,
  settings: Settings,
  tenant: Tenant,
  tasks: readonly SoundTask[],
  known: KnownProfiles,
): Promise<Map<SoundTask, Placed>> {
  const ports = { ...given, artifacts: { ...given.artifacts, size: askedOnce(given.artifacts) } };
  const placed = new Map<SoundTask, Placed>();
  for (const drafts of byProfile(draftBatches(tenant, tasks, settings))) {
    await placeOnProfile(ports, settings, tenant, drafts, known, placed);
  }
  return placed;
}

/** Places the drafts of one profile and lets it hear of them, once. */
async function placeOnProfile(
  ports: PlacePorts,
  settings: Settings,
  tenant: Tenant,
  drafts: readonly [BatchDraft, ...BatchDraft[]],
  known: KnownProfiles,
  placed: Map<SoundTask, Placed>,
): Promise<void> {
  const [{ profile: id, requirement }] = drafts;
  const later = (some: readonly BatchDraft[], error: unknown) => {
    ports.log('intake failed', { tenant, profile: id, error: String(error) });
    for (const task of some.flatMap((draft) => draft.tasks)) {
      if (placed.get(task)?.outcome !== 'refused') placed.set(task, { outcome: 'later' });
    }
  };
  try {
    // Before its batches: nothing but this row says what their profile is.
    if (!known.has(id)) await ensureProfile(ports.ledger, id, requirement);
    known.add(id);
    const batches = await inParallel(drafts, BATCHES_AT_ONCE, async (draft) => {
      try {
        return [...(await placeDraft(ports, settings, tenant, draft, placed))];
      } catch (error) {
        later([draft], error);
        return [];
      }
    });
    const [oldest] = batches.flat().sort();
    if (oldest === undefined) return;
    // As it is now: other invocations have announced batches of theirs meanwhile.
    const profile = await ensureProfile(ports.ledger, id, requirement);
    await openIfNeeded(ports, settings, profile, { arrived: oldest });
  } catch (error) {
    later(drafts, error);
  }
}

function byProfile(drafts: readonly BatchDraft[]): (readonly [BatchDraft, ...BatchDraft[]])[] {
  const groups = new Map<ProfileId, [BatchDraft, ...BatchDraft[]]>();
  for (const draft of drafts) {
    const group = groups.get(draft.profile);
    if (group === undefined) groups.set(draft.profile, [draft]);
    else group.push(draft);
  }
  return [...groups.values()];
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
  const bodies = draft.tasks.map(({ body }) => `${body}\n`).join('');
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

const newBatchId = ({ clock, ids }: PlacePorts): BatchId =>
  BatchId.parse(
    `${millisecondsOf(clock.now()).toString(36).padStart(9, '0')}-${ids.unique().slice(-8)}`,
  );
