import { inParallel } from '../concurrency.ts';
import type { Ids, Queue } from '../ports.ts';
import type { Message } from './prepare.ts';

/** Waits. Rejects with the signal's reason as soon as that is aborted. */
export type Pause = (seconds: number, signal?: AbortSignal) => Promise<void>;

export interface SendPorts {
  readonly queue: Queue;
  readonly ids: Pick<Ids, 'random'>;
  readonly pause: Pause;
}

/** What SQS takes in one call: ten messages, 1 MiB together. */
const MAX_ENTRIES = 10;
const MAX_BYTES = 1_048_576;

const CALLS_AT_ONCE = 4;
const ATTEMPTS = 5;
const FIRST_PAUSE_SECONDS = 0.2;
const LONGEST_PAUSE_SECONDS = 5;

/**
 * Sends messages, and sends again what was not taken and may be tried again. Once a whole call has failed
 * to the last attempt, calls not begun are given up too: the queue cannot be reached.
 *
 * @returns why a message was not sent, by task id; the others are on the queue.
 */
export async function sendMessages(
  ports: SendPorts,
  messages: readonly Message[],
): Promise<ReadonlyMap<string, string>> {
  const failed = new Map<string, string>();
  let unreachable: string | undefined;
  await inParallel(cutCalls(messages), CALLS_AT_ONCE, async (call) => {
    const outcome =
      unreachable === undefined ? await sendCall(ports, call) : allFailed(call, unreachable);
    unreachable ??= outcome.unreachable;
    for (const [taskId, reason] of outcome.failed) failed.set(taskId, reason);
  });
  return failed;
}

/** Messages in order, cut into calls that SQS takes. No message is larger than a quarter of a call. */
export function cutCalls(messages: readonly Message[]): Message[][] {
  const calls: Message[][] = [];
  let call: Message[] = [];
  let bytes = 0;
  for (const message of messages) {
    const size = Buffer.byteLength(message.body);
    if (call.length >= MAX_ENTRIES || (call.length > 0 && bytes + size > MAX_BYTES)) {
      calls.push(call);
      call = [];
      bytes = 0;
    }
    call.push(message);
    bytes += size;
  }
  if (call.length > 0) calls.push(call);
  return calls;
}

interface CallOutcome {
  readonly failed: ReadonlyMap<string, string>;
  readonly unreachable: string | undefined;
}

const allFailed = (call: readonly Message[], unreachable: string): CallOutcome => ({
  failed: new Map(call.map(({ taskId }) => [taskId, unreachable])),
  unreachable,
});

async function sendCall(ports: SendPorts, call: readonly Message[]): Promise<CallOutcome> {
  const failed = new Map<string, string>();
  let left = call;
  for (let attempt = 1; ; attempt += 1) {
    const answer = await sendOnce(ports.queue, left);
    if (typeof answer === 'string' && attempt === ATTEMPTS) {
      const rest = allFailed(left, answer);
      return { ...rest, failed: new Map([...failed, ...rest.failed]) };
    }
    if (typeof answer !== 'string') {
      for (const { id, reason, retry } of answer) {
        if (!retry || attempt === ATTEMPTS) failed.set(id, reason);
      }
      const again = new Set(answer.flatMap(({ id, retry }) => (retry ? [id] : [])));
      left = left.filter(({ taskId }) => again.has(taskId));
      if (left.length === 0 || attempt === ATTEMPTS) return { failed, unreachable: undefined };
    }
    await ports.pause(pauseSeconds(attempt, ports.ids.random()));
  }
}

/** The entries that were not taken, or what went wrong with the call as a whole. */
const sendOnce = (queue: Queue, call: readonly Message[]) =>
  queue.send(call.map(({ taskId, body }) => ({ id: taskId, body }))).then(
    ({ failed }) => failed,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

/** Doubling with each attempt, spread over its upper half so that many senders do not beat together. */
const pauseSeconds = (attempt: number, random: number): number =>
  Math.min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2 ** (attempt - 1)) * (0.5 + random / 2);
