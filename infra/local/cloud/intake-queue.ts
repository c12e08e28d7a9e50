import { CreateQueueCommand, GetQueueAttributesCommand, type SQSClient } from '@aws-sdk/client-sqs';
import type { QueueConfig } from './cloud-config.ts';

export interface IntakeQueue extends QueueConfig {
  readonly url: string;
  readonly arn: string;
  readonly deadLetterUrl: string;
}

/**
 * Makes a queue, and `<name>-dead-letters` for the messages it gives up. The engine knows a queue by its
 * URL as it stands, on the host `sqs.<region>.localhost`; a client that is told the endpoint, as
 * `sqsClient` is, never resolves that name.
 */
export async function createIntakeQueue(
  client: SQSClient,
  queue: QueueConfig,
): Promise<IntakeQueue> {
  const deadLetters = await createQueue(client, `${queue.name}-dead-letters`, {});
  const { url, arn } = await createQueue(client, queue.name, {
    VisibilityTimeout: String(queue.visibilitySeconds),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: deadLetters.arn,
      maxReceiveCount: queue.maxReceives,
    }),
  });
  return { ...queue, url, arn, deadLetterUrl: deadLetters.url };
}

async function createQueue(
  client: SQSClient,
  QueueName: string,
  Attributes: Record<string, string>,
): Promise<{ url: string; arn: string }> {
  const { QueueUrl } = await client.send(new CreateQueueCommand({ QueueName, Attributes }));
  const answer = await client.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }),
  );
  const arn = answer.Attributes?.QueueArn;
  if (QueueUrl === undefined || arn === undefined)
    throw new Error(`no queue ${QueueName} came of it`);
  return { url: QueueUrl, arn };
}
