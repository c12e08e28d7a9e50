import { readFileSync } from 'node:fs';
import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { METRICS, NAMESPACE } from '../../infra/aws/functions/emf.ts';
import { costTable, dollars, idleMonth, oneBurst, totalUsd } from '../../infra/aws/prices.ts';
import { IMAGE, resourcesOf, synthesise } from './stack.ts';

const text = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

const Alarm = z.object({
  AlarmName: z.string(),
  AlarmDescription: z.string(),
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })),
  Period: z.number(),
  Threshold: z.number(),
  EvaluationPeriods: z.number(),
  DatapointsToAlarm: z.number(),
  ComparisonOperator: z.string(),
  TreatMissingData: z.string(),
});

let template: Template;
let alarms: z.infer<typeof Alarm>[];

beforeAll(() => {
  template = synthesise({
    images: { 'nft.generative': IMAGE },
    tenants: [{ name: 'default' }, { name: 'studio' }],
    alarms: { usdPerHour: 7 },
    settings: { allowCpuExecutor: true },
  });
  alarms = Array.from(resourcesOf(template, 'AWS::CloudWatch::Alarm').values(), ({ Properties }) =>
    Alarm.parse(Properties),
  );
});

/** Entry of the runbook an alarm links. */
const entryOf = ({ AlarmDescription }: z.infer<typeof Alarm>): string =>
  /docs\/runbook\.md#([a-z-]+)$/.exec(AlarmDescription)?.[1] ?? '';

describe('the alarms', () => {
  it('ring for these', () => {
    const ring = alarms.map(
      ({
        AlarmName,
        MetricName,
        Threshold,
        DatapointsToAlarm,
        EvaluationPeriods,
        Period,
        ...rest
      }) =>
        `${AlarmName}: ${MetricName} ${rest.ComparisonOperator.startsWith('Less') ? '<' : '>='} ${Threshold}, ${DatapointsToAlarm} of ${EvaluationPeriods} x ${Period} s, silence ${rest.TreatMissingData}`,
    );
    expect(ring.toSorted()).toEqual([
      'burst-dead-letters-default: ApproximateNumberOfMessagesVisible >= 1, 1 of 1 x 60 s, silence notBreaching',
      'burst-dead-letters-ledger_events: ApproximateNumberOfMessagesVisible >= 1, 1 of 1 x 60 s, silence notBreaching',
      'burst-dead-letters-studio: ApproximateNumberOfMessagesVisible >= 1, 1 of 1 x 60 s, silence notBreaching',
      'burst-failed-teardown: TeardownsOwed >= 1, 1 of 1 x 60 s, silence notBreaching',
      'burst-oldest-waiting-task: OldestWaitingSeconds >= 3600, 2 of 2 x 300 s, silence notBreaching',
      'burst-orphan-cluster: OrphanClusters >= 1, 10 of 10 x 60 s, silence notBreaching',
      'burst-provider-key-refused: ProviderKeyRefused >= 1, 1 of 1 x 60 s, silence notBreaching',
      'burst-reap-silent: ReapPasses < 1, 5 of 5 x 60 s, silence breaching',
      'burst-spend-rate: UsdPerHour >= 7, 3 of 5 x 60 s, silence notBreaching',
      'burst-stuck-segment: SegmentsStuck >= 2, 1 of 1 x 1800 s, silence notBreaching',
      'burst-sweep-silent: SweepPasses < 1, 5 of 5 x 60 s, silence breaching',
    ]);
  });

  it('look at series the functions write', () => {
    const own = alarms.filter(({ Namespace }) => Namespace === NAMESPACE);
    expect(own).toHaveLength(8);
    for (const { MetricName, Dimensions } of own) {
      const metric = Object.entries(METRICS).find(([name]) => name === MetricName)?.[1];
      const by = Dimensions.map(({ Name }) => Name).filter((name) => name !== 'Stack');
      expect(metric?.series).toContainEqual(by);
    }
  });

  it('say what to do and link an entry of the runbook each, and every entry has its alarm', () => {
    const entries = Array.from(
      text('docs/runbook.md').matchAll(/^## ([a-z-]+)$/gm),
      ([, name]) => name,
    );
    expect(new Set(alarms.map(entryOf))).toEqual(new Set(entries));
    for (const { AlarmDescription } of alarms) expect(AlarmDescription.length).toBeGreaterThan(80);
  });

  it('ring by default at a quarter of the cap of the day per hour', () => {
    const byDefault = synthesise({
      images: { 'nft.generative': IMAGE },
      dayCapUsd: 30,
      settings: { allowCpuExecutor: true },
    });
    byDefault.hasResourceProperties('AWS::CloudWatch::Alarm', {
      AlarmName: 'burst-spend-rate',
      Threshold: 7.5,
    });
  });
});

const Widget = z.looseObject({
  type: z.string(),
  properties: z.looseObject({
    title: z.string(),
    query: z.string().optional(),
    metrics: z.array(z.array(z.unknown())).optional(),
  }),
});

/** The dashboard's JSON, with a word in place of each value AWS knows only later. */
function widgets(): z.infer<typeof Widget>[] {
  const [dashboard] = resourcesOf(template, 'AWS::CloudWatch::Dashboard').values();
  const Body = z.object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) });
  const [, parts] = Body.parse(dashboard?.Properties.DashboardBody)['Fn::Join'];
  const json = parts.map((part) => (typeof part === 'string' ? part : 'later')).join('');
  return z.object({ widgets: z.array(Widget) }).parse(JSON.parse(json)).widgets;
}

describe('the dashboard', () => {
  it('answers these', () => {
    expect(widgets().map(({ properties }) => properties.title)).toEqual([
      'Does anything need a person?',
      'What runs?',
      'Clusters alive, and dollars per hour',
      'Spend today against the cap, dollars',
      'How long does the oldest task wait, seconds?',
      'What waits, and why?',
      'Tasks ended per minute',
      'Tasks waiting, in the profile that has most',
      'Results that failed verification',
      'Surplus and orphan clusters',
      'Dead letters',
      'Spend over the life of the deployment, dollars',
    ]);
  });

  it('shows series the functions write', () => {
    const shown = widgets()
      .flatMap(({ properties }) => properties.metrics ?? [])
      .filter(([namespace]) => namespace === NAMESPACE);
    expect(shown.length).toBeGreaterThan(12);
    for (const [, name, ...rest] of shown) {
      const metric = Object.entries(METRICS).find(([one]) => one === name)?.[1];
      const by = rest.filter((_, at) => at % 2 === 0).filter((one) => typeof one === 'string');
      expect(metric?.series).toContainEqual(by.filter((one) => one !== 'Stack'));
    }
  });

  it('asks the log of the sweep for words the sweep writes', () => {
    const query = widgets().find(({ type }) => type === 'log')?.properties.query ?? '';
    const source = text('lambdas/sweep/profiles.ts');
    expect(source).toContain("log('waiting', {");
    for (const word of ['tenant', 'profile', 'tasks', 'oldestSeconds', 'bursts', 'reason']) {
      expect(query).toContain(word);
      expect(source).toMatch(new RegExp(`\\b${word}\\b`));
    }
  });
});

describe('docs/operations.md', () => {
  const page = text('docs/operations.md');

  it('has the costs that the price table gives', () => {
    expect(page).toContain(costTable(idleMonth(1)));
    expect(page).toContain(costTable(oneBurst(1000)));
    const idle = totalUsd(idleMonth(1));
    expect(page).toContain(`**A month in which nothing is enqueued: ${dollars(idle)} US dollars**`);
    expect(page).toContain(`${dollars(totalUsd(idleMonth(2)) - idle)} more for each further one`);
    expect(page).toContain(`one hour: ${dollars(totalUsd(oneBurst(1000)))} US dollars.**`);
  });

  it('rounds nothing to nothing', () => {
    for (const { usd } of [...idleMonth(1), ...oneBurst(1000)])
      expect(Number(dollars(usd))).toBeGreaterThan(0);
  });

  it('counts the alarms and series there are', () => {
    const lines = idleMonth(2);
    expect(lines.find(({ what }) => what === 'alarms')?.quantity).toBe(alarms.length);
  });

  it('names every output, and every word of the command line', async () => {
    const { CONTEXT_NAMES } = await import('../../infra/aws/app-context.ts');
    const words = [...CONTEXT_NAMES, ...Object.keys(template.findOutputs('*'))];
    expect(words.filter((word) => !page.includes(`\`${word}\``))).toEqual([]);
  });
});
