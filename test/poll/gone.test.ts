import { describe, expect, it } from 'vitest';
import { ProviderView } from '../../shared/model/rows.ts';
import { goneFromView } from '../../shared/poll/gone.ts';
import { aLease, at, CLUSTER, NOW } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const { viewSeconds, goneSeconds } = settings.looks;

/** A view of the provider, `seconds` old, that lists our cluster in a phase or not at all. */
const aView = (seconds: number, phase?: string) =>
  ProviderView.parse({
    v: 1,
    asOf: at(-seconds),
    clusters: phase === undefined ? [] : [{ clusterId: CLUSTER, name: 'x', phase }],
  });
const judged = (view: ProviderView | undefined, lease: Parameters<typeof aLease>[0] = {}) =>
  goneFromView(view, aLease(lease), settings, NOW);

describe('no evidence', () => {
  it.each([
    ['is no view at all', undefined, {}],
    ['is a view a second too old', aView(viewSeconds + 1), {}],
    ['is one from before the cluster was ready', aView(30), { readyAt: at(-30) }],
    ['is one seen before', aView(60), { goneSince: at(-60), goneLists: 1 }],
    ['is a view that lists it', aView(10, 'RUNNING'), {}],
    ['is one that lists it in a phase nobody knows', aView(10, 'UNKNOWN'), {}],
  ])('%s', (_what, view, lease) => {
    expect(judged(view, lease)).toEqual({});
  });
});

describe('a missing cluster', () => {
  it.each([
    ['in a view just old enough to count', viewSeconds],
    ['in a fresh one', 0],
  ])('is noted the first time: %s', (_how, seconds) => {
    const changed = { goneSince: at(-seconds), goneLists: 1 };
    expect(judged(aView(seconds))).toEqual({ changed });
  });

  it.each([
    [goneSeconds - 1, false],
    [goneSeconds, true],
    [goneSeconds + 1, true],
  ])('is gone by a second list %i s later: %s', (seconds, gone) => {
    const verdict = judged(aView(0), { goneSince: at(-seconds), goneLists: 1 });
    expect(verdict.gone !== undefined).toBe(gone);
    if (!gone) expect(verdict.changed).toEqual({ goneSince: at(-seconds), goneLists: 2 });
  });

  it.each(['FAILED', 'EXPIRED', 'DELETED'])('is as good as one that is %s', (phase) => {
    expect(judged(aView(0, phase), { goneSince: at(-600), goneLists: 1 }).gone).toContain(
      phase.toLowerCase(),
    );
  });

  it('that is listed again was never gone', () => {
    expect(judged(aView(0, 'RUNNING'), { goneSince: at(-600), goneLists: 3 })).toEqual({
      changed: { goneSince: undefined, goneLists: 0 },
    });
  });
});
