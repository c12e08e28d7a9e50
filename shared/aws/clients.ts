import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { SQSClient } from '@aws-sdk/client-sqs';

/** Where AWS is. Everything left out is found by the SDK, as it is inside Lambda. */
export interface AwsAccess {
  readonly region: string;
  /** Origin of a local stand-in, for example `http://127.0.0.1:4566`. */
  readonly endpoint?: string;
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

export const dynamoDbClient = (access: AwsAccess): DynamoDBClient => new DynamoDBClient(access);

/** A queue URL names a host; a local stand-in is reached where we know it to be, whatever host it names. */
export const sqsClient = (access: AwsAccess): SQSClient =>
  new SQSClient({ ...access, useQueueUrlAsEndpoint: access.endpoint === undefined });

export const eventBridgeClient = (access: AwsAccess): EventBridgeClient =>
  new EventBridgeClient(access);

export const sfnClient = (access: AwsAccess): SFNClient => new SFNClient(access);

/**
 * Checksums only where S3 demands them: the SDK's default would sign the checksum of an empty body
 * into every upload URL, and S3 would refuse the real body. A local stand-in has no DNS name per
 * bucket, so it is addressed by path.
 */
export const s3Client = (access: AwsAccess): S3Client =>
  new S3Client({
    ...access,
    forcePathStyle: access.endpoint !== undefined,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
