import { checkEnvelope } from '../intake/check-envelope.ts';
import { parseJsonText } from '../intake/json-text.ts';
import { type Refusal, refusal } from '../intake/refusal.ts';
import { sha256Of } from '../model/digest.ts';
import type { Receipt } from './receipt.ts';

/** A message that may be sent. */
export interface Message {
  readonly taskId: string;
  readonly messageSha256: string;
  readonly confidentiality?: Receipt['confidentiality'];
  readonly body: string;
}

/** What is to be sent, and for each task in order: the message that carries it, or why it is refused. */
export interface Prepared {
  readonly messages: readonly Message[];
  readonly outcomes: readonly (Message | Receipt)[];
}

/**
 * Checks tasks by the rules that need no deployment. The body is the canonical envelope, so its hash is also
 * the hash intake keeps of the task. The same task twice is one message; another task under an id that
 * came before it is refused, as intake would.
 */
export function prepareTasks(tasks: readonly unknown[]): Prepared {
  const messages = new Map<string, Message>();
  const outcomes = tasks.map((task): Message | Receipt => {
    const prepared = prepareTask(task);
    if ('status' in prepared) return prepared;
    const twin = messages.get(prepared.taskId);
    if (twin === undefined) {
      messages.set(prepared.taskId, prepared);
      return prepared;
    }
    return twin.body === prepared.body ? twin : refusedReceipt(prepared, REUSED);
  });
  return { messages: [...messages.values()], outcomes };
}

function prepareTask(task: unknown): Message | Receipt {
  const text = jsonOf(task);
  const messageSha256 = sha256Of(text ?? '');
  if (text === undefined) return refusedReceipt({ taskId: '', messageSha256 }, NOT_JSON);
  const parsed = parseJsonText(text);
  if (!parsed.ok) return refusedReceipt({ taskId: '', messageSha256 }, parsed.refusal);
  const checked = checkEnvelope(parsed.value);
  if (!checked.ok) {
    return refusedReceipt({ taskId: checked.claimedTaskId ?? '', messageSha256 }, checked.refusal);
  }
  const { envelope, body, bodySha256 } = checked.task;
  const { taskId, confidentiality } = envelope;
  const said = confidentiality === undefined ? {} : { confidentiality };
  return { taskId, messageSha256: bodySha256, ...said, body };
}

const REUSED = refusal(
  'E_ID_REUSED',
  'taskId',
  'another task with this id stands before it in the same call; choose a new one',
);
const NOT_JSON = refusal('E_JSON', '', 'cannot be written as JSON');

const refusedReceipt = (
  { taskId, messageSha256 }: Pick<Receipt, 'taskId' | 'messageSha256'>,
  error: Refusal,
): Receipt => ({ taskId, messageSha256, status: 'refused', error });

/** Undefined for what JSON cannot carry: cycles, functions, big integers. */
function jsonOf(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
