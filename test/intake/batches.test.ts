import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { draftBatches, entryOf, profileIdOf, requirementOf } from '../../shared/intake/batches.ts';
import type { SoundTask } from '../../shared/intake/parse-task.ts';
import { Tenant } from '../../shared/model/ids.ts';
import { someSettings, soundTask } from './make.ts';

const TENANT = Tenant.parse('default');
const LIMITS = someSettings({ batches: { targetSeconds: 600, maxTasks: 100 } });
const withLimits = (targetSeconds: number, maxTasks: number) =>
  someSettings({ batches: { targetSeconds, maxTasks } });

const task = (n: number, changes: Readonly<Record<string, unknown>> = {}): SoundTask =>
  soundTask({ taskId: `t-${n}`, ...changes });
const lasting = (...seconds: number[]): SoundTask[] =>
  seconds.map((estimatedSeconds, n) => task(n, { estimatedSeconds }));
const sizes = (tasks: readonly SoundTask[], limits = LIMITS) =>
  draftBatches(TENANT, tasks, limits).map((draft) => draft.tasks.length);

describe('batches', () => {
  it('are none for no tasks', () => {
    expect(sizes([])).toEqual([]);
  });

  it.each([
    { seconds: [300, 299], expected: [2] },
    { seconds: [300, 300], expected: [2] },
    { seconds: [300, 301], expected: [1, 1] },
    { seconds: [600, 1], expected: [1, 1] },
    { seconds: [1800], expected: [1] },
    { seconds: [1800, 1800], expected: [1, 1] },
    { seconds: [100, 1800, 100], expected: [1, 1, 1] },
  ])('of 600 s hold tasks of $seconds s as $expected', ({ seconds, expected }) => {
    expect(sizes(lasting(...seconds))).toEqual(expected);
  });

  it.each([
    { count: 2, expected: [2] },
    { count: 3, expected: [3] },
    { count: 4, expected: [3, 1] },
  ])('of at most 3 tasks hold $count as $expected', ({ count, expected }) => {
    expect(sizes(lasting(...Array<number>(count).fill(1)), withLimits(600, 3))).toEqual(expected);
  });

  it.each([
    ['of one priority', { priority: 7 }, [2, 2]],
    ['the usual priority written out', { priority: 5 }, [4]],
    ['of one number of attempts', { maxAttempts: 2 }, [2, 2]],
    ['with a price of their own', { maxPriceUsd: 1 }, [2, 2]],
    ['with a deadline, beside others', { deadlineAt: '2026-11-27T09:00:00.000Z' }, [4]],
  ])('hold tasks %s', (_what, changes, expected) => {
    const mixed = [task(1), task(2, changes), task(3), task(4, changes)];
    const drafts = draftBatches(TENANT, mixed, LIMITS);
    expect(drafts.map(({ tasks }) => tasks.length)).toEqual(expected);
  });

  it('keep the limits their tasks bring along', () => {
    const deadlineAt = '2026-11-27T09:00:00.000Z';
    const limits = { deadlineAt, ifUnreachable: 'fail', maxPriceUsd: 0.29, estimatedSeconds: 9 };
    expect(entryOf(task(1, limits), 3)).toEqual({
      ...{ taskId: 't-1', line: 3, unitSeconds: 9, declared: true, deadlineAt },
      ...{ failIfUnreachable: true, maxMicroUsd: 290_000 },
    });
    expect(entryOf(task(1, { estimatedSeconds: 9 }), 0)).toEqual({
      ...{ taskId: 't-1', line: 0, unitSeconds: 9, declared: true },
    });
  });

  it.each([
    ['every task', { workers: 3, sample: 1 }, { runs: 3 }],
    ['a sample', { workers: 2, sample: 0.1 }, {}],
  ])('note how many workers must do %s', (_what, votes, expected) => {
    const one = task(1);
    const entry = entryOf({ ...one, known: { ...one.known, ...votes } }, 0);
    const { taskId, unitSeconds } = entryOf(one, 0);
    expect(entry).toEqual({ taskId, line: 0, unitSeconds, ...expected });
  });

  it('conserve every task, keep the order of arrival and mix nothing', () => {
    const arrival = fc.record({
      estimatedSeconds: fc.integer({ min: 1, max: 900 }),
      resources: fc.constantFrom({}, { gpus: 2 }, { gpuModels: ['H200'] }),
      locations: fc.constantFrom(['US'], ['DE', 'US']),
    });
    const limits = fc.record({
      target: fc.integer({ min: 1, max: 900 }),
      most: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(arrival, { maxLength: 25 }), limits, (arrivals, { target, most }) => {
        const tasks = arrivals.map((changes, n) => task(n, changes));
        const drafts = draftBatches(TENANT, tasks, withLimits(target, most));
        const listed = drafts.flatMap((draft) => draft.tasks);
        expect(new Set(listed)).toEqual(new Set(tasks));
        expect(listed).toHaveLength(tasks.length);
        for (const draft of drafts) {
          const places = draft.tasks.map((one) => tasks.indexOf(one));
          expect(places).toEqual(places.toSorted((a, b) => a - b));
          for (const one of draft.tasks) {
            expect(requirementOf(TENANT, one)).toEqual(draft.requirement);
            expect(one.envelope.kind).toBe(draft.kind);
            expect(one.known.affinityKey).toBe(draft.affinityKey);
          }
          const seconds = draft.tasks.reduce((sum, one) => sum + one.unitSeconds, 0);
          expect(draft.tasks.length).toBeLessThanOrEqual(most);
          expect(draft.tasks.length === 1 || seconds <= target).toBe(true);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keep affinity keys apart, because a worker would load both', () => {
    const known = (affinityKey: string) => ({ ...task(1).known, affinityKey });
    const tasks = [
      { ...task(1), known: known('key a') },
      { ...task(2), known: known('key b') },
      { ...task(3), known: known('key a') },
    ];
    expect(sizes(tasks)).toEqual([2, 1]);
  });
});

describe('a profile', () => {
  const idOf = (changes: Readonly<Record<string, unknown>>, tenant = TENANT) =>
    profileIdOf(requirementOf(tenant, task(1, changes)));

  it.each([
    [
      'lists of places in another order',
      { locations: ['US', 'DE', 'US'] },
      { locations: ['DE', 'US'] },
    ],
    [
      'lists of models in another order',
      { resources: { gpuModels: ['H200', 'B200', 'H200'] } },
      { resources: { gpuModels: ['B200', 'H200'] } },
    ],
    [
      'an alias of a model',
      { resources: { gpuModels: ['4090'] } },
      { resources: { gpuModels: ['RTX 4090'] } },
    ],
    ['a tag and the countries it means', { compliance: ['UK-GDPR'] }, { locations: ['GB'] }],
    ['two tags of the same countries', { compliance: ['GDPR'] }, { compliance: ['EEA'] }],
    ['another task', { taskId: 'a' }, { taskId: 'b' }],
    ['another estimate', { estimatedSeconds: 1 }, { estimatedSeconds: 2 }],
  ])('is the same for %s', (_what, one, other) => {
    expect(idOf(one)).toBe(idOf(other));
  });

  it.each([
    ['other places', { locations: ['US'] }, { locations: ['DE'] }],
    ['no places', {}, { locations: ['US'] }],
    ['a tag', {}, { compliance: ['EU'] }],
    ['NVLink', { resources: { gpus: 2 } }, { resources: { gpus: 2, nvlink: true } }],
    ['more GPUs', {}, { resources: { gpus: 2 } }],
    ['more memory', {}, { resources: { vramGb: 2 } }],
    ['models', {}, { resources: { gpuModels: ['H200'] } }],
  ])('is another for %s', (_what, one, other) => {
    expect(idOf(one)).not.toBe(idOf(other));
  });

  // Ids are kept in the ledger: one that changes loses sight of its batches.
  it('has the id it always had where a task says nothing about places', () => {
    expect(idOf({})).toBe('ae8d9b31a39c');
    expect(idOf({ resources: { gpuModels: ['H100'], vramGb: 80 } })).toBe('7a73677dce79');
  });

  it('is never shared by two tenants', () => {
    expect(idOf({})).not.toBe(idOf({}, Tenant.parse('studio')));
  });

  it('is another for another image', () => {
    const one = requirementOf(TENANT, task(1));
    const image = one.image.replace('aaaa', 'bbbb');
    expect(profileIdOf({ ...one, image })).not.toBe(profileIdOf(one));
  });
});
