import { describe, expect, it } from 'vitest';
import type { Intent } from '../../shared/model/rows.ts';
import { quarantineSeconds } from '../../shared/model/settings.ts';
import {
  absentInSeconds,
  beforeCalling,
  enoughTime,
  missedNow,
  settled,
  withIntent,
} from '../../shared/provision/intents.ts';
import { tokenOf, workerToken } from '../../shared/provision/token.ts';
import { aLease, at, NOW } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const quarantine = quarantineSeconds(settings);

const anIntent = (more: Partial<Intent> = {}): Intent => ({
  kind: 'create',
  attempt: 1,
  term: 1,
  at: NOW,
  outcome: 'unknown',
  ...more,
});

describe('before a paid call', () => {
  it('the quarantine outlives the function, its request and the provider’s list', () => {
    const { functionSeconds, providerSeconds, listLagSeconds } = settings.limits;
    expect(quarantine).toBe(functionSeconds + providerSeconds + listLagSeconds);
  });

  it.each([
    ['at once', 0, { kind: 'wait', waitSeconds: quarantine }],
    ['a second before its end', quarantine - 1, { kind: 'wait', waitSeconds: 1 }],
    ['at its end', quarantine, { kind: 'look' }],
    ['long after', 10 * quarantine, { kind: 'look' }],
  ])('a call in doubt is waited out, then looked for: %s', (_when, ago, expected) => {
    const intent = anIntent({ at: at(-ago) });
    expect(beforeCalling({ intents: [intent] }, 'create', settings, NOW)).toEqual({
      ...expected,
      intent,
    });
  });

  it.each(['granted', 'refused', 'not-sent', 'absent'] as const)(
    'one that is known to be %s holds up nothing',
    (outcome) => {
      const lease = { intents: [anIntent({ outcome })] };
      expect(beforeCalling(lease, 'create', settings, NOW)).toEqual({ kind: 'clear' });
    },
  );

  it('a doubtful extension holds up no create, and the other way round', () => {
    const lease = { intents: [anIntent({ kind: 'extend' })] };
    expect(beforeCalling(lease, 'create', settings, NOW).kind).toBe('clear');
    expect(beforeCalling(lease, 'extend', settings, NOW).kind).toBe('wait');
  });

  it('there must be time for the call and the write behind it', () => {
    const { providerSeconds } = settings.limits;
    expect(enoughTime(providerSeconds + 5, settings)).toBe(false);
    expect(enoughTime(providerSeconds + 6, settings)).toBe(true);
  });
});

describe('what a doubtful call may have bought', () => {
  const { goneSeconds } = settings.looks;

  it.each([
    [undefined, goneSeconds],
    [0, goneSeconds],
    [goneSeconds - 1, 1],
    [goneSeconds, 0],
    [goneSeconds + 1, 0],
  ])('is absent once it has been missing long enough: for %s s, %i s to go', (ago, left) => {
    const intent = anIntent(ago === undefined ? {} : { missingSince: at(-ago) });
    expect(absentInSeconds(intent, settings, NOW)).toBe(left);
  });

  it('is missing since the first look that did not show it', () => {
    const [one, other] = [anIntent(), anIntent({ attempt: 2 })];
    const intents = missedNow({ intents: [one, other] }, other, NOW);
    expect(intents.map(({ missingSince }) => missingSince)).toEqual([undefined, NOW]);
    const [, noted] = intents;
    expect(missedNow({ intents }, noted ?? other, at(60))).toEqual(intents);
  });
});

describe('an intent', () => {
  it('is numbered among those of its kind', () => {
    const first = withIntent({ intents: [] }, { kind: 'create', term: 1, at: NOW });
    const other = withIntent(first, { kind: 'extend', term: 2, at: NOW });
    const second = withIntent(other, { kind: 'create', term: 1, at: NOW });
    const attempts = second.intents.map(({ kind, attempt }) => `${kind} ${attempt}`);
    expect(attempts).toEqual(['create 1', 'extend 1', 'create 2']);
    expect(second.intent.outcome).toBe('unknown');
  });

  it('is settled alone', () => {
    const intents = [anIntent({ outcome: 'absent' }), anIntent({ attempt: 2 })];
    const [, second] = intents;
    const after = settled({ intents }, second ?? anIntent(), 'granted');
    expect(after.map(({ outcome }) => outcome)).toEqual(['absent', 'granted']);
  });
});

describe('the token of the workers', () => {
  it('is that of the create the cluster came from, and of no other burst or attempt', () => {
    const lease = aLease({ tokenAttempt: 2 });
    const token = tokenOf('secret', lease);
    expect(token).toBe(workerToken('secret', lease.burstId, 2));
    expect(token).not.toBe(workerToken('secret', lease.burstId, 1));
    expect(token).not.toBe(workerToken('secret', 'burst-test-000000000000', 2));
    expect(token).not.toBe(workerToken('other', lease.burstId, 2));
  });
});
