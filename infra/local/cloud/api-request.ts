import type { IncomingMessage } from 'node:http';

type Service = 'dynamodb' | 's3' | 'sqs' | 'states' | 'lambda';

/** One call of an AWS API. */
export interface ApiRequest {
  readonly service: Service;
  /** AWS's name for it, for example `UpdateItem`. */
  readonly operation: string;
  /** Access key it was signed with; empty for signed URLs, which are called by workers. */
  readonly accessKeyId: string;
}

/** Prefix of the header `X-Amz-Target` by service; S3 alone sends none. */
const TARGETS: readonly (readonly [prefix: string, service: Service])[] = [
  ['DynamoDB_', 'dynamodb'],
  ['AmazonSQS.', 'sqs'],
  ['AWSStepFunctions.', 'states'],
];

const OBJECT_OPERATIONS: Readonly<Record<string, string>> = {
  GET: 'GetObject',
  HEAD: 'HeadObject',
  PUT: 'PutObject',
  DELETE: 'DeleteObject',
  POST: 'PostObject',
};

const BUCKET_OPERATIONS: Readonly<Record<string, string>> = {
  GET: 'ListObjects',
  HEAD: 'HeadBucket',
  PUT: 'CreateBucket',
  DELETE: 'DeleteBucket',
  POST: 'DeleteObjects',
};

/** Which API an HTTP request calls. S3 requests are named by method and path (`/bucket/key`) alone. */
export function apiRequestOf({
  method = 'GET',
  url = '/',
  headers,
}: Pick<IncomingMessage, 'method' | 'url' | 'headers'>): ApiRequest {
  const [, accessKeyId = ''] = / Credential=([^/]+)\//.exec(headers.authorization ?? '') ?? [];
  const target = String(headers['x-amz-target'] ?? '');
  const [, service] = TARGETS.find(([prefix]) => target.startsWith(prefix)) ?? [];
  if (service !== undefined) {
    return { service, operation: target.slice(target.lastIndexOf('.') + 1), accessKeyId };
  }
  const [path = '/'] = url.split('?');
  const operations = /^\/[^/]+\/./.test(path) ? OBJECT_OPERATIONS : BUCKET_OPERATIONS;
  return { service: 's3', operation: operations[method] ?? method, accessKeyId };
}
