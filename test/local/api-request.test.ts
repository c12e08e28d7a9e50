import { expect, it } from 'vitest';
import { apiRequestOf } from '../../infra/local/cloud/api-request.ts';

it.each([
  { target: 'DynamoDB_20120810.UpdateItem', service: 'dynamodb', operation: 'UpdateItem' },
  { target: 'AmazonSQS.ReceiveMessage', service: 'sqs', operation: 'ReceiveMessage' },
  { target: 'AWSStepFunctions.StartExecution', service: 'states', operation: 'StartExecution' },
])('knows $operation of $service by its header', ({ target, ...call }) => {
  const headers = { 'x-amz-target': target };
  expect(apiRequestOf({ method: 'POST', url: '/', headers })).toMatchObject(call);
});

it.each([
  { method: 'GET', url: '/bucket/a/key?x-id=GetObject', operation: 'GetObject' },
  { method: 'HEAD', url: '/bucket/key', operation: 'HeadObject' },
  { method: 'PUT', url: '/bucket/key?X-Amz-Signature=1', operation: 'PutObject' },
  { method: 'DELETE', url: '/bucket/key', operation: 'DeleteObject' },
  { method: 'GET', url: '/bucket?list-type=2&prefix=a/b', operation: 'ListObjects' },
  { method: 'PUT', url: '/bucket/', operation: 'CreateBucket' },
  { method: 'OPTIONS', url: '/bucket/key', operation: 'OPTIONS' },
])('takes $method $url for $operation of s3', ({ method, url, operation }) => {
  expect(apiRequestOf({ method, url, headers: {} })).toMatchObject({ service: 's3', operation });
});

it.each([
  {
    authorization: 'AWS4-HMAC-SHA256 Credential=dapp/20261122/us-east-1/s3/aws4_request, x',
    by: 'dapp',
  },
  { authorization: undefined, by: '' },
])('names "$by" as the one who signed', ({ authorization, by }) => {
  const headers = authorization === undefined ? {} : { authorization };
  expect(apiRequestOf({ method: 'GET', url: '/bucket/key', headers }).accessKeyId).toBe(by);
});
