import { describe, expect, it } from 'vitest';
import { propsFromContext } from '../../infra/aws/app-context.ts';
import {
  type BurstSchedulerProps,
  deploymentOf,
  PropsRejected,
} from '../../infra/aws/scheduler-props.ts';
import { IMAGE, synthesise } from './stack.ts';

const images = { 'nft.generative': IMAGE };
const tenants = (count: number) => Array.from({ length: count }, (_, index) => `tenant-${index}`);

/** Workers' variables that make the settings `bytes` long. */
function settingsOf(bytes: number): BurstSchedulerProps {
  const short = { images, settings: { workerEnv: { A: '' } } };
  const filler = bytes - Buffer.byteLength(deploymentOf(short).settingsJson);
  return { images, settings: { workerEnv: { A: 'x'.repeat(filler) } } };
}

/** The lines of the refusal, without its heading. */
function problemsOf(props: BurstSchedulerProps): string[] {
  try {
    deploymentOf(props);
    return [];
  } catch (error) {
    if (!(error instanceof PropsRejected)) throw error;
    return error.message.split('\n').slice(1);
  }
}

describe('deploymentOf', () => {
  it.each<{ name: string; props: BurstSchedulerProps }>([
    { name: 'an image and nothing else', props: { images } },
    { name: 'container images alone', props: { images: {}, settings: { containers: [IMAGE] } } },
    { name: 'a name of 25 characters', props: { images, name: 'n'.repeat(25) } },
    { name: '20 tenants', props: { images, tenants: tenants(20) } },
    { name: 'a tenant of 32 characters', props: { images, tenants: ['t'.repeat(32)] } },
    {
      name: 'a provider call one second shorter than the function',
      props: { images, settings: { limits: { functionSeconds: 60, providerSeconds: 59 } } },
    },
    { name: 'settings that just fit the environment', props: settingsOf(3072) },
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
      name: 'one image for tasks that name theirs',
      props: { images: { ...images, container: IMAGE } },
      says: 'images.container: its tasks name their images; allow them in settings.containers',
    },
    {
      name: 'a container image without a digest',
      props: { images, settings: { containers: ['registry.example/program:latest'] } },
      says: 'settings.containers.0: ',
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
      props: { images, tenants: ['t'.repeat(33)] },
      says: 'is not a name of lower-case letters',
    },
    {
      name: 'a tenant named twice',
      props: { images, tenants: ['studio', 'other', 'studio'] },
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
      name: 'settings one byte too many',
      props: settingsOf(3073),
      says: 'settings: 3073 bytes as JSON',
    },
  ])('refuses $name', ({ props, says }) => {
    expect(problemsOf(props)).toEqual([expect.stringContaining(says)]);
  });

  it('names all that is wrong in one message', () => {
    const problems = problemsOf({
      images: { 'nft.generative': 'worker' },
      name: 'Burst',
      tenants: ['A', 'b', 'b'],
      settings: { batches: { maxTasks: 201 } },
    });
    expect(problems).toHaveLength(5);
  });
});

describe('a stack of wrong props', () => {
  it('is not synthesised', () => {
    expect(() => synthesise({ images: {} })).toThrow(PropsRejected);
  });
});

describe('propsFromContext', () => {
  const propsOf = (context: Record<string, unknown>) => propsFromContext((name) => context[name]);

  it.each([
    { given: {}, allowCpuExecutor: false },
    { given: { allowCpuExecutor: 'true' }, allowCpuExecutor: true },
    { given: { allowCpuExecutor: 'false' }, allowCpuExecutor: false },
    { given: { allowCpuExecutor: true }, allowCpuExecutor: true },
  ])('reads $given as allowCpuExecutor $allowCpuExecutor', ({ given, allowCpuExecutor }) => {
    expect(propsOf({ workerImage: IMAGE, ...given })).toEqual({
      images,
      apiFlavour: 'caas',
      settings: { allowCpuExecutor },
    });
  });

  it('reads which API of the provider is spoken', () => {
    const props = propsOf({ workerImage: IMAGE, apiFlavour: 'clusters' });
    expect(deploymentOf(props).apiFlavour).toBe('clusters');
    expect(() => propsOf({ workerImage: IMAGE, apiFlavour: 'vmaas' })).toThrow(
      'apiFlavour: must be one of caas, clusters',
    );
  });

  it('says which words of the command line are missing or wrong', () => {
    expect(() => propsOf({ allowCpuExecutor: 'yes' })).toThrow(
      /workerImage: is missing; give -c workerImage=.*\n- allowCpuExecutor: must be true or false/,
    );
  });
});
