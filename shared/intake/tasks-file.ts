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
  | { readonly ok: true; readonly tasks: readonly Task[] }
  | { readonly ok: false; readonly broken: readonly BrokenLine[] };

/**
 * Reads a file of tasks, one JSON object per line; blank lines count for nothing. All of its tasks or none:
 * with one broken line there are no tasks, only every broken line, so that a person mends them in one go.
 */
export function parseTasksFile(text: string, file: string): TasksFile {
  const tasks: Task[] = [];
  const broken: BrokenLine[] = [];
  const seen = new Map<string, { line: number; bodySha256: string }>();
  const lines = text.replace(BYTE_ORDER_MARK, '').split('\n');
  for (const [index, content] of lines.entries()) {
    if (content.trim() === '') continue;
    const line = index + 1;
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
  return tasks.length > 0 ? { ok: true, tasks } : { ok: false, broken: [{ file, ...NO_TASKS }] };
}

/** Editors on Windows put one in front of UTF-8. */
const BYTE_ORDER_MARK = /^\ufeff/;

const NO_TASKS = {
  line: 0,
  ...refusal('E_BODY_EMPTY', '', 'the file has no tasks; write one JSON object per line'),
};

/** `tasks.jsonl:3: E_RANGE: spec.tokenId - …`, as editors and terminals link it. */
export const brokenLineText = ({ file, line, ...why }: BrokenLine): string =>
  `${file}${line === 0 ? '' : `:${line}`}: ${refusalText(why)}`;
