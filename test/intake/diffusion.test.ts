import { describe, expect, it } from 'vitest';
import { requirementOf } from '../../shared/intake/batches.ts';
import { parseTask } from '../../shared/intake/parse-task.ts';
import type { Refusal } from '../../shared/intake/refusal.ts';
import { Tenant } from '../../shared/model/ids.ts';
import { diffusionSpec, MODEL } from '../kinds/diffusion/make.ts';
import { aMessage, IMAGE, someSettings, soundTask } from './make.ts';

const models = [{ sha256: MODEL, vramGb: 12 }];
const settings = someSettings({
  images: { 'nft.diffusion': IMAGE },
  abilities: { diffusion: { models } },
  allowCpuExecutor: false,
});

const task = (changes: object = {}, more: object = {}) => ({
  kind: 'nft.diffusion',
  spec: diffusionSpec(changes),
  resources: { vramGb: 24 },
  ...more,
});

function refused(message: string, rules = settings): Refusal {
  const parsed = parseTask(message, rules);
  if (parsed.ok) throw new Error('the message was taken');
  return parsed.refusal;
}

describe('a diffusion task', () => {
  it('is taken where the image brings its model, rents a GPU, and shares it with its sample', () => {
    const requirement = (changes: object) =>
      requirementOf(Tenant.parse('default'), soundTask(task(changes), settings));
    expect(requirement({})).toMatchObject({ gpuUsed: true, minWorkers: 2, sample: 0.1 });
    const twice = requirement({ verification: { policy: 'sample', share: 1 } });
    expect(twice).toMatchObject({ minWorkers: 2 });
    expect(twice).not.toHaveProperty('sample');
    expect(requirement({ verification: { policy: 'structural' } })).not.toHaveProperty(
      'minWorkers',
    );
  });

  it.each([
    ['no image is set', { images: {} }, 'kind', /no worker image is set for nft.diffusion/],
    [
      'the image cannot',
      { abilities: {} },
      'spec',
      /ability diffusion, and the one here has it not/,
    ],
    [
      'the image brings another model',
      { abilities: { diffusion: { models: [{ sha256: 'e'.repeat(64), vramGb: 8 }] } } },
      'spec.model.sha256',
      /does not bring this model; it has e{64}$/,
    ],
    [
      'no cluster has two workers',
      { clusters: { maxWorkers: 1 } },
      'spec.verification',
      /2 workers/,
    ],
  ])('is refused where %s', (_where, change, field, mend) => {
    const rules = someSettings({
      images: { 'nft.diffusion': IMAGE },
      abilities: { diffusion: { models } },
      ...change,
    });
    const { code, field: named, reason } = refused(aMessage(task()), rules);
    expect([code, named]).toEqual(['E_UNSUPPORTED', field]);
    expect(reason).toMatch(mend);
  });

  it.each([
    [11, false],
    [12, true],
  ])('that asks for %i GB where its model needs 12 is taken: %s', (vramGb, taken) => {
    const message = aMessage(task({}, { resources: { vramGb } }));
    expect(parseTask(message, settings).ok).toBe(taken);
    if (!taken) {
      expect(refused(message)).toMatchObject({
        code: 'E_GPU_MISMATCH',
        field: 'resources.vramGb',
        reason: expect.stringContaining('ask for 12 or more'),
      });
    }
  });

  it.each([
    ['a prompt of two lines', { prompt: 'a\nb' }, 'spec.prompt'],
    ['a size between two', { size: { width: 500, height: 512 } }, 'spec.size.width'],
    ['a model without its digest', { model: { name: 'sdxl' } }, 'spec.model.sha256'],
    ['a field no worker reads', { scheduler: 'euler' }, 'spec.scheduler'],
  ])('is refused with %s, by its field', (_what, changes, field) => {
    expect(refused(aMessage(task(changes))).field).toBe(field);
  });
});
