import { AwsSolutionsChecks } from 'cdk-nag';
import { beforeAll, describe, expect, it } from 'vitest';
import { BurstStack } from '../../infra/aws/burst-stack.ts';
import { anApp, IMAGE } from './stack.ts';

/** Findings of cdk-nag's AwsSolutions pack we know of and leave as they are. Six at most. */
const ACKNOWLEDGED: readonly { readonly finding: RegExp; readonly reason: string }[] = [
  {
    finding: /^AwsSolutions-S1$/,
    reason:
      'Who wrote which object when is in the ledger, row by row; access logs would need a second bucket and cost a write per read.',
  },
  {
    finding: /^AwsSolutions-SMG4$/,
    reason:
      "The key is io.net's: only a person can make a new one there. Rotating workerSecret under running bursts would lock us out of their workers.",
  },
  {
    finding: /^AwsSolutions-IAM5\[Resource::\*\]$/,
    reason:
      'Only actions AWS has no resource for: X-Ray traces and log deliveries. test/infra/roles.test.ts lists each with its reason and refuses any other.',
  },
  {
    finding:
      /^AwsSolutions-IAM5\[Resource::<SchedulerArtifactsBucket\w+\.Arn>\/t\/[a-z0-9-]+\/(assets|bodies|checkpoints|inputs|manifests|results|uploads|votes)\/\*\]$/,
    reason:
      'Objects are named by task, job and hash, which nobody knows beforehand; tenant and prefix are spelled out.',
  },
  {
    finding:
      /^AwsSolutions-IAM5\[Resource::<SchedulerStages(plan|provision|run|poll|collect|teardown)Function\w+\.Arn>:\*\]$/,
    reason:
      'An execution calls the versions of our own functions it began with, also those of revisions that were replaced since.',
  },
  {
    finding: /^AwsSolutions-SQS3$/,
    reason:
      'The queue is itself where changes go that could not be told of; cdk-nag knows dead letters of queues only, not those of streams.',
  },
];

let findings: string[];

beforeAll(() => {
  const app = anApp();
  const stack = new BurstStack(app, 'Burst', {
    images: { 'nft.generative': IMAGE },
    tenants: [{ name: 'default' }, { name: 'studio-7' }],
    registrySecretName: 'registry/login',
    settings: { allowCpuExecutor: true },
  });
  findings = new AwsSolutionsChecks(app)
    .validateScope(stack)
    .violations.map(({ ruleName }) => ruleName);
});

describe('cdk-nag', () => {
  it('finds nothing that is not acknowledged', () => {
    const open = findings.filter((one) => !ACKNOWLEDGED.some(({ finding }) => finding.test(one)));
    expect(open).toEqual([]);
  });

  it('still finds everything that is acknowledged, each for a reason, six at most', () => {
    const idle = ACKNOWLEDGED.filter(({ finding }) => !findings.some((one) => finding.test(one)));
    expect(idle).toEqual([]);
    expect(ACKNOWLEDGED.length).toBeLessThanOrEqual(6);
    for (const { reason } of ACKNOWLEDGED) expect(reason.length).toBeGreaterThan(60);
  });
});
