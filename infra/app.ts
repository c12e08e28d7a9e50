import { App } from 'aws-cdk-lib';
import { propsFromContext } from './aws/app-context.ts';
import { BurstStack } from './aws/burst-stack.ts';

/**
 * The CDK app:
 *
 *   npx cdk deploy -c workerImage=registry/name@sha256:… [-c allowCpuExecutor=true] [-c apiFlavour=clusters]
 */
const app = new App();
new BurstStack(
  app,
  'Burst',
  propsFromContext((name) => app.node.tryGetContext(name)),
  { description: 'Burst: GPU tasks onto short-lived io.net clusters' },
);
