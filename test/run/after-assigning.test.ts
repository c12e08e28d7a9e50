import { describe, expect, it } from 'vitest';
import { afterAssigning } from '../../shared/run/after-assigning.ts';
import { aBatch, aLease, at, NOW } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();

describe('after assigning', () => {
  const idle = { live: 0, watched: 0, awaited: 0, others: 0 };
  const waiting = new Map([['waits', [aBatch(1)]]]);
  const nothing = { needsTerm: false, stuck: false, left: new Map() as typeof waiting };
  const term = { needsTerm: true, stuck: false, left: waiting };
  const next = (lease = aLease(), jobs = idle, assigning = nothing) =>
    afterAssigning(lease, jobs, assigning, settings, NOW);
  const { drainBeforeSeconds, extendBeforeSeconds } = settings.lease;

  it.each([
    ['a second before the drain', drainBeforeSeconds + 1, { next: 'hold', waitSeconds: 1 }],
    ['at the drain', drainBeforeSeconds, { next: 'close', reason: 'paid edge' }],
    ['after it', drainBeforeSeconds - 1, { next: 'close', reason: 'paid edge' }],
    ['well before', 2400, { next: 'hold', waitSeconds: settings.looks.holdSeconds }],
  ])('an idle burst holds to its paid edge and not longer: %s', (_when, seconds, expected) => {
    expect(next(aLease({ paidUntil: at(seconds) }))).toEqual(expected);
  });

  const { idleSeconds } = settings.looks;
  it.each([
    { bill: 'ionet', terms: 1, others: 0, closesAfter: undefined },
    { bill: 'ionet', terms: 2, others: 0, closesAfter: idleSeconds },
    { bill: 'ionet', terms: 2, others: 1, closesAfter: settings.looks.surplusIdleSeconds },
    { bill: 'exact', terms: 1, others: 0, closesAfter: idleSeconds },
    { bill: 'hourly', terms: 3, others: 1, closesAfter: undefined },
  ] as const)(
    'by the bill $bill an idle cluster in hour $terms beside $others others closes after $closesAfter s',
    ({ bill, terms, others, closesAfter }) => {
      const ruled = testSettings({ lease: { bill } });
      const stepAfter = (seconds: number) => {
        const lease = aLease({ terms, idleSince: at(-seconds), paidUntil: at(2000) });
        return afterAssigning(lease, { ...idle, others }, nothing, ruled, NOW).next;
      };
      if (closesAfter === undefined) expect(stepAfter(100_000)).toBe('hold');
      else {
        expect(stepAfter(closesAfter - 1)).toBe('hold');
        expect(stepAfter(closesAfter)).toBe('close');
        expect(stepAfter(closesAfter + 1)).toBe('close');
      }
    },
  );

  const { lastCallSeconds } = settings.lease;
  it.each([
    { bill: 'ionet', what: 'idle for a moment', idleFor: 1, live: 0, expected: 'extend' },
    { bill: 'ionet', what: 'idle for long', idleFor: idleSeconds, live: 0, expected: 'hold' },
    { bill: 'ionet', what: 'at work', idleFor: undefined, live: 1, expected: 'extend' },
    { bill: 'hourly', what: 'at work', idleFor: undefined, live: 1, expected: 'wait' },
  ] as const)(
    'by the bill $bill a cluster that is $what at the last call: $expected',
    ({ bill, idleFor, live, expected }) => {
      const ruled = testSettings({ lease: { bill } });
      const idleSince = idleFor === undefined ? undefined : at(-idleFor);
      const stepWithLeft = (seconds: number) => {
        const lease = aLease({ idleSince, paidUntil: at(drainBeforeSeconds + seconds) });
        return afterAssigning(lease, { ...idle, live }, nothing, ruled, NOW).next;
      };
      expect(stepWithLeft(lastCallSeconds + 1)).toBe(live > 0 ? 'wait' : 'hold');
      expect(stepWithLeft(lastCallSeconds)).toBe(expected);
      expect(stepWithLeft(lastCallSeconds - 1)).toBe(expected);
    },
  );

  it.each([
    { terms: 1, idleFor: 10 * idleSeconds, expected: 'hold' },
    { terms: 2, idleFor: idleSeconds - 1, expected: 'hold' },
    { terms: 2, idleFor: idleSeconds, expected: 'close' },
    { terms: 2, idleFor: undefined, expected: 'hold' },
  ])(
    'idle for $idleFor s in hour $terms, whose rest is paid back from the second on: $expected',
    ({ terms, idleFor, expected }) => {
      const idleSince = idleFor === undefined ? undefined : at(-idleFor);
      expect(next(aLease({ terms, idleSince })).next).toBe(expected);
    },
  );

  it('a cluster bought for two hours at once is left like one that was extended', () => {
    const twoHours = { ...settings, lease: { ...settings.lease, termHours: 2 } };
    const lease = aLease({ terms: 1, idleSince: at(-idleSeconds) });
    const none = { needsTerm: false, stuck: false, left: new Map() };
    expect(afterAssigning(lease, idle, none, twoHours, NOW).next).toBe('close');
  });

  it('an idle burst with a lost job to ask or a batch to wait for is kept', () => {
    const lease = aLease({ terms: 2, idleSince: at(-9999) });
    expect(next(lease, { ...idle, watched: 1, awaited: 1 }).next).toBe('wait');
    expect(next(lease, { ...idle, watched: 1 }).next).toBe('close');
    expect(next(lease, idle, { ...nothing, left: waiting }).next).toBe('hold');
  });

  it('a batch that waits is not looked at more often for how short an idle cluster is kept', () => {
    const brief = testSettings({ looks: { surplusIdleSeconds: 1 } });
    const lease = aLease({ terms: 2 });
    const step = (left: typeof waiting) =>
      afterAssigning(lease, { ...idle, others: 1 }, { ...nothing, left }, brief, NOW);
    expect(step(waiting)).toEqual({ next: 'hold', waitSeconds: settings.looks.holdSeconds });
    const fresh = { ...lease, idleSince: NOW };
    expect(afterAssigning(fresh, { ...idle, others: 1 }, nothing, brief, NOW)).toEqual({
      next: 'hold',
      waitSeconds: 1,
    });
  });

  it('running work is looked at again, at the edge too', () => {
    const live = { ...idle, live: 1 };
    expect(next(aLease({ paidUntil: at(10) }), live)).toMatchObject({ next: 'wait' });
  });

  it('a lost job that may still upload is asked while the burst holds', () => {
    expect(next(aLease(), { ...idle, watched: 1 })).toMatchObject({ next: 'wait' });
    const edge = aLease({ paidUntil: at(drainBeforeSeconds) });
    expect(next(edge, { ...idle, watched: 1 })).toMatchObject({ next: 'close' });
  });

  it.each([
    ['a second too early', extendBeforeSeconds + 1, 'hold'],
    ['as the window opens', extendBeforeSeconds, 'extend'],
    ['a second later', extendBeforeSeconds - 1, 'extend'],
    ['a second before the burst must drain', drainBeforeSeconds + 1, 'extend'],
    ['when it must drain', drainBeforeSeconds, 'close'],
  ])('work that needs a term asks for it: %s', (_when, seconds, expected) => {
    expect(next(aLease({ paidUntil: at(seconds) }), idle, term).next).toBe(expected);
  });

  it.each([
    [1, 'wait'],
    [0, 'extend'],
    [-1, 'extend'],
  ])('after a refusal no term is asked for until its pause is over: %i s', (seconds, expected) => {
    const lease = aLease({ extendNotBefore: at(seconds) });
    expect(next(lease, { ...idle, live: 1 }, term).next).toBe(expected);
  });

  it('an extension in doubt is not asked for again inside its quarantine', () => {
    const intent = { kind: 'extend', attempt: 1, term: 2, outcome: 'unknown' } as const;
    const fresh = aLease({ intents: [{ ...intent, at: at(-139) }] });
    const old = aLease({ intents: [{ ...intent, at: at(-140) }] });
    expect(next(fresh, { ...idle, live: 1 }, term).next).toBe('wait');
    expect(next(old, { ...idle, live: 1 }, term).next).toBe('extend');
  });

  it('a burst none of whose workers can go on closes, once nothing runs', () => {
    const stuck = { needsTerm: false, stuck: true, left: waiting };
    expect(next(aLease(), idle, stuck)).toEqual({
      ...{ next: 'close', reason: 'no usable worker is left', failure: 'WorkersLost' },
    });
    const failedHere = { ...stuck, left: new Map([['failed on every worker here', [aBatch(1)]]]) };
    expect(next(aLease(), idle, failedHere)).toEqual({
      ...{ next: 'close', reason: 'what waits failed on every worker here' },
      failure: 'ClusterUnfit',
    });
    expect(next(aLease(), { ...idle, live: 1 }, stuck)).toMatchObject({ next: 'wait' });
  });

  it('waits are whole seconds, as the Wait state wants them', () => {
    const fractions = testSettings({ looks: { shortestSeconds: 0.4, holdSeconds: 0.4 } });
    for (const live of [0, 1]) {
      const step = afterAssigning(
        aLease(),
        { live, watched: 0, awaited: 0, others: 0 },
        nothing,
        fractions,
        NOW,
      );
      expect(step).toMatchObject({ waitSeconds: 1 });
    }
  });
});
