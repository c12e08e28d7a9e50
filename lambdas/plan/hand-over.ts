import type { Driver, Predecessor } from '../../shared/bursts/drive.ts';
import { startSegment } from '../../shared/bursts/start.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Ports } from '../../shared/ports.ts';

type HandOverPorts = Pick<Ports, 'ledger' | 'bursts'>;

/**
 * Hand over: the lease fence moves to the next segment, then that segment is started. When the start is
 * lost for good, the sweep finds a lease whose newest segment was never heard and starts it under its own name.
 */
export const handOver =
  (ports: HandOverPorts, settings: Settings): Driver =>
  async (lease) => {
    const next = await changeLease(ports.ledger, lease, {
      segment: lease.segment + 1,
      leaseFence: lease.leaseFence + 1,
    });
    if (!next.done) return { next: 'superseded' };
    await startSegment(ports.bursts, next.row, settings);
    return { next: 'handed-over', reason: `segment ${next.row.segment}` };
  };

/**
 * Hand over, repeated after it died with the fence moved: nobody would drive until the sweep. The next segment is
 * started under its own name, which does nothing where it was started before.
 */
export const handOverAgain =
  (ports: HandOverPorts, settings: Settings): Predecessor =>
  async (newer, { segment, leaseFence }) => {
    const isNext = newer.segment === segment + 1 && newer.leaseFence === leaseFence + 1;
    if (!isNext || newer.heardSegment >= newer.segment) return undefined;
    await startSegment(ports.bursts, newer, settings);
    return { next: 'handed-over', reason: `segment ${newer.segment}, again` };
  };
