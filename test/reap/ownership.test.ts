import { describe, expect, it } from 'vitest';
import { ClusterId } from '../../shared/model/ids.ts';
import type { LeasePhase } from '../../shared/model/rows.ts';
import { quarantineSeconds } from '../../shared/model/settings.ts';
import { isOurs, isOwned, mayDestroy, noteCluster } from '../../shared/reap/ownership.ts';
import { aLease, at, BURST, CLUSTER, NOW } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const cluster = { clusterId: CLUSTER, name: BURST, phase: 'RUNNING' as const };

describe('the owner of a cluster', () => {
  it('is the lease that records its id', () => {
    expect(isOwned(cluster, aLease())).toBe(true);
    expect(isOwned(cluster, aLease({ clusterId: ClusterId.parse('c-2') }))).toBe(false);
  });

  it('is the lease of its name while that records none', () => {
    expect(isOwned(cluster, aLease({ clusterId: undefined }))).toBe(true);
  });

  it('is nobody without a lease', () => {
    expect(isOwned(cluster, undefined)).toBe(false);
  });

  it.each<[LeasePhase, boolean]>([
    ['planned', true],
    ['creating', true],
    ['provisioning', true],
    ['ready', true],
    ['closing', true],
    ['tearing-down', true],
    ['teardown-owed', false],
    ['settled', false],
  ])('a lease that is %s: %s', (phase, owned) => {
    expect(isOwned(cluster, aLease({ phase }))).toBe(owned);
  });
});

describe('a list of clusters', () => {
  it('remembers since when and how often nobody owned one', () => {
    const first = noteCluster(cluster, false, undefined, at(-60));
    expect(first).toMatchObject({ unownedSince: at(-60), unownedLists: 1 });
    expect(noteCluster(cluster, false, first, NOW)).toMatchObject({
      unownedSince: at(-60),
      unownedLists: 2,
    });
  });

  it('forgets it when the owner shows', () => {
    const first = noteCluster(cluster, false, undefined, at(-60));
    expect(noteCluster(cluster, true, first, NOW)).toEqual({ ...cluster, unownedLists: 0 });
  });
});

describe('a cluster nobody owns', () => {
  const quarantine = quarantineSeconds(settings);
  const unowned = (seconds: number, unownedLists: number, phase = 'RUNNING') => ({
    ...cluster,
    phase,
    unownedSince: at(-seconds),
    unownedLists,
  });

  it.each([
    ['long enough, in two lists', quarantine, 2, true],
    ['a second too short', quarantine - 1, 2, false],
    ['long enough, but in one list', quarantine, 1, false],
    ['longer, in more', quarantine + 1, 3, true],
  ])('is destroyed after two lists and the quarantine: %s', (_how, seconds, lists, destroyed) => {
    expect(mayDestroy(unowned(seconds, lists), settings, NOW)).toBe(destroyed);
  });

  it.each([
    ['PROVISIONING', true],
    ['UNKNOWN', true],
    ['DELETING', false],
    ['DELETED', false],
    ['EXPIRED', false],
    ['FAILED', false],
  ])('and %s: destroyed %s', (phase, destroyed) => {
    expect(mayDestroy(unowned(9999, 9, phase), settings, NOW)).toBe(destroyed);
  });

  it('that somebody owns is never destroyed', () => {
    expect(mayDestroy({ ...cluster, unownedLists: 0 }, settings, NOW)).toBe(false);
  });
});

describe('our stack’s name', () => {
  it.each([
    [BURST, true],
    ['burst-test-0123456789aB', false],
    ['burst-test-0123456789abc', false],
    ['burst-test-0123456789a', false],
    ['burst-testing-0123456789ab', false],
    ['xburst-test-0123456789ab', false],
    ['burst-test', false],
    ['', false],
  ])('is on %j: %s', (name, ours) => {
    expect(isOurs(name, settings)).toBe(ours);
  });
});
