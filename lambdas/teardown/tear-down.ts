import type { Driver } from '../../shared/bursts/drive.ts';
import { addressOf } from '../../shared/bursts/workers.ts';
import { inParallel } from '../../shared/concurrency.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Ports } from '../../shared/ports.ts';

/**
 * Tear down cluster: no worker takes more, then the provider is asked for the end. The phase is written
 * first, so whoever takes over from here confirms instead of starting anew. A cluster whose id was never
 * learned is looked for by Confirm.
 */
export const tearDown =
  (
    { ledger, clusters, jobs }: Pick<Ports, 'ledger' | 'clusters' | 'jobs'>,
    settings: Settings,
  ): Driver =>
  async (lease, _burst, now) => {
    const begun = await changeLease(ledger, lease, {
      phase: 'tearing-down',
      destroyAskedAt: lease.destroyAskedAt ?? now,
      takeOvers: 0,
    });
    if (!begun.done) return { next: 'superseded' };
    const { clusterId } = begun.row;
    await inParallel(lease.workers, 16, async ({ workerId }) => {
      const address = addressOf(lease, workerId, settings);
      if (address !== undefined) await jobs.drain(address);
    });
    if (clusterId !== undefined) await clusters.destroy(clusterId);
    return {
      next: 'confirm',
      waitSeconds: Math.ceil(settings.looks.shortestSeconds),
      reason: clusterId ?? 'no id on record',
      lease: begun.row,
    };
  };
