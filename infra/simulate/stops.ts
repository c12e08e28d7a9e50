import { writeStop } from '../../shared/ledger/stops.ts';
import { Tenant } from '../../shared/model/ids.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Ledger, Write } from '../../shared/ports.ts';
import type { Timers } from '../local/engine/timers.ts';
import type { Actor } from './actor.ts';
import type { Disturbance } from './disturbance.ts';
import type { Encounter } from './encounters.ts';

const isClaim = ({ set = [] }: Write): boolean =>
  set.some(([path, value]) => path === 'status' && value === 'claimed');

/**
 * A tenant that is stopped at the first claim of a batch of it, and let go again after a while. The claim lands
 * when the burst it was made for is closing.
 */
export function createStops(
  { strike }: Pick<Disturbance, 'strike'>,
  timers: Pick<Timers, 'now' | 'after'>,
  ledger: Ledger,
  encounter: Encounter | undefined,
) {
  let met = false;
  return {
    meet(actor: Actor, write: Write): void {
      if (encounter?.kind !== 'stop' || met || actor.who !== 'run' || !isClaim(write)) return;
      met = true;
      const where = { who: actor.who, state: actor.state, call: 'ledger.write' };
      if (!strike('platform.tenant stopped', 'stop', where)) return;
      const tenant = Tenant.parse(write.key.pk.split('#')[1]);
      const change = (mode: 'none' | 'finish' | 'cancel') =>
        writeStop(ledger, tenant, { mode, reason: 'simulated', at: instantOf(timers.now()) });
      void change(encounter.mode);
      timers.after(encounter.forSeconds * 1000, () => void change('none'));
      actor.fate = { kind: 'zombie', at: actor.calls, forMs: encounter.zombieSeconds * 1000 };
    },
  };
}
