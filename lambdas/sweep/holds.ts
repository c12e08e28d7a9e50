import { readLease } from '../../shared/ledger/leases.ts';
import { readMoney, releaseHold, scopesOf } from '../../shared/ledger/money.ts';
import { BurstId, Tenant } from '../../shared/model/ids.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { dayOf, type Instant, plusSeconds } from '../../shared/model/time.ts';
import type { SweepPorts } from './sweep-ports.ts';

/** Frees money held for bursts that are settled. @returns how many holds were freed. */
export async function sweepHolds(
  { ledger, log }: SweepPorts,
  settings: Settings,
  now: Instant,
): Promise<number> {
  const days = [dayOf(now), dayOf(plusSeconds(now, -86_400))];
  const tenants = new Set(Object.values(settings.tenantOfQueue));
  const scopes = new Set(
    days.flatMap((day) =>
      [...tenants].flatMap((tenant) =>
        scopesOf(settings, { tenant: Tenant.parse(tenant), day }).map(({ scope }) => scope),
      ),
    ),
  );
  let freed = 0;
  for (const scope of scopes) {
    const money = await readMoney(ledger, scope);
    for (const [name, microUsd] of Object.entries(money?.holds ?? {})) {
      const burstId = BurstId.safeParse(name.slice(0, name.lastIndexOf('.')));
      if (!burstId.success) continue;
      const lease = await readLease(ledger, burstId.data);
      if (lease?.phase !== 'settled') continue;
      await releaseHold(ledger, scope, name, microUsd);
      log('stale hold freed', { scope, hold: name, microUsd });
      freed += 1;
    }
  }
  return freed;
}
