import * as z from 'zod';
import { type BurstSchedulerProps, PropsRejected } from './scheduler-props.ts';

const AppContext = z.object({
  workerImage: z.string('is missing; give -c workerImage=registry/name@sha256:…'),
  allowCpuExecutor: z
    .union([z.boolean(), z.literal(['true', 'false']).transform((text) => text === 'true')], {
      error: 'must be true or false',
    })
    .default(false),
});

/**
 * The props of the app's one stack, from the CDK context (`-c name=value`, or `cdk.json`).
 *
 * @throws PropsRejected
 */
export function propsFromContext(context: (name: string) => unknown): BurstSchedulerProps {
  const parsed = AppContext.safeParse({
    workerImage: context('workerImage'),
    allowCpuExecutor: context('allowCpuExecutor'),
  });
  if (!parsed.success) {
    throw new PropsRejected(
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
    );
  }
  const { workerImage, allowCpuExecutor } = parsed.data;
  return { images: { 'nft.generative': workerImage }, settings: { allowCpuExecutor } };
}
