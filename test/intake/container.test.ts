import { describe, expect, it } from 'vitest';
import { profileIdOf, requirementOf } from '../../shared/intake/batches.ts';
import { parseTask } from '../../shared/intake/parse-task.ts';
import type { Refusal } from '../../shared/intake/refusal.ts';
import { Tenant } from '../../shared/model/ids.ts';
import { CONTAINER_IMAGE, containerSpec } from '../kinds/container/make.ts';
import { aMessage, someSettings, soundTask } from './make.ts';

const settings = someSettings({ containers: [CONTAINER_IMAGE], allowCpuExecutor: false });
const digest = 'c'.repeat(64);

const message = (spec: Readonly<Record<string, unknown>>, more = {}) =>
  aMessage({ kind: 'container', spec: containerSpec(spec), ...more });

function refused(text: string, rules = settings): Refusal {
  const parsed = parseTask(text, rules);
  if (parsed.ok) throw new Error('the message was taken');
  return parsed.refusal;
}

describe('the image of a container task', () => {
  it.each([
    'registry.example/program',
    'registry.example/program:latest',
    'registry.example/program@sha256:cccc',
    `registry.example/program@sha512:${digest}`,
    `--privileged registry.example/program@sha256:${digest}`,
    `-v@sha256:${digest}`,
    `registry.example/program@sha256:${digest} --privileged`,
    `registry.example/program@sha256:${digest}\n`,
    `\nregistry.example/program@sha256:${digest}`,
    `registry.example/$(id)@sha256:${digest}`,
    `registry.example/a;b@sha256:${digest}`,
    `registry.example/a|b@sha256:${digest}`,
    `Registry.example/program@sha256:${digest}`,
    '',
  ])('is refused when it is %j', (image) => {
    expect(refused(message({ image }))).toMatchObject({
      code: 'E_IMAGE_REF',
      field: 'spec.image',
      reason: expect.stringContaining('registry/name@sha256:'),
    });
  });

  it.each([
    `elsewhere.example/program@sha256:${digest}`,
    `registry.example/program@sha256:${'d'.repeat(64)}`,
    `registry.example/program:1@sha256:${digest}`,
  ])('is refused when the operator did not allow %s, with what is allowed', (image) => {
    const { code, field, reason } = refused(message({ image }));
    expect({ code, field }).toEqual({ code: 'E_IMAGE_REF', field: 'spec.image' });
    expect(reason).toBe(`${image} is not allowed by the operator; allowed: ${CONTAINER_IMAGE}`);
  });

  it('is refused where the operator allows none, and of many allowed the first are named', () => {
    expect(refused(message({}), someSettings()).reason).toMatch(/who allows no image here$/);
    const containers = Array.from(
      { length: 7 },
      (_, n) => `registry.example/${n}@sha256:${'e'.repeat(64)}`,
    );
    expect(refused(message({}), someSettings({ containers })).reason).toMatch(/ and 2 more$/);
  });
});

describe('the variables of a container task', () => {
  it.each([
    [{ LD_PRELOAD: 'secret.so' }, 'spec.env.LD_PRELOAD', /not for a task to set/],
    [{ 'A B': 'secret' }, 'spec.env.A B', /is no name of a variable/],
    [{ A: 'secret'.repeat(3000) }, 'spec.env', /has 18001 characters; at most 16384/],
    [{ A: 7 }, 'spec.env.A', /expected string/],
  ])('are refused by name and never repeated: %j', (env, field, mend) => {
    const { reason, ...refusal } = refused(message({ env }));
    expect(refusal.field).toBe(field);
    expect(['E_ENV', 'E_TYPE']).toContain(refusal.code);
    expect(reason).toMatch(mend);
    expect(reason).not.toContain('secret');
  });
});

describe('the files of a container task', () => {
  const inputs = [{ name: 'a.txt', sha256: 'a'.repeat(64), bytes: 1 }];

  it.each([
    ['it reads one that the task does not bring', { inputs: ['a.txt'] }, {}, 'E_REQUIRED'],
    ['the task brings one that it does not read', {}, { inputs }, 'E_UNKNOWN_FIELD'],
  ])('are refused when %s', (_when, spec, more, code) => {
    expect(refused(message(spec, more))).toMatchObject({ code, field: 'inputs' });
  });

  it('are taken when both name the same', () => {
    expect(parseTask(message({ inputs: ['a.txt'] }, { inputs }), settings).ok).toBe(true);
  });
});

describe('a container task decided by votes', () => {
  const votes = (k: number) => message({ verification: { policy: 'redundancy', k } });
  const clusters = { maxWorkers: 3 };

  it.each([
    [3, true],
    [4, false],
  ])('of %i workers is taken where a cluster has three at most: %s', (k, taken) => {
    const rules = someSettings({ containers: [CONTAINER_IMAGE], clusters });
    expect(parseTask(votes(k), rules).ok).toBe(taken);
    if (!taken) {
      expect(refused(votes(k), rules)).toMatchObject({
        code: 'E_UNSUPPORTED',
        field: 'spec.verification',
      });
    }
  });

  it('shares a cluster with its like only, on its own image, and asks for that many workers', () => {
    const tenant = Tenant.parse('default');
    const requirement = (verification: object) =>
      requirementOf(
        tenant,
        soundTask({ kind: 'container', spec: containerSpec({ verification }) }, settings),
      );
    const [two, three, one] = [
      requirement({ policy: 'redundancy', k: 2 }),
      requirement({ policy: 'redundancy', k: 3 }),
      requirement({ policy: 'worker-declared' }),
    ];
    expect(two).toMatchObject({ image: CONTAINER_IMAGE, gpuUsed: true, minWorkers: 2 });
    expect(three).toMatchObject({ minWorkers: 3 });
    expect(one).not.toHaveProperty('minWorkers');
    expect(new Set([two, three, one].map(profileIdOf)).size).toBe(3);
  });

  it('leaves the profiles of all other tasks as they were', () => {
    const requirement = requirementOf(Tenant.parse('default'), soundTask());
    expect(Object.keys(requirement).toSorted()).toEqual(['gpuUsed', 'image', 'need', 'tenant']);
  });
});
