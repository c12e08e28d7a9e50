import type { __Client, DynamoDBClientResolvedConfig } from '@aws-sdk/client-dynamodb';

/** One request sent to AWS, named as AWS names it: `{ service: 'DynamoDB', operation: 'UpdateItem' }`. */
export interface ApiCall {
  readonly service: string;
  readonly operation: string;
}

/** Every SDK client, seen through the one property that counting needs. */
interface AwsClient<Input extends object, Output extends { $metadata: object }> {
  readonly middlewareStack: __Client<
    object,
    Input,
    Output,
    DynamoDBClientResolvedConfig
  >['middlewareStack'];
}

/**
 * Tells `sink` of every request a client sends. It sits behind the SDK's retries, so an attempt that is
 * repeated counts twice, as on the bill; a URL that is only signed counts as nothing.
 */
export function countCalls<Input extends object, Output extends { $metadata: object }>(
  client: AwsClient<Input, Output>,
  sink: (call: ApiCall) => void,
): void {
  client.middlewareStack.add(
    (next, context) => (request) => {
      sink({
        service: (context.clientName ?? 'Unknown').replace(/Client$/, ''),
        operation: (context.commandName ?? 'Unknown').replace(/Command$/, ''),
      });
      return next(request);
    },
    { step: 'finalizeRequest', priority: 'low', name: 'countCalls' },
  );
}
