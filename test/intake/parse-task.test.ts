import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonFaultAt } from '../../shared/intake/json-fault.ts';
import { nearest } from '../../shared/intake/nearest.ts';
import { parseTask, type SoundTask } from '../../shared/intake/parse-task.ts';
import { quoted, refusalText } from '../../shared/intake/refusal.ts';
import { canonicalJson, sha256Of } from '../../shared/model/digest.ts';
import { TaskEnvelope } from '../../shared/model/task.ts';
import { anyText } from '../support/any-text.ts';
import { aMessage, anEnvelope, aSpec, IMAGE, someSettings, soundTask } from './make.ts';

const settings = someSettings();
const parse = (text: string, changes: Parameters<typeof someSettings>[0] = {}) =>
  parseTask(text, someSettings(changes));

describe('a sound task', () => {
  it('has its defaults filled in and what its kind says about it', () => {
    const task = soundTask();
    expect(task.envelope).toEqual({
      ...anEnvelope(),
      v: 1,
      resources: { gpus: 1, vramGb: 1 },
    });
    expect(task).toMatchObject({ image: IMAGE, gpuUsed: false });
    expect(task.unitSeconds).toBe(task.known.unitSeconds);
    expect(task.known.affinityKey).not.toBe('');
  });

  it('takes its estimate over the prior of its kind', () => {
    expect(soundTask({ estimatedSeconds: 12.5 }).unitSeconds).toBe(12.5);
  });

  it('has the hash of its canonical envelope', () => {
    const { bodySha256, envelope } = soundTask();
    expect(bodySha256).toBe(sha256Of(canonicalJson(envelope)));
  });

  it.each([
    [
      'keys in another order',
      JSON.stringify(Object.fromEntries(Object.entries(anEnvelope()).reverse())),
    ],
    ['white space', JSON.stringify(anEnvelope(), null, 2)],
    ['escapes', aMessage().replace('token-1', '\\u0074oken-1')],
    ['the version written out', aMessage({ v: 1 })],
    ['empty resources', aMessage({ resources: {} })],
    ['default resources', aMessage({ resources: { vramGb: 1, gpus: 1 } })],
  ])('is the same task with %s', (_what, text) => {
    expect(parse(text)).toMatchObject({ ok: true, task: { bodySha256: soundTask().bodySha256 } });
  });

  it.each([
    ['NVIDIA_3090', 'RTX 3090'],
    ['GeForce RTX 4090', 'RTX 4090'],
    ['4090', 'RTX 4090'],
    ['A100-SXM4-80GB', 'A100 SXM 80GB'],
    ['NVIDIA H100 80GB HBM3', 'H100 SXM'],
  ])('is the same task with the alias %s as with %s', (alias, model) => {
    const [one, other] = [alias, model].map((name) =>
      soundTask({ resources: { gpuModels: [name] } }),
    );
    expect(one?.envelope.resources.gpuModels).toEqual([model]);
    expect(one?.bodySha256).toBe(other?.bodySha256);
  });

  it('is the same task with NVLink declined as without a word about it', () => {
    expect(soundTask({ resources: { nvlink: false } }).bodySha256).toBe(soundTask().bodySha256);
  });

  it.each([
    ['another id', { taskId: 'token-2' }],
    ['another spec', { spec: aSpec(2) }],
    ['another GPU need', { resources: { gpus: 2 } }],
    ['an estimate', { estimatedSeconds: 1 }],
    ['a place', { locations: ['US'] }],
    ['a compliance tag', { compliance: ['GDPR'] }],
    ['NVLink', { resources: { gpus: 2, nvlink: true } }],
  ])('is another task with %s', (_what, changes) => {
    expect(soundTask(changes).bodySha256).not.toBe(soundTask().bodySha256);
  });

  it.each([
    [{ gpuModels: ['RTX 4090'], vramGb: 24 }],
    [{ gpuModels: ['RTX 4090', 'H200'], vramGb: 141 }],
    [{ vramGb: 192, gpus: 8 }],
    [{ vramGb: 288 }],
    [{ gpuModels: ['H100'], gpus: 2, nvlink: true }],
  ])('may need %j', (resources) => {
    expect(soundTask({ resources }).envelope.resources).toMatchObject(resources);
  });

  it.each([
    [{ gpuModels: ['RTX 4090'], vramGb: 25 }],
    [{ gpuModels: ['RTX 4090', 'H200'], vramGb: 142 }],
    [{ vramGb: 289 }],
    [{ vramGb: 81, gpuModels: ['H100'] }],
  ])('may not need %j, which no GPU has', (resources) => {
    expect(parse(aMessage({ resources }))).toMatchObject({ refusal: { code: 'E_GPU_MISMATCH' } });
  });
});

describe('what a deployment does not offer', () => {
  it.each([
    [1799, true],
    [1800, true],
    [1801, false],
  ])('an estimate of %d s where a job may take 1800 s: taken %s', (estimatedSeconds, ok) => {
    const parsed = parse(aMessage({ estimatedSeconds }), { lease: { jobSeconds: 1800 } });
    expect(parsed.ok).toBe(ok);
    if (parsed.ok) return;
    expect(parsed).toMatchObject({ claimedTaskId: 'token-1' });
    expect(parsed.refusal).toMatchObject({ code: 'E_TOO_LONG', field: 'estimatedSeconds' });
    expect(parsed.refusal.reason).toMatch(/1801 s .*\(1800 s\).*; split it/);
  });

  it.each([
    [1, true],
    [1800, true],
    [1801, false],
  ])('a timeout of %d s where a job may take 1800 s: taken %s', (timeoutSeconds, ok) => {
    const parsed = parse(aMessage({ timeoutSeconds }), { lease: { jobSeconds: 1800 } });
    expect(parsed.ok).toBe(ok);
    if (parsed.ok) return;
    expect(parsed.refusal).toMatchObject({ code: 'E_TOO_LONG', field: 'timeoutSeconds' });
    expect(parsed.refusal.reason).toMatch(/1801 s .*\(1800 s\); give that or less/);
  });

  it.each([
    { estimatedSeconds: 100, timeoutSeconds: 60, unitSeconds: 60 },
    { estimatedSeconds: 100, timeoutSeconds: 101, unitSeconds: 100 },
  ])('a task without checkpoints takes no longer than its time: $unitSeconds s', (task) => {
    const { unitSeconds, ...times } = task;
    expect(soundTask(times).unitSeconds).toBe(unitSeconds);
  });

  it('the prior of the kind counts where there is no estimate', () => {
    const { unitSeconds } = soundTask();
    const jobOf = (jobSeconds: number) => parse(aMessage(), { lease: { jobSeconds } });
    expect(jobOf(unitSeconds)).toMatchObject({ ok: true });
    expect(jobOf(unitSeconds * 0.99)).toMatchObject({ refusal: { code: 'E_TOO_LONG' } });
  });

  const inCountries = (changes: Readonly<Record<string, unknown>>, allowed: string[]) =>
    parse(aMessage(changes), { allowedLocations: allowed });

  it.each([
    [{}, ['US', 'DE'], ['DE', 'US']],
    [{ locations: ['US', 'FI'] }, ['US', 'DE'], ['US']],
    [{ compliance: ['GDPR'] }, ['US', 'DE', 'FI'], ['DE', 'FI']],
    [{ compliance: ['EU'], locations: ['FI', 'US'] }, ['FI', 'DE'], ['FI']],
  ])('a place: %j where it rents in %j may run in %j', (changes, allowed, locations) => {
    expect(inCountries(changes, allowed)).toMatchObject({ ok: true, task: { locations } });
  });

  it.each([
    [
      { compliance: ['UK-GDPR'] },
      ['US', 'DE', 'FI'],
      {
        code: 'E_COMPLIANCE',
        field: 'compliance',
        reason:
          'this deployment rents in US, DE, FI only, and the task allows GB; tags that work here: GDPR, EEA, EU',
      },
    ],
    [
      { compliance: ['EU'], locations: ['FR', 'US'] },
      ['US'],
      {
        code: 'E_COMPLIANCE',
        field: 'compliance',
        reason: 'this deployment rents in US only, and the task allows FR; no tag works here',
      },
    ],
    [
      { locations: ['FR'] },
      ['US', 'DE'],
      {
        code: 'E_LOCATION',
        field: 'locations',
        reason:
          'this deployment rents in US, DE only, and the task allows FR; give one of the former, or leave locations out',
      },
    ],
  ])(
    'a place it does not rent in is refused with what works: %j in %j',
    (changes, allowed, why) => {
      expect(inCountries(changes, allowed)).toEqual({
        ok: false,
        claimedTaskId: 'token-1',
        refusal: why,
      });
    },
  );

  it('a place is named in no more than forty countries', () => {
    const letters = [...'ABCDEFGHIJ'];
    const hundred = letters.flatMap((one) => letters.map((other) => `${one}${other}`));
    const parsed = inCountries({ locations: ['US'] }, hundred);
    if (parsed.ok) throw new Error('the place was taken');
    expect(parsed.refusal.reason).toMatch(/ and 60 more only, and the task allows US;/);
  });

  it('a kind without an image is refused', () => {
    expect(parse(aMessage(), { images: {} })).toEqual({
      ok: false,
      claimedTaskId: 'token-1',
      refusal: {
        code: 'E_UNSUPPORTED',
        field: 'kind',
        reason: 'no worker image is set for nft.generative here',
      },
    });
  });

  it('a kind that uses no GPU is refused, unless the operator allows it', () => {
    expect(parse(aMessage(), { allowCpuExecutor: true })).toMatchObject({ ok: true });
    const parsed = parse(aMessage(), { allowCpuExecutor: false });
    expect(parsed).toMatchObject({ refusal: { code: 'E_UNSUPPORTED', field: 'kind' } });
    expect(JSON.stringify(parsed)).toContain('allowCpuExecutor');
  });
});

describe('any text at all', () => {
  const CODE = /^E_[A-Z_]+$/;
  const looksRight = (text: string): boolean => {
    const parsed = parseTask(text, settings);
    if (parsed.ok) {
      soundness(parsed.task);
      return true;
    }
    const { refusal, claimedTaskId = '' } = parsed;
    expect(refusal.code).toMatch(CODE);
    expect(refusal.reason).not.toBe('');
    expect(refusal.field.length).toBeLessThanOrEqual(128);
    expect(refusalText(refusal)).toMatch(/^[\x20-\x7e…]{1,1000}$/);
    expect(claimedTaskId).toMatch(/^[\x20-\x7e…]{0,80}$/);
    return false;
  };
  const soundness = ({ envelope, bodySha256, unitSeconds }: SoundTask) => {
    expect(TaskEnvelope.parse(JSON.parse(canonicalJson(envelope)))).toEqual(envelope);
    expect(bodySha256).toBe(sha256Of(canonicalJson(envelope)));
    expect(unitSeconds).toBeGreaterThan(0);
  };

  it('is a sound task or a refusal with a code: strings', () => {
    fc.assert(fc.property(anyText({ maxLength: 60 }), (text) => void looksRight(text)));
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'{}[]":,\\u01e -.nulta') }),
        (text) => void looksRight(text),
      ),
    );
  });

  it('is a sound task or a refusal with a code: JSON values', () => {
    fc.assert(fc.property(fc.json({ maxDepth: 6 }), (text) => void looksRight(text)));
  });

  it('is a sound task or a refusal with a code: sound tasks with one field replaced', () => {
    let taken = 0;
    const places = [
      [],
      ['resources'],
      ['spec'],
      ['spec', 'collection'],
      ['spec', 'collection', 'only'],
    ];
    const field = fc.oneof(
      fc.constantFrom('taskId', 'kind', 'v', 'gpus', 'vramGb', 'gpuModels', 'locations'),
      fc.constantFrom(
        'estimatedSeconds',
        'seed',
        'supply',
        'size',
        'name',
        'tokenId',
        'hour',
        '__proto__',
      ),
      anyText({ maxLength: 8 }),
    );
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.integer(),
      fc.constantFrom('a', 1, 64, ['US']),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), field, value, (path, name, put) => {
        const message = anEnvelope({ resources: {}, spec: aSpec(1, {}) });
        const target = path.reduce<unknown>((here, step) => Object(here)[step], message);
        if (target !== undefined) {
          Object.defineProperty(target, name, { value: put, enumerable: true });
        }
        if (looksRight(JSON.stringify(message))) taken += 1;
      }),
      { numRuns: 500 },
    );
    expect(taken).toBeGreaterThan(0);
  });

  it('is a sound task or a refusal with a code: sound messages with characters changed', () => {
    const text = aMessage({ resources: { gpuModels: ['H200'] }, locations: ['US'] });
    const cut = fc.record({
      from: fc.nat(text.length),
      drop: fc.nat(4),
      put: anyText({ maxLength: 3 }),
    });
    fc.assert(
      fc.property(cut, ({ from, drop, put }) => {
        looksRight(text.slice(0, from) + put + text.slice(from + drop));
      }),
      { numRuns: 500 },
    );
  });
});

describe('the place where text stops being JSON', () => {
  /** The place V8 names, which it does not always do. */
  const placeByV8 = (text: string): number | undefined => {
    try {
      JSON.parse(text);
      return text.length;
    } catch (error) {
      const place = / at position (\d+)/.exec(String(error))?.[1];
      return place === undefined ? undefined : Number(place);
    }
  };

  it('is its end for JSON, and for every beginning of JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.nat(), (text, cut) => {
        const beginning = text.slice(0, cut % (text.length + 1));
        expect(jsonFaultAt(text)).toBe(text.length);
        const fault = jsonFaultAt(beginning);
        const unfinished = /["\\0-9a-z.eE+-]/;
        expect(fault === beginning.length || unfinished.test(beginning[fault] ?? '')).toBe(true);
      }),
    );
  });

  it('is the place V8 names, where V8 names one', () => {
    const token = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '1', '01', 'null', ' ', 'x');
    let named = 0;
    fc.assert(
      fc.property(fc.array(token), (tokens) => {
        const text = tokens.join('');
        const place = placeByV8(text);
        if (place === undefined) return;
        named += 1;
        expect(jsonFaultAt(text)).toBe(place);
      }),
      { numRuns: 1000 },
    );
    expect(named).toBeGreaterThan(100);
  });

  it.each([
    ['{"a":}', 5],
    ['{"a" 1}', 5],
    ['[1,]', 3],
    ["{'a':1}", 1],
    ['"\\x"', 0],
    ['[true,tru]', 6],
    ['{} []', 3],
    ['', 0],
  ])('of %s is %d', (text, place) => {
    expect(jsonFaultAt(text)).toBe(place);
  });
});

describe('text shown to people', () => {
  it('is never longer than asked and never ends in half an escape', () => {
    fc.assert(
      fc.property(anyText({ maxLength: 30 }), fc.integer({ min: 7, max: 20 }), (text, most) => {
        expect(quoted(text, most)).toMatch(/^(?:[\x20-\x7e]|\\u[0-9a-f]{4})*…?$/);
        expect(quoted(text, most).length).toBeLessThanOrEqual(most);
      }),
    );
  });

  it.each([
    ['a'.repeat(64), 'a'.repeat(64)],
    ['a'.repeat(65), `${'a'.repeat(63)}…`],
    ['…', '\\u2026'],
    ['\u{1f3ae}', '\\ud83c\\udfae'],
  ])('%j is shown as %j', (text, shown) => {
    expect(quoted(text)).toBe(shown);
  });

  it.each([
    ['gpuModel', 'gpuModels'],
    ['TASKID', 'taskId'],
    ['kids', undefined],
    ['env', undefined],
    ['x'.repeat(5000), undefined],
  ])('%s is meant as %s', (word, meant) => {
    expect(nearest(word, ['v', 'taskId', 'kind', 'gpuModels'])).toBe(meant);
  });
});
