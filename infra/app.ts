import { App } from 'aws-cdk-lib';
import { stackOf } from './aws/app-context.ts';
import { BurstStack } from './aws/burst-stack.ts';

/**
 * The CDK app, one Burst in one stack; docs/operations.md says what the words after `-c` mean:
 *
 *   npx cdk deploy -c workerImage=registry/name@sha256:… [-c name=value …]
 */
const app = new App();
const { props, region } = stackOf((name) => app.node.tryGetContext(name));
new BurstStack(app, 'Burst', props, {
  description: 'Burst: GPU tasks onto short-lived io.net clusters',
  ...(region === undefined ? {} : { env: { region } }),
});
