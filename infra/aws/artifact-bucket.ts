import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Prefix } from './stage-needs.ts';

export interface ArtifactBucketProps {
  /** S3 knows no pattern for `t/<any tenant>/uploads/`, so each tenant has its own rules. */
  readonly tenants: readonly string[];
}

/**
 * What S3 may forget, and when. A job and its URLs live for half an hour. Bodies are needed until their
 * tasks have ended, and a task waits as long as a cap on money makes it: what is deleted here is lost
 * work, so bodies are kept for a year. Results stay.
 */
const KEPT_FOR_DAYS: Readonly<Partial<Record<Prefix, number>>> = {
  uploads: 2,
  manifests: 7,
  bodies: 365,
};

/** Bodies, manifests, uploads and results of all tenants. */
export class ArtifactBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: ArtifactBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const tenant of props.tenants) {
      for (const [prefix, days] of Object.entries(KEPT_FOR_DAYS)) {
        this.bucket.addLifecycleRule({
          id: `${tenant}-${prefix}`,
          prefix: `t/${tenant}/${prefix}/`,
          expiration: Duration.days(days),
        });
      }
    }
  }
}
