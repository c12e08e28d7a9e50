import type { Task } from '../model/task.ts';
import { checkEnvelope } from './check-envelope.ts';
import { parseJsonText } from './json-text.ts';
import { type Refusal, refusal, refusalText } from './refusal.ts';

/** A line that holds no task, and why. */
export interface BrokenLine extends Refusal {
  readonly file: string;
  /** From 1; 0 where the file as a whole is meant. */
  readonly line: number;
}

export type TasksFile =
  | {
      readonly ok: true;
      readonly tasks: readonly Task[];
      /** Where each is, from 1. */
      readonly lines: readonly number[];
    }
  | { readonly ok: false; readonly broken: readonly BrokenLine[] };

/**
 * Reads a file of tasks, one JSON object per line; blank lines count for nothing. All of its tasks or none:
 * with one broken line there are no tasks, only every broken line, so that a person mends them in one go.
 */
export function parseTasksFile(bytes: Uint8Array, file: string): TasksFile {
  const tasks: Task[] = [];
  const broken: BrokenLine[] = [];
  const seen = new Map<string, { line: number; bodySha256: string }>();
  for (const [index, content] of linesOf(bytes).entries()) {
    const line = index + 1;
    if (content === undefined) {
      broken.push({ file, line, ...NOT_UTF8 });
      continue;
    }
    if (content.trim() === '') continue;
    const parsed = parseJsonText(content);
    const checked = parsed.ok ? checkEnvelope(parsed.value) : parsed;
    if (!checked.ok) {
      broken.push({ file, line, ...checked.refusal });
      continue;
    }
    const { envelope, bodySha256 } = checked.task;
    const twin = seen.get(envelope.taskId);
    if (twin === undefined) {
      seen.set(envelope.taskId, { line, bodySha256 });
      tasks.push(envelope);
    } else if (twin.bodySha256 !== bodySha256) {
      const reason = `line ${twin.line} has another task with the id "${envelope.taskId}"; choose a new one`;
      broken.push({ file, line, ...refusal('E_ID_REUSED', 'taskId', reason) });
    }
  }
  if (broken.length > 0) return { ok: false, broken };
  const lines = [...seen.values()].map(({ line }) => line);
  return tasks.length > 0
    ? { ok: true, tasks, lines }
    : { ok: false, broken: [{ file, ...NO_TASKS }] };
}

/** Editors on Windows put one in front of UTF-8. */
const BYTE_ORDER_MARK = /^\ufeff/;

const NOT_UTF8 = refusal('E_UTF8', '', 'the line is not UTF-8; save the file as UTF-8');

/** Line by line, so that what is no text is told by its line; undefined for such a line. */
function linesOf(bytes: Uint8Array): (string | undefined)[] {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  const lines: (string | undefined)[] = [];
  for (let from = 0; from <= bytes.length; ) {
    const feed = bytes.indexOf(LINE_FEED, from);
    const end = feed < 0 ? bytes.length : feed;
    try {
      const line = decoder.decode(bytes.subarray(from, end));
      lines.push(from === 0 ? line.replace(BYTE_ORDER_MARK, '') : line);
    } catch {
      lines.push(undefined);
    }
    from = end + 1;
  }
  return lines;
}

const LINE_FEED = 0x0a;

const NO_TASKS = {
  line: 0,
  ...refusal('E_BODY_EMPTY', '', 'the file has no tasks; write one JSON object per line'),
};

/** `tasks.jsonl:3: E_RANGE: spec.tokenId - …`, as editors and terminals link it. */
export const brokenLineText = ({ file, line, ...why }: BrokenLine): string =>
  `${file}${line === 0 ? '' : `:${line}`}: ${refusalText(why)}`;
