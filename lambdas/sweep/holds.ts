import { readLease } from '../../shared/ledger/leases.ts';
import { readMoney, releaseHold, scopesOf, secondOrdersOn } from '../../shared/ledger/money.ts';
import { BurstId, Tenant } from '../../shared/model/ids.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { dayOf, type Instant, plusSeconds } from '../../shared/model/time.ts';
import type { SweepPorts } from './sweep-ports.ts';

/**
 * Frees money held for bursts that are settled, and says how much of each cap of today is taken.
 *
 * @returns how many holds were freed.
 */
export async function sweepHolds(
  { ledger, log }: SweepPorts,
  settings: Settings,
  now: Instant,
): Promise<number> {
  const tenants = new Set(Object.values(settings.tenantOfQueue));
  const capsOn = (day: string) => [
    ...[...tenants].flatMap((tenant) =>
      scopesOf(settings, { tenant: Tenant.parse(tenant), day, term: 1 }),
    ),
    ...(settings.caps.hedgeDayMicroUsd > 0 ? [secondOrdersOn(settings, day)] : []),
  ];
  const today = new Map(capsOn(dayOf(now)).map(({ scope, capMicroUsd }) => [scope, capMicroUsd]));
  const yesterday = capsOn(dayOf(plusSeconds(now, -86_400))).map(({ scope }) => scope);
  const settledLease = onceForEach(async (burst) => {
    const burstId = BurstId.safeParse(burst);
    const lease = burstId.success ? await readLease(ledger, burstId.data) : undefined;
    return lease?.phase === 'settled' ? lease : undefined;
  });
  let freed = 0;
  for (const scope of new Set([...today.keys(), ...yesterday])) {
    const money = await readMoney(ledger, scope);
    const capMicroUsd = money?.capMicroUsd ?? today.get(scope);
    if (today.has(scope)) {
      log('money', { scope, capMicroUsd, availableMicroUsd: money?.available ?? capMicroUsd });
    }
    for (const [name, microUsd] of Object.entries(money?.holds ?? {})) {
      const lease = await settledLease(name.slice(0, name.lastIndexOf('.')));
      if (lease === undefined) continue;
      await releaseHold(ledger, scope, lease.tenant, name, microUsd);
      log('stale hold freed', { scope, hold: name, microUsd });
      freed += 1;
    }
  }
  return freed;
}

/** A burst holds money in several scopes and for several terms; its lease is read once. */
function onceForEach<Answer>(ask: (burst: string) => Promise<Answer>): typeof ask {
  const answers = new Map<string, Promise<Answer>>();
  return (burst) => {
    const answer = answers.get(burst) ?? ask(burst);
    answers.set(burst, answer);
    return answer;
  };
}
