import { describe, expect, it } from 'vitest';
import { reap } from '../../lambdas/reap.ts';
import { changeLease, readLease } from '../../shared/ledger/leases.ts';
import { readProviderView } from '../../shared/ledger/provider.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { BurstId, ClusterId } from '../../shared/model/ids.ts';
import type { LeaseRow } from '../../shared/model/rows.ts';
import { quarantineSeconds } from '../../shared/model/settings.ts';
import type { ClusterSummary, Value } from '../../shared/ports.ts';
import { aLease, at, BURST, CLUSTER } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const burstId = BurstId.parse(BURST);
const QUARANTINE = quarantineSeconds(settings);

/** A provider with one cluster of our name, a lease, and the fences seen at each destroy. */
async function aStack(lease: LeaseRow | undefined, phase: ClusterSummary['phase'] = 'RUNNING') {
  const ledger = memoryLedger();
  if (lease !== undefined) {
    const { leaseFence, ...rest } = lease;
    await ledger.write({
      key: { pk: `L#${BURST}`, sk: '#' },
      when: [],
      set: Object.entries({ leaseFence, ...rest }).filter(([, v]) => v !== undefined) as [
        string,
        Value,
      ][],
    });
  }
  const destroyed: { id: ClusterId; fence: number | undefined }[] = [];
  let nowSeconds = 0;
  let failing = false;
  const clusters = {
    list: async () => {
      if (failing) throw new Error('the provider is not there');
      return [{ clusterId: CLUSTER, name: BURST, phase }];
    },
    destroy: async (id: ClusterId) => {
      destroyed.push({ id, fence: (await readLease(ledger, burstId))?.leaseFence });
    },
  };
  const clock = { now: () => at(nowSeconds) };
  const stage = reap({ ledger, clusters: clusters as never, clock, log: () => {} }, settings);
  return {
    ledger,
    destroyed,
    fail: (now: boolean) => {
      failing = now;
    },
    /** One pass, some seconds after the one before. */
    pass: (seconds: number) => {
      nowSeconds += seconds;
      return stage({}, { remainingSeconds: () => 60 });
    },
  };
}

describe('an orphan', () => {
  it.each<[string, LeaseRow | undefined, number | undefined]>([
    ['without a lease', undefined, undefined],
    ['of a settled burst', aLease({ phase: 'settled' }), 2],
    ['owed to the reaper', aLease({ phase: 'teardown-owed' }), 2],
    ['owed, its id never learned', aLease({ phase: 'teardown-owed', clusterId: undefined }), 2],
    [
      'that another cluster of its burst outlives',
      aLease({ clusterId: ClusterId.parse('c-2') }),
      1,
    ],
  ])('is destroyed under a new fence unless its burst lives: %s', async (_who, lease, fence) => {
    const { pass, destroyed } = await aStack(lease);
    await pass(0);
    await pass(QUARANTINE - 1);
    expect(destroyed).toEqual([]);
    expect(await pass(1)).toEqual({ listed: 1, unowned: 1, destroyed: 1 });
    expect(destroyed).toEqual([{ id: CLUSTER, fence }]);
  });

  it('that is on its way out is asked nothing', async () => {
    const { pass, destroyed } = await aStack(undefined, 'DELETING');
    for (const seconds of [0, QUARANTINE, QUARANTINE]) await pass(seconds);
    expect(destroyed).toEqual([]);
  });

  it('whose owner shows in time is left alone, and its count starts anew', async () => {
    const { pass, destroyed, ledger } = await aStack(aLease({ phase: 'teardown-owed' }));
    await pass(0);
    await changeLease(ledger, { burstId, leaseFence: 1 }, { phase: 'tearing-down' });
    await pass(QUARANTINE);
    await changeLease(ledger, { burstId, leaseFence: 1 }, { phase: 'teardown-owed' });
    await pass(60);
    await pass(60);
    expect(destroyed).toEqual([]);
  });
});

describe('a pass that cannot list', () => {
  it('is skipped: it destroys nothing and the shared view stays as it was', async () => {
    const { pass, destroyed, ledger, fail } = await aStack(undefined);
    await pass(0);
    const before = await readProviderView(ledger);
    fail(true);
    await expect(pass(QUARANTINE)).rejects.toThrow('the provider is not there');
    expect(await readProviderView(ledger)).toEqual(before);
    fail(false);
    await pass(60);
    expect(destroyed).toHaveLength(1);
  });
});

it('the view names no cluster that is over: the provider lists those for ever', async () => {
  const { pass, ledger } = await aStack(aLease(), 'DELETED');
  await pass(0);
  expect((await readProviderView(ledger))?.clusters).toEqual([]);
});
