import * as z from 'zod';
import { inParallel } from '../shared/concurrency.ts';
import { parseTask, type SoundTask } from '../shared/intake/parse-task.ts';
import type { Refusal } from '../shared/intake/refusal.ts';
import { recordRejection } from '../shared/ledger/tasks.ts';
import { sha256Of } from '../shared/model/digest.ts';
import type { Tenant } from '../shared/model/ids.ts';
import type { Settings } from '../shared/model/settings.ts';
import type { Ports, Stage } from '../shared/ports.ts';
import { type KnownProfiles, placeTasks } from './intake/place.ts';

const SqsEvent = z.object({
  Records: z.array(
    z.object({ messageId: z.string(), body: z.string(), eventSourceARN: z.string() }),
  ),
});
type Message = z.infer<typeof SqsEvent>['Records'][number];

/** What SQS keeps and delivers again; everything else is acknowledged. */
export interface IntakeAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

type IntakePorts = Pick<Ports, 'ledger' | 'artifacts' | 'bursts' | 'clock' | 'ids' | 'log'>;

/**
 * Intake: from messages to batches. A bad message becomes a record with a reason and is acknowledged; a
 * message we could not deal with is delivered again; neither holds up its neighbours.
 */
export const intake: Stage<keyof IntakePorts, IntakeAnswer> = (ports, settings) => {
  const known: KnownProfiles = new Set();
  return async (event) => {
    const { Records: messages } = SqsEvent.parse(event);
    const failed = new Set<string>();
    for (const [tenant, own] of byTenant(messages, settings)) {
      for (const id of await takeIn(ports, settings, tenant, own, known)) failed.add(id);
    }
    return { batchItemFailures: [...failed].map((itemIdentifier) => ({ itemIdentifier })) };
  };
};

/** @returns ids of the messages to deliver again. */
async function takeIn(
  ports: IntakePorts,
  settings: Settings,
  tenant: Tenant,
  messages: readonly Message[],
  known: KnownProfiles,
): Promise<string[]> {
  // Two bodies under one id are two entries: which of them is the task, the ledger alone knows.
  const sound = new Map<string, { task: SoundTask; messages: Message[] }>();
  const refused: { message: Message; why: Refusal; claimedTaskId: string | undefined }[] = [];
  for (const message of messages) {
    const parsed = parseTask(message.body, settings);
    if (!parsed.ok) {
      const { claimedTaskId } = parsed;
      refused.push({ message, why: parsed.refusal, claimedTaskId });
      continue;
    }
    const { task } = parsed;
    const sameTask = `${task.envelope.taskId} ${task.bodySha256}`;
    const twin = sound.get(sameTask);
    if (twin === undefined) sound.set(sameTask, { task, messages: [message] });
    else twin.messages.push(message);
  }

  const again: string[] = [];
  const entries = [...sound.values()];
  const tasks = entries.map(({ task }) => task);
  const placed = await placeTasks(ports, settings, tenant, tasks, known);
  for (const { task, messages: own } of entries) {
    const result = placed.get(task);
    if (result === undefined || result.outcome === 'later') again.push(...ids(own));
    if (result?.outcome !== 'refused') continue;
    const claimedTaskId = task.envelope.taskId;
    refused.push(...own.map((message) => ({ message, why: result.refusal, claimedTaskId })));
  }

  await inParallel(refused, 10, async ({ message, why, claimedTaskId }) => {
    try {
      const rejection = { tenant, messageSha256: sha256Of(message.body), ...why, claimedTaskId };
      const now = ports.clock.now();
      await recordRejection(ports.ledger, {
        ...rejection,
        now,
        keepDays: settings.limits.rejectionDays,
      });
    } catch (error) {
      ports.log('rejection not recorded', { tenant, code: why.code, error: String(error) });
      again.push(message.messageId);
    }
  });
  ports.log('intake', {
    tenant,
    messages: messages.length,
    tasks: sound.size,
    refused: refused.length,
    again: again.length,
  });
  return again;
}

const ids = (messages: readonly Message[]) => messages.map(({ messageId }) => messageId);

/** Messages by tenant. The tenant is the queue; one from an unknown queue is a deployment fault. */
function byTenant(
  messages: readonly Message[],
  { tenantOfQueue }: Settings,
): Map<Tenant, Message[]> {
  const groups = new Map<Tenant, Message[]>();
  for (const message of messages) {
    const queue = message.eventSourceARN.split(':').at(-1) ?? '';
    const tenant = tenantOfQueue[queue];
    if (tenant === undefined) throw new RangeError(`no tenant is set for the queue ${queue}`);
    groups.set(tenant, [...(groups.get(tenant) ?? []), message]);
  }
  return groups;
}
