import { SendMessageBatchCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { Queue } from '../ports.ts';
import { failing } from './call-failed.ts';

/** Messages SQS takes in one call. */
const MAX_ENTRIES = 10;

/**
 * One SQS queue, from the sender's side. A call that fails as a whole throws; after that any of its
 * entries may be on the queue or not, and sending them again is safe because intake knows its tasks.
 */
export function sqsQueue(options: {
  readonly client: SQSClient;
  readonly queueUrl: string;
}): Queue {
  return {
    send: async (entries) => {
      if (entries.length === 0) return { failed: [] };
      if (entries.length > MAX_ENTRIES) {
        throw new RangeError(`at most ${MAX_ENTRIES} entries in one call, got ${entries.length}`);
      }
      // SQS restricts entry ids to 80 characters of a small set, so it is given positions instead.
      const answer = await options.client
        .send(
          new SendMessageBatchCommand({
            QueueUrl: options.queueUrl,
            Entries: entries.map(({ body }, index) => ({ Id: String(index), MessageBody: body })),
          }),
        )
        .catch(failing(`sending ${entries.length} messages to ${options.queueUrl}`));
      const failures = new Map((answer.Failed ?? []).map((failure) => [failure.Id, failure]));
      return {
        failed: entries.flatMap(({ id }, index) => {
          const failure = failures.get(String(index));
          if (failure === undefined) return [];
          const reason = [failure.Code, failure.Message].filter(Boolean).join(': ');
          return [{ id, reason, retry: failure.SenderFault !== true }];
        }),
      };
    },
  };
}
