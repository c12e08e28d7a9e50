import type { Driver } from '../../shared/bursts/drive.ts';
import { startSegment } from '../../shared/bursts/start.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Ports } from '../../shared/ports.ts';

/**
 * Hand over: the lease fence moves to the next segment, then that segment is started. When the start is
 * lost, the sweep finds a lease whose newest segment was never heard and starts it under its own name.
 */
export const handOver =
  (ports: Pick<Ports, 'ledger' | 'bursts'>, settings: Settings): Driver =>
  async (lease) => {
    const next = await changeLease(ports.ledger, lease, {
      segment: lease.segment + 1,
      leaseFence: lease.leaseFence + 1,
    });
    if (!next.done) return { next: 'superseded' };
    await startSegment(ports.bursts, next.row, settings);
    return { next: 'handed-over', reason: `segment ${next.row.segment}` };
  };
