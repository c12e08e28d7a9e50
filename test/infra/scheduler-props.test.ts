import { describe, expect, it } from 'vitest';
import { stackOf } from '../../infra/aws/app-context.ts';
import { deploymentOf, PropsRejected } from '../../infra/aws/deployment.ts';
import { problemsOf } from '../../infra/aws/props-problems.ts';
import type { BurstSchedulerProps } from '../../infra/aws/scheduler-props.ts';
import { IMAGE, synthesise } from './stack.ts';

const images = { 'nft.generative': IMAGE };
const tenants = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ name: `tenant-${index}` }));

const concurrent = (intakePerTenant: number, teardown: number): BurstSchedulerProps => ({
  images,
  concurrency: { intakePerTenant, teardown },
});

/** Workers' variables that make the settings `bytes` long. */
function settingsOf(bytes: number): BurstSchedulerProps {
  const short = { images, settings: { workerEnv: { A: '' } } };
  const filler = bytes - Buffer.byteLength(deploymentOf(short).settingsJson);
  return { images, settings: { workerEnv: { A: 'x'.repeat(filler) } } };
}

describe('props', () => {
  it.each<{ name: string; props: BurstSchedulerProps }>([
    { name: 'an image and nothing else', props: { images } },
    { name: 'a name of 25 characters', props: { images, name: 'n'.repeat(25) } },
    { name: '20 tenants', props: { images, tenants: tenants(20) } },
    { name: 'a tenant of 32 characters', props: { images, tenants: [{ name: 't'.repeat(32) }] } },
    {
      name: 'a provider call one second shorter than the function',
      props: { images, settings: { limits: { functionSeconds: 60, providerSeconds: 59 } } },
    },
    { name: 'settings that just fit the environment', props: settingsOf(3072) },
    ...[1, 1000].map((weight) => ({
      name: `a weight of ${weight}`,
      props: { images, tenants: [{ name: 'studio', weight }] },
    })),
    { name: 'a cap of one cent', props: { images, stackCapUsd: 0.01, dayCapUsd: 0.01 } },
    { name: 'the fewest and the most calls of intake', props: concurrent(2, 1000) },
    { name: 'bodies kept for 30 days', props: { images, retention: { bodyDays: 30 } } },
    { name: 'a country', props: { images, locations: ['DE'] } },
    { name: 'the login of a registry', props: { images, registrySecretName: 'registry/login' } },
  ])('takes $name', ({ props }) => {
    expect(problemsOf(props)).toEqual([]);
  });

  it.each<{ name: string; props: BurstSchedulerProps; says: string }>([
    { name: 'no image', props: { images: {} }, says: 'images: names no image' },
    {
      name: 'an image without a digest',
      props: { images: { 'nft.generative': 'registry.example/worker:latest' } },
      says: 'images.nft.generative: "registry.example/worker:latest" does not name an image by its digest',
    },
    {
      name: 'a digest one digit short',
      props: { images: { 'nft.generative': IMAGE.slice(0, -1) } },
      says: 'does not name an image by its digest',
    },
    {
      name: 'an image of a kind there is not',
      props: { images: { ...images, 'nft.generativ': IMAGE } },
      says: 'images.nft.generativ: there is no such task kind',
    },
    {
      name: 'a name of 26 characters',
      props: { images, name: 'n'.repeat(26) },
      says: 'name: must',
    },
    { name: 'no tenant', props: { images, tenants: [] }, says: 'tenants: there must be one' },
    { name: '21 tenants', props: { images, tenants: tenants(21) }, says: 'tenants: 21 of them' },
    {
      name: 'a tenant of 33 characters',
      props: { images, tenants: [{ name: 't'.repeat(33) }] },
      says: 'is not a name of lower-case letters',
    },
    {
      name: 'a tenant named twice',
      props: { images, tenants: ['studio', 'other', 'studio'].map((name) => ({ name })) },
      says: 'tenants: studio is named twice',
    },
    {
      name: 'a function longer than the machine waits',
      props: { images, settings: { limits: { functionSeconds: 61 } } },
      says: 'settings.limits.functionSeconds: must be a whole number up to 60, got 61',
    },
    {
      name: 'a function of a fraction of a second more',
      props: { images, settings: { limits: { functionSeconds: 30.5 } } },
      says: 'got 30.5',
    },
    {
      name: 'a provider call as long as the function',
      props: { images, settings: { limits: { functionSeconds: 20, providerSeconds: 20 } } },
      says: 'settings.limits.providerSeconds: must be below functionSeconds (20), got 20',
    },
    {
      name: 'a setting that is not one',
      props: { images, settings: { clusters: { maxWorkers: 0 } } },
      says: 'settings.clusters.maxWorkers: ',
    },
    {
      name: 'a cap of zero',
      props: { images, stackCapUsd: 0 },
      says: 'stackCapUsd: must be above zero, got 0',
    },
    {
      name: "a day's cap below zero",
      props: { images, dayCapUsd: -1 },
      says: 'dayCapUsd: must be above zero, got -1',
    },
    {
      name: 'less than nothing for second orders',
      props: { images, hedgeDayUsd: -0.01 },
      says: 'hedgeDayUsd: must be zero or above, got -0.01',
    },
    {
      name: 'a tenant without money',
      props: { images, tenants: [{ name: 'studio', capUsd: 0 }] },
      says: 'tenants.studio.capUsd: must be above zero, got 0',
    },
    ...[0, 1001, 1.5].map((weight) => ({
      name: `a weight of ${weight}`,
      props: { images, tenants: [{ name: 'studio', weight }] },
      says: `tenants.studio.weight: must be a whole number from 1 to 1000, got ${weight}`,
    })),
    {
      name: 'a cap that is no number',
      props: { images, stackCapUsd: Number.NaN },
      says: 'stackCapUsd: must be above zero, got NaN',
    },
    {
      name: 'a secret without a name',
      props: { images, secretName: ' ' },
      says: 'secretName: is empty; name the secret, for example burst/ionet',
    },
    {
      name: 'a secret whose name looks like the end of an ARN',
      props: { images, secretName: 'burst-abcdef' },
      says: 'secretName: "burst-abcdef" cannot be the name of a secret',
    },
    {
      name: 'a registry login without a name',
      props: { images, registrySecretName: '' },
      says: 'registrySecretName: is empty',
    },
    {
      name: 'less than two calls of intake',
      props: concurrent(1, 5),
      says: 'concurrency.intakePerTenant: must be a whole number from 2 to 1000, got 1',
    },
    {
      name: 'negative concurrency',
      props: concurrent(5, -1),
      says: 'concurrency.teardown: must be a whole number from 1 to 1000, got -1',
    },
    {
      name: 'bodies kept for 29 days',
      props: { images, retention: { bodyDays: 29 } },
      says: 'retention.bodyDays: must be a whole number of 30 at least, got 29',
    },
    {
      name: 'a country by its name',
      props: { images, locations: ['Germany'] },
      says: 'locations: "Germany" is not a country code such as DE',
    },
    {
      name: 'no country at all',
      props: { images, locations: [] },
      says: 'locations: allows none; leave it out to allow all',
    },
    {
      name: 'an alarm that always rings',
      props: { images, alarms: { usdPerHour: 0 } },
      says: 'alarms.usdPerHour: must be above zero, got 0',
    },
    {
      name: 'settings one byte too many',
      props: settingsOf(3073),
      says: 'settings: 3073 bytes as JSON',
    },
  ])('refuses $name', ({ props, says }) => {
    expect(problemsOf(props)).toEqual([expect.stringContaining(says)]);
  });

  it('are refused for a region there is not', () => {
    expect(problemsOf({ images }, 'eu-central-1')).toEqual([]);
    expect(problemsOf({ images }, 'eu-centrale-1')).toEqual([
      'region: there is no AWS region "eu-centrale-1"',
    ]);
  });
});

const WRONG: BurstSchedulerProps = {
  images: { 'nft.generative': 'worker' },
  stackCapUsd: 0,
  secretName: '',
  concurrency: { teardown: -1 },
  tenants: [{ name: 'b' }, { name: 'b' }],
  settings: { batches: { maxTasks: 201 } },
};

describe('a stack of wrong props', () => {
  it('is not synthesised, and one message names all that is wrong', () => {
    const lines = (() => {
      try {
        synthesise(WRONG, { region: 'mars-1' });
        return [];
      } catch (error) {
        if (!(error instanceof PropsRejected)) throw error;
        return error.message.split('\n').slice(1);
      }
    })();
    expect(lines.map((line) => line.split(':')[0])).toEqual([
      '- region',
      '- images.nft.generative',
      '- secretName',
      '- tenants',
      '- stackCapUsd',
      '- concurrency.teardown',
      '- settings.batches.maxTasks',
    ]);
  });
});

describe('the words of the command line', () => {
  const stackFrom = (context: Record<string, unknown>) => stackOf((name) => context[name]);

  it.each([
    { given: {}, allowCpuExecutor: false },
    { given: { allowCpuExecutor: 'true' }, allowCpuExecutor: true },
    { given: { allowCpuExecutor: 'false' }, allowCpuExecutor: false },
    { given: { allowCpuExecutor: true }, allowCpuExecutor: true },
  ])(
    'say with $given that allowCpuExecutor is $allowCpuExecutor',
    ({ given, allowCpuExecutor }) => {
      const { props } = stackFrom({ workerImage: IMAGE, ...given });
      expect(props).toMatchObject({ images, settings: { allowCpuExecutor } });
    },
  );

  it('name tenants with their caps, countries and the rest', () => {
    const { props, region } = stackFrom({
      workerImage: IMAGE,
      region: 'eu-central-1',
      tenants: 'studio=25:3,gallery:2,atelier',
      locations: 'DE,FR',
      dayCapUsd: '12.5',
      hedgeDayUsd: 2,
      reserveConcurrency: 'false',
    });
    expect(region).toBe('eu-central-1');
    expect(props).toMatchObject({
      tenants: [
        { name: 'studio', capUsd: 25, weight: 3 },
        { name: 'gallery', weight: 2 },
        { name: 'atelier' },
      ],
      locations: ['DE', 'FR'],
      dayCapUsd: 12.5,
      hedgeDayUsd: 2,
      concurrency: { reserve: false },
    });
    expect(deploymentOf(props, region).tenants.map(({ queueName }) => queueName)).toEqual([
      'burst-intake-studio',
      'burst-intake-gallery',
      'burst-intake-atelier',
    ]);
    expect(JSON.parse(deploymentOf(props, region).settingsJson)).toMatchObject({
      tenantWeights: { studio: 3, gallery: 2 },
    });
  });

  it('take an image for one kind and any other setting, as JSON or as what they are', () => {
    const own = IMAGE.replace('@', '-own@');
    const abilities = { 'external-prover': { gpuUsed: true } };
    for (const given of [
      { images: JSON.stringify({ 'zk.groth16': own }), settings: JSON.stringify({ abilities }) },
      { images: { 'zk.groth16': own }, settings: { abilities } },
    ]) {
      const { props } = stackFrom({ workerImage: IMAGE, ...given });
      expect(props.images).toMatchObject({ ...images, 'zk.groth16': own });
      expect(JSON.parse(deploymentOf(props).settingsJson)).toMatchObject({ abilities });
    }
  });

  it.each([
    [{ settings: '{' }, /- settings: .*JSON/],
    [{ settings: '[]' }, '- settings: must be a JSON object'],
    [{ settings: { caps: {} } }, /- settings: give these by their own words: .*caps/],
    [{ settings: { allowCpuExecutor: true } }, /by their own words: .*allowCpuExecutor/],
    [{ settings: { looks: { shortest: 1 } } }, /- settings\.looks/],
    [{ images: '"one"' }, /- images: must be a JSON object/],
  ])('are refused where they are no settings: %j', (given, message) => {
    expect(() => stackFrom({ workerImage: IMAGE, ...given })).toThrow(message);
  });

  it('that do not exist are refused, with what was meant', () => {
    const names = [
      'dayCapUSD',
      'colour',
      '@aws-cdk/core:newStyle',
      'cli-telemetry',
      'aws:cdk:bundling',
      'workerImage',
    ];
    const context: Record<string, unknown> = { workerImage: IMAGE };
    expect(() => stackOf((name) => context[name], names)).toThrow(
      [
        'Burst cannot be deployed like this:',
        '- dayCapUSD: there is no such word; did you mean dayCapUsd?',
        '- colour: there is no such word',
      ].join('\n'),
    );
  });

  it('are refused together with what they mean', () => {
    const wrong = { allowCpuExecutor: 'yes', stage: 'prod', dayCapUsd: 'ten', region: 'moon' };
    expect(() => stackFrom(wrong)).toThrow(
      [
        'Burst cannot be deployed like this:',
        '- stage: must be production or development, got "prod"',
        '- allowCpuExecutor: must be true or false, got "yes"',
        '- region: there is no AWS region "moon"',
        '- images: names no image, so no task could run; give one, in the app -c workerImage=registry/name@sha256:…',
        '- dayCapUsd: must be above zero, got NaN',
      ].join('\n'),
    );
  });
});
