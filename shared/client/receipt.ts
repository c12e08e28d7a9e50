import type { Refusal } from '../intake/refusal.ts';
import type { TaskEnvelope } from '../model/task.ts';

/**
 * What became of sending one task.
 *
 * sent: it is on the queue · refused: it is not sound and was not sent · failed: it could not be sent, or no
 * answer came back; sending it again is safe, because the same task twice is one task
 */
export type SendStatus = 'sent' | 'refused' | 'failed';

/** Proof of sending; plain JSON, so it can be kept and used later. */
export interface Receipt {
  /** Empty where a refused task had none that could be read. */
  readonly taskId: string;
  /** SHA-256 of the message. Two tasks are the same task when it is equal. */
  readonly messageSha256: string;
  readonly status: SendStatus;
  /** When the client tried to send it, by the client's clock; absent: the client refused it itself. */
  readonly sentAt?: string;
  /** Who may see the task's inputs, as the task said it. */
  readonly confidentiality?: TaskEnvelope['confidentiality'];
  readonly error?: SendError;
}

/** `E_NOT_SENT`: the queue did not take it. Every other code names what is wrong with the task, and where. */
export interface SendError extends Omit<Refusal, 'code'> {
  readonly code: Refusal['code'] | 'E_NOT_SENT';
}

/**
 * A task by its id, or by its receipt. Only the receipt finds out why a message was refused by intake, and
 * keeps two tasks apart that were sent with one id.
 */
export type TaskReference =
  | string
  | (Pick<Receipt, 'taskId' | 'messageSha256'> &
      Partial<Pick<Receipt, 'status' | 'error' | 'sentAt'>>);

export const taskIdOf = (reference: TaskReference): string =>
  typeof reference === 'string' ? reference : reference.taskId;
