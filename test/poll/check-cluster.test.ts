import { describe, expect, it } from 'vitest';
import { checkCluster } from '../../lambdas/poll/check-cluster.ts';
import { readLease } from '../../shared/ledger/leases.ts';
import { memoryIds } from '../../shared/memory/memory-ids.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { BurstDocument } from '../../shared/model/burst.ts';
import { WorkerHealth } from '../../shared/model/job.ts';
import type { LeaseRow } from '../../shared/model/rows.ts';
import type { ClusterView, Ports } from '../../shared/ports.ts';
import { aLease, at, aView, BURST, CLUSTER, NOW } from '../support/burst-rows.ts';
import { putRow } from '../support/put-row.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();

const burst = BurstDocument.parse({
  ...{ v: 1, burstId: BURST, segment: 1, leaseFence: 1, lookUntil: at(900) },
});

const unasked = (): never => {
  throw new Error('not announced');
};

const HEALTHY = WorkerHealth.parse({
  ...{ contract: 1, status: 'ready', slots: 1, gpuUsed: true },
  gpus: [{ model: 'NVIDIA GeForce RTX 4090', vramMb: 24_564 }],
});

/** Looks at a cluster the provider says that of, whose workers are all well. */
async function looked(phase: LeaseRow['phase'], view: Partial<ClusterView> = {}) {
  const ledger = memoryLedger();
  const lease = aLease({ phase, workers: [], paidUntil: undefined, quotedMicroUsd: 600_000 });
  await putRow(ledger, `L#${lease.burstId}`, '#', lease);
  const clusters: Ports['clusters'] = {
    get: async (id) => (id === CLUSTER ? aView(view) : undefined),
    ...{ offers: unasked, quote: unasked, findByName: unasked, create: unasked, list: unasked },
    ...{ extend: unasked, destroy: unasked, logs: unasked },
  };
  const jobs: Ports['jobs'] = {
    health: async () => ({ kind: 'answered', value: HEALTHY }),
    ...{ submit: unasked, get: unasked, cancel: unasked, drain: unasked },
  };
  const ports = { ledger, clusters, jobs, ids: memoryIds(1), log: () => undefined };
  const step = await checkCluster(ports, settings)(lease, burst, NOW);
  return { step, after: await readLease(ledger, lease.burstId) };
}

describe('a look at a cluster that runs', () => {
  it('makes a burst ready that waits for it', async () => {
    const { step, after } = await looked('provisioning');
    expect(step).toMatchObject({ next: 'run', reason: '2 workers ready' });
    expect(after).toMatchObject({ phase: 'ready', paidUntil: at(2400) });
  });

  it.each(['closing', 'tearing-down'] as const)(
    'does not bring back a burst that is %s by now',
    async (phase) => {
      const { step, after } = await looked(phase);
      expect(step).toEqual({ next: 'close', reason: `phase ${phase}` });
      expect(after).toMatchObject({ phase, workers: [] });
    },
  );
});

describe('the price of a term, once the cluster runs', () => {
  it.each([
    ['a micro-dollar less was paid', 599_999, 3600, undefined],
    ['what was quoted was paid', 600_000, 3600, undefined],
    ['a micro-dollar more was paid', 600_001, 3600, 600_001],
    ['nothing is billed yet', 0, 3600, undefined],
    ['two terms were paid at the quoted price', 1_200_000, 7200, undefined],
    ['two terms were paid at a higher price', 1_200_001, 7200, 600_001],
  ])('where %s', async (_, amountPaidMicroUsd, paidSeconds, charged) => {
    const { after } = await looked('provisioning', { amountPaidMicroUsd, paidSeconds });
    expect(after?.chargedTermMicroUsd).toBe(charged);
    expect(after?.quotedMicroUsd).toBe(charged ?? 600_000);
    // Tasks were admitted at this price, and are not turned away at another.
    expect(after?.offer?.termMicroUsd).toBe(600_000);
  });
});
