import * as z from 'zod';
import { API_FLAVOURS } from '../../shared/ionet/flavour.ts';
import { type BurstSchedulerProps, PropsRejected } from './scheduler-props.ts';

const AppContext = z.object({
  workerImage: z.string('is missing; give -c workerImage=registry/name@sha256:…'),
  allowCpuExecutor: z
    .union([z.boolean(), z.literal(['true', 'false']).transform((text) => text === 'true')], {
      error: 'must be true or false',
    })
    .default(false),
  apiFlavour: z
    .enum(API_FLAVOURS, { error: `must be one of ${API_FLAVOURS.join(', ')}` })
    .default('caas'),
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
    apiFlavour: context('apiFlavour'),
  });
  if (!parsed.success) {
    throw new PropsRejected(
      parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`),
    );
  }
  const { workerImage, allowCpuExecutor, apiFlavour } = parsed.data;
  return { images: { 'nft.generative': workerImage }, apiFlavour, settings: { allowCpuExecutor } };
}
