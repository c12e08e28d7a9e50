import { describe, expect, it } from 'vitest';
import { plan } from '../../lambdas/plan.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import type { LeaseRow } from '../../shared/model/rows.ts';
import { closing } from '../../shared/plan/closing.ts';
import type { Ledger, Row, Value } from '../../shared/ports.ts';
import { aBatch, aLease, at, NOW } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const drain = settings.lease.drainBeforeSeconds;

describe('why a burst closes', () => {
  it.each([
    ['a second before the drain nothing forces it', drain + 1, 'nothing is left to do', false],
    ['at the drain the paid edge does', drain, 'the paid edge was reached', true],
    ['after it as well', drain - 1, 'the paid edge was reached', true],
  ])('%s', (_when, seconds, reason, forced) => {
    const lease = aLease({ paidUntil: at(seconds) });
    expect(closing(lease, undefined, settings, NOW)).toMatchObject({ reason, forced });
  });

  it('a failure forces it and is its reason', () => {
    const failure = { Error: 'ClusterGone', Cause: 'missing for 120 s' };
    expect(closing(aLease(), failure, settings, NOW)).toMatchObject({
      forced: true,
      failure,
      reason: 'ClusterGone: missing for 120 s',
    });
  });

  it.each(['planned', 'creating', 'provisioning', 'closing', 'tearing-down'] as const)(
    'a burst that is %s has nothing to run on',
    (phase) => {
      expect(closing(aLease({ phase }), undefined, settings, NOW).forced).toBe(true);
    },
  );
});

describe('what the profile remembers', () => {
  const failure = { Error: 'CapacityUnavailable', Cause: 'none free' };
  const neverReady = aLease({ phase: 'planned', readyAt: undefined, paidUntil: undefined });
  const pause = settings.clusters.cooldownSeconds;

  it.each([
    [0, pause],
    [1, 2 * pause],
    [3, 8 * pause],
    [4, 16 * pause],
    [5, 16 * pause],
  ])('after %i strikes a pause of %i s, and one strike more', (strikes, seconds) => {
    expect(closing(neverReady, failure, settings, NOW).cooldown(strikes)).toEqual({
      cooldownUntil: at(seconds),
      cooldownReason: 'CapacityUnavailable: none free',
      strikes: strikes + 1,
    });
  });

  it.each([
    ['ClusterUnfit', [], 1],
    ['ClusterUnfit', [0.9], 0],
    ['WorkersLost', [], 0],
    ['ClusterGone', [], 0],
  ])('a cluster that ends as %s with job paces %j: %i strikes', (error, paces, strikes) => {
    const cause = { Error: error, Cause: 'for a reason' };
    const { cooldown } = closing(aLease({ paces }), cause, settings, NOW);
    expect(cooldown(0).strikes).toBe(strikes);
    expect(cooldown(0).cooldownUntil).toBe(strikes === 0 ? null : at(pause));
  });

  it.each([
    ['a cluster that was used', aLease(), failure],
    ['a burst that found nothing to do', neverReady, undefined],
  ])('of %s: no pause, and no strikes', (_what, lease, why) => {
    expect(closing(lease, why, settings, NOW).cooldown(3)).toEqual({
      cooldownUntil: null,
      cooldownReason: null,
      strikes: 0,
    });
  });
});

/** A ledger that holds a burst in the middle of its paid hour, its profile and some batches. */
async function ledgerOf(lease: LeaseRow, batches: ReturnType<typeof aBatch>[]) {
  const ledger = memoryLedger();
  const put = (pk: string, sk: string, row: Row) =>
    ledger.write({
      key: { pk, sk },
      when: [],
      set: Object.entries(row).filter(([, value]) => value !== undefined) as [string, Value][],
    });
  await put(`L#${lease.burstId}`, '#', lease);
  const entry = { burstId: lease.burstId, state: 'open', slots: 2, openedAt: lease.createdAt };
  const { profile, requirement } = lease;
  const oldestOpen = aBatch(1).batchId;
  const row = { v: 1, profile, requirement, seq: 7, bursts: [entry], strikes: 0, oldestOpen };
  await put(`P#default#${profile}`, '#', row);
  const open = async (batch: ReturnType<typeof aBatch>) => {
    const { settled, ...fields } = batch;
    await put(`P#default#${profile}`, `B#${batch.batchId}`, fields);
  };
  for (const batch of batches) await open(batch);
  return { ledger, open };
}

async function close(ledger: Ledger, lease: LeaseRow) {
  const never = () => Promise.reject(new Error('not in this test'));
  const ports = {
    ledger,
    clusters: new Proxy({}, { get: () => never }),
    jobs: new Proxy({}, { get: () => never }),
    bursts: { start: never },
    clock: { now: () => NOW },
    log: () => {},
  };
  const stage = plan(ports as never, settings);
  const burst = {
    v: 1,
    burstId: lease.burstId,
    segment: 1,
    leaseFence: 1,
    lookUntil: lease.paidUntil,
  };
  return stage({ state: 'Close burst', burst }, { remainingSeconds: () => 60 });
}

/** The ledger in which something happens between the query for open batches and the compare-and-set. */
const withArrival = (ledger: Ledger, arrive: () => Promise<void>): Ledger => ({
  ...ledger,
  query: async (range) => {
    const rows = await ledger.query(range);
    await arrive();
    return rows;
  },
});

describe('closing an idle burst inside its paid time', () => {
  it('works when nothing is open', async () => {
    const lease = aLease();
    const { ledger } = await ledgerOf(lease, []);
    expect(await close(ledger, lease)).toMatchObject({ next: 'tear-down' });
    const rows = ledger.rows();
    expect(rows.find(({ pk }) => String(pk).startsWith('L#'))).toMatchObject({ phase: 'closing' });
    expect(rows.find(({ seq }) => seq !== undefined)).toMatchObject({
      seq: 8,
      bursts: [{ state: 'closing' }],
    });
  });

  it('is off when a batch is open: the burst runs on', async () => {
    const lease = aLease();
    const { ledger } = await ledgerOf(lease, [aBatch(1)]);
    expect(await close(ledger, lease)).toMatchObject({ next: 'run' });
    expect(ledger.rows().find(({ seq }) => seq !== undefined)).toMatchObject({ seq: 7 });
  });

  it('is lost to an arrival between the query and the compare-and-set', async () => {
    const lease = aLease();
    const { ledger, open } = await ledgerOf(lease, []);
    const arriving = withArrival(ledger, async () => {
      await open(aBatch(1));
      await ledger.write({
        key: { pk: `P#default#${lease.profile}`, sk: '#' },
        when: [{ is: 'exists' }],
        set: [['seq', 8]],
      });
    });
    expect(await close(arriving, lease)).toMatchObject({ next: 'run' });
    expect(ledger.rows().find(({ seq }) => seq !== undefined)).toMatchObject({
      bursts: [{ state: 'open' }],
    });
  });
});

describe('closing a burst at its paid edge', () => {
  it('closes over whatever is open, and gives its claims back', async () => {
    const lease = aLease({ paidUntil: at(drain) });
    const claim = { status: 'claimed', burst: lease.burstId, job: `${lease.burstId}-1` } as const;
    const { ledger } = await ledgerOf(lease, [aBatch(1), aBatch(2, { ...claim, batchFence: 3 })]);
    expect(await close(ledger, lease)).toMatchObject({ next: 'tear-down' });
    const batches = ledger.rows().filter(({ sk }) => String(sk).startsWith('B#'));
    expect(batches).toMatchObject([
      { status: 'open' },
      { status: 'open', batchFence: 4, attempts: 0 },
    ]);
    expect(batches[1]).not.toHaveProperty('burst');
  });

  it('goes straight to the bill when no create was ever sent', async () => {
    const lease = aLease({
      phase: 'planned',
      clusterId: undefined,
      readyAt: undefined,
      intents: [{ kind: 'create', attempt: 1, term: 1, at: at(-60), outcome: 'refused' }],
    });
    const { ledger } = await ledgerOf(lease, []);
    expect(await close(ledger, lease)).toMatchObject({ next: 'settle' });
  });

  it.each(['unknown', 'granted'] as const)(
    'goes by the teardown when the outcome of a create is %s',
    async (outcome) => {
      const lease = aLease({
        phase: 'creating',
        clusterId: undefined,
        readyAt: undefined,
        intents: [{ kind: 'create', attempt: 1, term: 1, at: at(-60), outcome }],
      });
      const { ledger } = await ledgerOf(lease, []);
      expect(await close(ledger, lease)).toMatchObject({ next: 'tear-down' });
    },
  );
});
