import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3';
import { Construct } from 'constructs';
import type { Prefix } from './stage-needs.ts';

export interface ArtifactBucketProps {
  /** S3 knows no pattern for `t/<any tenant>/uploads/`, so each tenant has its own rules. */
  readonly tenants: readonly string[];
  /** Bodies are needed until their tasks have ended: what is deleted here is lost work. */
  readonly bodyDays: number;
  /** Whether it stays when the stack goes. */
  readonly keeps: boolean;
}

/** What S3 may forget, and when. A job and its URLs live for half an hour. Results stay. */
const keptForDays = (bodyDays: number): Readonly<Partial<Record<Prefix, number>>> => ({
  uploads: 2,
  votes: bodyDays,
  // Deleted when their task ends; these are for what a crash leaves behind.
  checkpoints: bodyDays,
  inputs: bodyDays,
  manifests: 7,
  bodies: bodyDays,
});

/** Parts of uploads that were begun and never finished are paid for, and in no listing. */
const UNFINISHED_DAYS = 1;

/** Everything of all tenants that is no row of the ledger. */
export class ArtifactBucket extends Construct {
  readonly bucket: Bucket;

  constructor(scope: Construct, id: string, props: ArtifactBucketProps) {
    super(scope, id);
    this.bucket = new Bucket(this, 'Bucket', {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      enforceSSL: true,
      removalPolicy: props.keeps ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    this.bucket.addLifecycleRule({
      id: 'unfinished-uploads',
      abortIncompleteMultipartUploadAfter: Duration.days(UNFINISHED_DAYS),
    });
    for (const tenant of props.tenants) {
      for (const [prefix, days] of Object.entries(keptForDays(props.bodyDays))) {
        this.bucket.addLifecycleRule({
          id: `${tenant}-${prefix}`,
          prefix: `t/${tenant}/${prefix}/`,
          expiration: Duration.days(days),
        });
      }
    }
  }
}
