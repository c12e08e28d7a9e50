import { millisecondsOf } from '../model/time.ts';
import type { Clock, Queue } from '../ports.ts';

const MAX_ENTRIES = 10;

/** 1 MiB, of one message and of one call. */
const MAX_BYTES = 1_048_576;

/** Characters SQS refuses: controls, lone surrogates, U+FFFE and U+FFFF (the complement of XML 1.0's Char). */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const REFUSED_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Cs}]/u;

export interface MemoryQueueOptions {
  readonly clock: Clock;
  /**
   * How long a received message stays hidden.
   *
   * @default 360
   */
  readonly visibilitySeconds?: number;
  /**
   * Receipts after which a message goes to the dead letters instead of being received again.
   *
   * @default 5
   */
  readonly maxReceives?: number;
}

interface ReceivedMessage {
  readonly messageId: string;
  /** Removes this message, for as long as it is not received again. */
  readonly receiptHandle: string;
  readonly body: string;
  /** This receipt included. */
  readonly receives: number;
}

export interface MemoryQueue extends Queue {
  /** Takes up to `most` visible messages, oldest first, and hides them. */
  receive(most: number): ReceivedMessage[];
  /** Removes a message; a receipt that has been overtaken removes nothing and says nothing, as SQS does. */
  remove(receiptHandle: string): void;
  /** Bodies of the messages given up. */
  deadLetters(): string[];
  /** Messages not yet removed, hidden ones included. */
  size(): number;
}

interface Message {
  readonly messageId: string;
  readonly body: string;
  receives: number;
  visibleAtMs: number;
}

/** A standard queue in memory, in order and without duplicates of its own. */
export function memoryQueue(options: MemoryQueueOptions): MemoryQueue {
  const { clock, visibilitySeconds = 360, maxReceives = 5 } = options;
  const messages = new Map<string, Message>();
  const dead: Message[] = [];
  let sent = 0;

  const receiptOf = ({ messageId, receives }: Message) => `${messageId}.${receives}`;

  return {
    send: async (entries) => {
      if (entries.length > MAX_ENTRIES) {
        throw new RangeError(`at most ${MAX_ENTRIES} entries in one call, got ${entries.length}`);
      }
      const bytes = entries.reduce((total, { body }) => total + Buffer.byteLength(body), 0);
      if (bytes > MAX_BYTES)
        throw new RangeError(`at most ${MAX_BYTES} bytes in one call, got ${bytes}`);
      const failed = [];
      for (const { id, body } of entries) {
        if (body === '' || REFUSED_CHARACTER.test(body)) {
          failed.push({ id, reason: 'InvalidMessageContents', retry: false });
          continue;
        }
        const messageId = `message-${++sent}`;
        messages.set(messageId, { messageId, body, receives: 0, visibleAtMs: 0 });
      }
      return { failed };
    },

    receive: (most) => {
      const nowMs = millisecondsOf(clock.now());
      const received: ReceivedMessage[] = [];
      for (const message of messages.values()) {
        if (received.length >= most) break;
        if (message.visibleAtMs > nowMs) continue;
        if (message.receives >= maxReceives) {
          messages.delete(message.messageId);
          dead.push(message);
          continue;
        }
        message.receives++;
        message.visibleAtMs = nowMs + visibilitySeconds * 1000;
        const { messageId, body, receives } = message;
        received.push({ messageId, receiptHandle: receiptOf(message), body, receives });
      }
      return received;
    },

    remove: (receiptHandle) => {
      const messageId = receiptHandle.slice(0, receiptHandle.lastIndexOf('.'));
      const message = messages.get(messageId);
      if (message !== undefined && receiptOf(message) === receiptHandle) messages.delete(messageId);
    },

    deadLetters: () => dead.map(({ body }) => body),
    size: () => messages.size,
  };
}
