import * as z from 'zod';
import type { Sharer } from '../model/fair-share.ts';
import { Tenant } from '../model/ids.ts';
import { MicroUsd } from '../model/money.ts';
import { MoneyRow } from '../model/rows.ts';
import { hasSeveralTenants, longestCooldownSeconds, type Settings } from '../model/settings.ts';
import { dayOf, Instant, plusSeconds } from '../model/time.ts';
import type { Ledger, Write } from '../ports.ts';
import { moneyKey } from './keys.ts';
import { readRow } from './rows.ts';

/**
 * Who has what of a scope that tenants share, and who waits for more: attributes of the scope's own row, which is read
 * and written with every hold in any case. A row of before there were any has none, and nobody's part is nobody's.
 */
const USED = 'used#';
const WAITS = 'waits#';

/** A tenant that could not get any: how much it asked for last, and when; since when it lets others go first. */
const Wait = z.looseObject({ microUsd: MicroUsd, at: Instant, yieldsSince: Instant.optional() });
type Wait = z.infer<typeof Wait>;

/** What else passes, beside the longest pause, before one that still waits has asked again. */
const LATE_SECONDS = 300;

/** A tenant, and what it asks for. */
interface Asking {
  readonly tenant: Tenant;
  readonly microUsd: number;
}

/** Whether tenants share it for their weights: a tenant's own cap is nobody else's, and second orders are nobody's due. */
const isShared = (scope: string): boolean => scope === 'stack' || scope.startsWith('day#');

/** Part of the write that takes, or with less than nothing gives back, so much of a scope. */
export const usedMore = (
  scope: string,
  tenant: Tenant,
  microUsd: number,
): NonNullable<Write['add']> => (isShared(scope) ? [[`${USED}${tenant}`, microUsd]] : []);

/** Part of the write that serves a tenant: it waits no longer. */
export const served = (scope: string, tenant: Tenant): NonNullable<Write['remove']> =>
  isShared(scope) ? [`${WAITS}${tenant}`] : [];

/** Who asks for money of a scope, and the others that have some of it or still wait for some. */
export function sharersIn(
  row: MoneyRow,
  settings: Settings,
  asks: Asking,
  now: Instant,
): [Sharer, Sharer[]] {
  const sharer = (tenant: Tenant, wantsMicroUsd: number): Sharer => ({
    tenant,
    weight: settings.tenantWeights[tenant] ?? 1,
    // Holds of before this was kept are given back without ever having been counted.
    usedMicroUsd: Math.max(0, z.int().default(0).parse(row[`${USED}${tenant}`])),
    wantsMicroUsd,
  });
  const named = Object.keys(row).filter((name) => name.startsWith(USED) || name.startsWith(WAITS));
  const tenants = new Set(named.map((name) => Tenant.parse(name.slice(name.indexOf('#') + 1))));
  tenants.delete(asks.tenant);
  const others = [...tenants].map((tenant) =>
    sharer(tenant, waitIn(row, settings, tenant, now)?.microUsd ?? 0),
  );
  return [sharer(asks.tenant, asks.microUsd), others];
}

/** Undefined: it does not wait, or would have asked again by now. */
function waitIn(row: MoneyRow, settings: Settings, tenant: Tenant, now: Instant): Wait | undefined {
  const wait = Wait.optional().parse(row[`${WAITS}${tenant}`]);
  const silentSeconds = longestCooldownSeconds(settings) + LATE_SECONDS;
  return wait && now < plusSeconds(wait.at, silentSeconds) ? wait : undefined;
}

/** Whether a tenant has let others go first for as long as anybody must. */
export function hasYielded(
  row: MoneyRow,
  settings: Settings,
  tenant: Tenant,
  now: Instant,
): boolean {
  const { yieldsSince } = waitIn(row, settings, tenant, now) ?? {};
  return (
    yieldsSince !== undefined && now >= plusSeconds(yieldsSince, settings.clusters.yieldSeconds)
  );
}

/** Notes that a tenant waits for money of a scope, where there is anybody else who might let it go first. */
export async function noteWaiting(
  ledger: Ledger,
  settings: Settings,
  row: MoneyRow,
  { tenant, microUsd, yields }: Asking & { readonly yields: boolean },
  now: Instant,
): Promise<void> {
  if (!isShared(row.scope) || !hasSeveralTenants(settings)) return;
  const before = waitIn(row, settings, tenant, now)?.yieldsSince;
  const yieldsSince = before ?? (yields ? now : undefined);
  await ledger.write({
    key: moneyKey(row.scope),
    when: [{ is: 'exists' }],
    set: [[`${WAITS}${tenant}`, { microUsd, at: now, yieldsSince }]],
  });
}

/** What a day's row begins with: who waits at midnight is waited for at the new day's cap. */
export async function waitsAtMidnight(
  ledger: Ledger,
  settings: Settings,
  scope: string,
  now: Instant,
): Promise<Readonly<Record<string, unknown>>> {
  if (!scope.startsWith('day#') || !hasSeveralTenants(settings)) return {};
  const yesterday = moneyKey(`day#${dayOf(plusSeconds(now, -86_400))}`);
  const row = (await readRow(ledger, yesterday, MoneyRow)) ?? {};
  return Object.fromEntries(Object.entries(row).filter(([name]) => name.startsWith(WAITS)));
}
