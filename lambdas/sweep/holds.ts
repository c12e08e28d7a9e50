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
  const isSettled = onceForEach(async (burst) => {
    const burstId = BurstId.safeParse(burst);
    return burstId.success && (await readLease(ledger, burstId.data))?.phase === 'settled';
  });
  let freed = 0;
  for (const scope of scopes) {
    const money = await readMoney(ledger, scope);
    for (const [name, microUsd] of Object.entries(money?.holds ?? {})) {
      if (!(await isSettled(name.slice(0, name.lastIndexOf('.'))))) continue;
      await releaseHold(ledger, scope, name, microUsd);
      log('stale hold freed', { scope, hold: name, microUsd });
      freed += 1;
    }
  }
  return freed;
}

/** A burst holds money in several scopes and for several terms; its lease is read once. */
function onceForEach(ask: (burst: string) => Promise<boolean>): typeof ask {
  const answers = new Map<string, Promise<boolean>>();
  return (burst) => {
    const answer = answers.get(burst) ?? ask(burst);
    answers.set(burst, answer);
    return answer;
  };
}
