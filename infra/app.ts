import { App } from 'aws-cdk-lib';
import * as z from 'zod';
import { stackOf } from './aws/app-context.ts';
import { BurstStack } from './aws/burst-stack.ts';

/**
 * The CDK app, one Burst in one stack; docs/operations.md says what the words after `-c` mean:
 *
 *   npx cdk deploy -c workerImage=registry/name@sha256:… [-c name=value …]
 */
const app = new App();
const names = Object.keys(z.record(z.string(), z.unknown()).parse(app.node.getAllContext()));
const { props, region } = stackOf((name) => app.node.tryGetContext(name), names);
new BurstStack(app, 'Burst', props, {
  description: 'Burst: GPU tasks onto short-lived io.net clusters',
  ...(region === undefined ? {} : { env: { region } }),
});
