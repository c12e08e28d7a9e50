import { type Named, readOutcome } from '../explain/stored-rows.ts';
import type { CheckpointMark } from '../model/checkpoint.ts';
import { TaskId, type Tenant } from '../model/ids.ts';
import type { RejectionRow, ResultFile, TaskRow } from '../model/rows.ts';
import { Instant } from '../model/time.ts';
import type { Ledger } from '../ports.ts';
import { type TaskReference, taskIdOf } from './receipt.ts';

/**
 * Where a task stands.
 *
 * unknown: nothing is on record, it may still be in the queue · rejected: the message was refused, no task
 * came of it · accepted: it will end done, failed or cancelled
 */
export type TaskState =
  | { readonly state: 'unknown'; readonly taskId: string }
  | {
      readonly state: 'rejected';
      readonly taskId: string;
      readonly code: string;
      readonly field: string;
      readonly reason: string;
      /** Absent: this client refused it and sent nothing. */
      readonly rejectedAt?: string;
    }
  | (Accepted & { readonly state: 'accepted' })
  | (Ended & {
      readonly state: 'done';
      readonly verifiedBy: string;
      readonly files: readonly ResultFile[];
      /** What the verifier found, such as a hash of the pixels. */
      readonly evidence: Readonly<Record<string, string>>;
      /** The burst it was done in. */
      readonly burst: string;
      /** Seconds of one slot it took. */
      readonly slotSeconds: number;
      /** The checkpoint of an earlier attempt its result went on from. */
      readonly resumed?: CheckpointMark;
    })
  | (Ended & { readonly state: 'failed'; readonly reason: string })
  | (Ended & { readonly state: 'cancelled' });

interface Accepted {
  readonly taskId: string;
  readonly kind: string;
  readonly acceptedAt: string;
}
interface Ended extends Accepted {
  readonly endedAt: string;
  readonly attempts: number;
}

export type TaskDone = Extract<TaskState, { state: 'done' }>;

/** Whether nothing will change any more. */
export const isOver = ({ state }: TaskState): boolean =>
  state !== 'unknown' && state !== 'accepted';

/** How the ledger calls what a person means; undefined: no task can have such an id. */
export function namedIn(tenant: Tenant, reference: TaskReference): Named | undefined {
  const { taskId, messageSha256, sentAt } =
    typeof reference === 'string'
      ? { taskId: reference, messageSha256: undefined, sentAt: undefined }
      : reference;
  const id = TaskId.safeParse(taskId);
  const sent = Instant.safeParse(sentAt);
  return id.success ? { tenant, taskId: id.data, messageSha256, sentAt: sent.data } : undefined;
}

/** One or two consistent reads. */
export async function readState(
  ledger: Ledger,
  tenant: Tenant,
  reference: TaskReference,
  now: Instant,
): Promise<TaskState> {
  if (typeof reference !== 'string' && reference.status === 'refused' && reference.error) {
    return { state: 'rejected', taskId: reference.taskId, ...reference.error };
  }
  const named = namedIn(tenant, reference);
  if (named === undefined) {
    return { state: 'unknown', taskId: taskIdOf(reference) };
  }
  const { task, rejection } = await readOutcome(ledger, named, now);
  if (rejection !== undefined) return rejected(named.taskId, rejection);
  return task === undefined ? { state: 'unknown', taskId: named.taskId } : stateOf(task);
}

const rejected = (
  taskId: string,
  { code, field, reason, rejectedAt }: RejectionRow,
): TaskState => ({ state: 'rejected', taskId, code, field, reason, rejectedAt });

export function stateOf(task: TaskRow): Extract<TaskState, Accepted> {
  const { taskId, kind, acceptedAt } = task;
  const accepted = { taskId, kind, acceptedAt };
  const ended = {
    ...accepted,
    endedAt: task.endedAt ?? acceptedAt,
    attempts: task.attempts ?? 0,
  };
  switch (task.status) {
    case 'accepted':
      return { state: 'accepted', ...accepted };
    case 'done':
      return {
        state: 'done',
        ...ended,
        verifiedBy: task.verifiedBy ?? '',
        files: task.files ?? [],
        evidence: task.evidence ?? {},
        burst: task.burst ?? '',
        slotSeconds: task.slotSeconds ?? 0,
        ...(task.resumed === undefined ? {} : { resumed: task.resumed }),
      };
    case 'failed':
      return { state: 'failed', ...ended, reason: task.reason ?? '' };
    case 'cancelled':
      return { state: 'cancelled', ...ended };
  }
}
