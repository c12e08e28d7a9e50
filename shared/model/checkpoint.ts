import * as z from 'zod';
import { sha256Of } from './digest.ts';
import { ForeignSeconds } from './foreign.ts';
import { Sha256, TaskId } from './ids.ts';

/** Content type of every checkpoint: upload URLs are signed for it. */
export const CHECKPOINT_TYPE = 'application/octet-stream';

/** Longest header line of a checkpoint, bytes. */
export const MAX_CHECKPOINT_HEADER_BYTES = 1024;

/** How far a task had got: what the header, the ledger and the manifest say alike. */
export const CheckpointMark = z.object({
  /** Rises by one with each checkpoint of a task, over all of its attempts. */
  sequence: z.int().positive().max(1_000_000),
  /** Name of the stage that is done. */
  stage: z.string().regex(/^[\x20-\x7e]{1,64}$/),
  /** Slot time spent on the task up to here, the time of the attempts it resumed included: the worker's word. */
  workSeconds: ForeignSeconds,
});
export type CheckpointMark = z.infer<typeof CheckpointMark>;

/** First line of a checkpoint object; the payload follows the line feed. */
export const CheckpointHeader = CheckpointMark.extend({
  v: z.literal(1),
  taskId: TaskId,
  /** Of the payload. */
  sha256: Sha256,
  bytes: z.int().nonnegative(),
});
export type CheckpointHeader = z.infer<typeof CheckpointHeader>;

/** A checkpoint as it is stored: the header as one line of JSON, then the payload. */
export function checkpointBytes(
  taskId: TaskId,
  mark: CheckpointMark,
  payload: Uint8Array,
): Uint8Array {
  const sha256 = sha256Of(payload);
  const header: CheckpointHeader = { v: 1, taskId, ...mark, sha256, bytes: payload.length };
  return Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), payload]);
}

export type ParsedCheckpoint =
  | { readonly ok: true; readonly header: CheckpointHeader; readonly payload: Uint8Array }
  /** `E_CKPT_…: what is wrong`. */
  | { readonly ok: false; readonly why: string };

const LINE_FEED = 0x0a;

/**
 * Reads a checkpoint from a machine nobody trusts. What is not exactly a header line, and a payload of its
 * length and hash, is none.
 */
export function parseCheckpoint(bytes: Uint8Array): ParsedCheckpoint {
  const end = bytes.subarray(0, MAX_CHECKPOINT_HEADER_BYTES).indexOf(LINE_FEED);
  if (end < 0) return refused('E_CKPT_HEADER', 'no header line');
  const header = CheckpointHeader.safeParse(jsonOf(bytes.subarray(0, end)));
  if (!header.success) {
    const [issue] = header.error.issues;
    const field = issue?.path.join('.') || 'header';
    const code = field === 'sequence' ? 'E_CKPT_SEQUENCE' : 'E_CKPT_HEADER';
    return refused(code, `${field} is not one of a checkpoint`);
  }
  const payload = bytes.subarray(end + 1);
  if (payload.length !== header.data.bytes) {
    return refused('E_CKPT_SIZE', `${payload.length} bytes, announced ${header.data.bytes}`);
  }
  if (sha256Of(payload) !== header.data.sha256) {
    return refused('E_CKPT_HASH', 'the payload is not the announced one');
  }
  return { ok: true, header: header.data, payload };
}

const refused = (code: string, detail: string): ParsedCheckpoint => ({
  ok: false,
  why: `${code}: ${detail}`,
});

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
