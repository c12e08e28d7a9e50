import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { NAMESPACE } from '../../infra/aws/functions/emf.ts';
import { meteredLog } from '../../infra/aws/functions/metered-log.ts';
import { onAws } from '../../infra/aws/functions/on-aws.ts';
import { clustersFor } from '../../infra/aws/functions/provider-rights.ts';
import { basicsOnAws } from '../../lambdas/on-aws.ts';
import { reap } from '../../lambdas/reap.ts';
import { API_FLAVOURS } from '../../shared/ionet/flavour.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { API_KEY } from '../support/ionet-world.ts';
import { type Scripted, scriptedServer } from '../support/scripted-server.ts';
import { functionsOf, IMAGE, resourcesOf, synthesise } from './stack.ts';

/**
 * The whole way of a refused key: an answer over HTTP, the client, the reaper as its function runs it (it asks every
 * minute, work or none), the line it logs, the alarm of the template that looks at what the line measures.
 */

const Alarm = z.object({
  AlarmName: z.string(),
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.string() })),
  Statistic: z.string(),
  Threshold: z.number(),
});
const Line = z.looseObject({
  _aws: z.object({
    CloudWatchMetrics: z.array(
      z.object({
        Namespace: z.string(),
        Dimensions: z.array(z.array(z.string())),
        Metrics: z.array(z.object({ Name: z.string() })),
      }),
    ),
  }),
});

let alarm: z.infer<typeof Alarm>;
let stack: string;
beforeAll(() => {
  const template = synthesise({
    images: { 'nft.generative': IMAGE },
    settings: { allowCpuExecutor: true },
  });
  const alarms = Array.from(
    resourcesOf(template, 'AWS::CloudWatch::Alarm').values(),
    ({ Properties }) => Properties,
  );
  alarm = Alarm.parse(
    alarms.find(({ AlarmName }) => String(AlarmName).endsWith('provider-key-refused')),
  );
  const variables = functionsOf(template).get('reap')?.Environment.Variables;
  stack = z.string().parse(variables?.BURST_STACK);
});

/** What one pass of the reaper logs when the provider answers so. */
async function linesOfOnePass(scripted: Scripted, flavour: string): Promise<string[]> {
  const server = await scriptedServer(() => scripted);
  const lines: string[] = [];
  const handler = onAws(
    reap,
    (config) => ({
      ...basicsOnAws(config),
      ledger: memoryLedger(),
      clusters: clustersFor('destroys', config),
    }),
    async () => ({ ionetApiKey: API_KEY, workerSecret: 'root-of-the-tokens' }),
    {
      AWS_REGION: 'eu-central-1',
      BURST_SETTINGS: JSON.stringify({ stackName: stack, tenantOfQueue: {}, images: {} }),
      BURST_TABLE: 'ledger',
      BURST_BUCKET: 'artifacts',
      BURST_STATE_MACHINE_ARN: 'arn:aws:states:eu-central-1:000000000000:stateMachine:burst',
      IONET_BASE_URL: server.baseUrl,
      IONET_API_FLAVOUR: flavour,
    },
    meteredLog(stack, (line) => void lines.push(line)),
  );
  await handler({}, { getRemainingTimeInMillis: () => 60_000 }).catch(() => undefined);
  await server.close();
  return lines;
}

/** The sum CloudWatch would give the alarm of these lines. */
const measured = (lines: readonly string[]): number =>
  lines
    .flatMap((line) => Line.safeParse(JSON.parse(line)).data ?? [])
    .filter((line) =>
      line._aws.CloudWatchMetrics.some(
        ({ Namespace, Dimensions, Metrics }) =>
          Namespace === alarm.Namespace &&
          Metrics.some(({ Name }) => Name === alarm.MetricName) &&
          Dimensions.some((names) => names.join() === alarm.Dimensions.map((d) => d.Name).join()),
      ),
    )
    .filter((line) => alarm.Dimensions.every(({ Name, Value }) => line[Name] === Value))
    .reduce((sum, line) => sum + z.number().parse(line[alarm.MetricName]), 0);

describe.each(API_FLAVOURS)('with the API %s', (flavour) => {
  it.each<Scripted>([
    { status: 401, body: { detail: 'Unauthorized' } },
    { status: 401, body: { detail: 'Invalid key. Check your balance.' } },
    { status: 403, body: { detail: 'API key expired' } },
    { status: 400, body: { key_set: true } },
  ])('a key that is refused with $status rings its alarm, work or none', async (scripted) => {
    expect(alarm).toMatchObject({ Namespace: NAMESPACE, Statistic: 'Sum' });
    const lines = await linesOfOnePass(scripted, flavour);
    expect(measured(lines)).toBeGreaterThanOrEqual(alarm.Threshold);
    expect(lines.join()).not.toContain(API_KEY);
  });

  it.each<Scripted>([
    { status: 400, body: { detail: 'no' } },
    { status: 402, body: { detail: 'insufficient credits' } },
    { status: 429, body: '' },
  ])('what is answered with $status rings it not', async (scripted) => {
    const lines = await linesOfOnePass(scripted, flavour);
    expect(lines).toHaveLength(1);
    expect(measured(lines)).toBe(0);
  });
});
