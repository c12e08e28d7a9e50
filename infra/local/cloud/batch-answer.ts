import * as z from 'zod';
import type { InvokeAnswer } from '../engine/invoke.ts';

/** Which messages of a batch are done with, and why the others are not. */
export interface BatchOutcome {
  readonly done: readonly string[];
  readonly failed: readonly string[];
  /** Set when the batch failed as a whole. */
  readonly why?: string;
}

const PartialAnswer = z.object({
  batchItemFailures: z.array(z.object({ itemIdentifier: z.string().min(1) })).nullish(),
});

/**
 * Reads a function's answer to a batch of SQS messages as Lambda's event source mapping does with
 * `ReportBatchItemFailures`: nothing, or nothing listed, means that all succeeded; an error, an
 * answer of another shape or an id that is not in the batch means that all failed.
 */
export function batchOutcome(messageIds: readonly string[], answer: InvokeAnswer): BatchOutcome {
  const allFailed = (why: string): BatchOutcome => ({ done: [], failed: messageIds, why });

  if ('error' in answer) return allFailed(`${answer.error}: ${answer.cause}`);
  if (answer.payload === null || answer.payload === undefined)
    return { done: messageIds, failed: [] };
  const partial = PartialAnswer.safeParse(answer.payload);
  if (!partial.success) return allFailed('the answer is no list of batchItemFailures');

  const listed = new Set(
    (partial.data.batchItemFailures ?? []).map(({ itemIdentifier }) => itemIdentifier),
  );
  const stranger = [...listed].find((id) => !messageIds.includes(id));
  if (stranger !== undefined) return allFailed(`the message ${stranger} is not in the batch`);
  return {
    done: messageIds.filter((id) => !listed.has(id)),
    failed: messageIds.filter((id) => listed.has(id)),
  };
}
