import { type Yielding, yieldingOf } from '../model/fair-share.ts';
import type { BurstId, Tenant } from '../model/ids.ts';
import { MoneyRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import type { Instant } from '../model/time.ts';
import type { Ledger } from '../ports.ts';
import { moneyKey } from './keys.ts';
import { changeRow, createRow, readRow } from './rows.ts';
import { hasYielded, noteWaiting, served, sharersIn, usedMore, waitsAtMidnight } from './shares.ts';

/** Money put aside for one prepaid term of one burst. */
export interface Hold {
  readonly burstId: BurstId;
  readonly tenant: Tenant;
  readonly term: number;
  readonly attempt?: number | undefined;
  /** The burst whose cluster is overdue, of a second order. */
  readonly hedges?: BurstId | undefined;
  /** UTC day whose cap it counts against, `2026-11-22`. */
  readonly day: string;
  readonly microUsd: number;
}

export type HoldOutcome =
  | { readonly held: true }
  | {
      readonly held: false;
      readonly scope: string;
      readonly availableMicroUsd: number;
      /** The cap would do: others are let go first. */
      readonly yields?: Yielding;
    };

export const holdName = ({
  burstId,
  term,
  attempt,
}: Pick<Hold, 'burstId' | 'term' | 'attempt'>): string =>
  attempt === undefined ? `${burstId}.${term}` : `${burstId}.${term}-${attempt}`;

/** A cap as the ledger keeps it. */
interface Scope {
  readonly scope: string;
  readonly capMicroUsd: number;
}

/** The cap of second orders of a day. */
export const secondOrdersOn = ({ caps }: Settings, day: string): Scope => ({
  scope: `hedge#${day}`,
  capMicroUsd: caps.hedgeDayMicroUsd,
});

/**
 * Every cap a hold counts against, in the order they are taken. Of a second order that is its first term: what is
 * extended is at work.
 */
export const scopesOf = (
  settings: Settings,
  hold: Pick<Hold, 'tenant' | 'day' | 'term' | 'hedges'>,
): readonly Scope[] => [
  { scope: 'stack', capMicroUsd: settings.caps.stackMicroUsd },
  { scope: `day#${hold.day}`, capMicroUsd: settings.caps.dayMicroUsd },
  {
    scope: `tenant#${hold.tenant}`,
    capMicroUsd: settings.caps.tenantMicroUsd[hold.tenant] ?? settings.caps.defaultTenantMicroUsd,
  },
  ...(hold.hedges !== undefined && hold.term === 1 ? [secondOrdersOn(settings, hold.day)] : []),
];

/**
 * Puts money aside in every scope, or in none. The same hold again changes nothing, so a repeat after a
 * crash is safe. DynamoDB compares and adds in one write: no cap can be passed by two holds at once. Of a cap that
 * tenants share, a tenant over its share takes nothing that others wait for; two that ask in the same moment may
 * both get it.
 */
export async function holdMoney(
  ledger: Ledger,
  settings: Settings,
  hold: Hold,
  now: Instant,
): Promise<HoldOutcome> {
  const taken: string[] = [];
  for (const { scope, capMicroUsd } of scopesOf(settings, hold)) {
    const seen = await ensureScope(ledger, settings, scope, capMicroUsd, now);
    const yields = seen && mustYield(seen, settings, hold, now);
    const outcome = yields ? { done: false, row: seen } : await takeHold(ledger, scope, hold);
    const { row } = outcome;
    if (!outcome.done && row?.holds[holdName(hold)] === undefined) {
      for (const earlier of taken.toReversed()) {
        await releaseHold(ledger, earlier, hold.tenant, holdName(hold), hold.microUsd);
      }
      const wait = { ...hold, yields: yields !== undefined };
      if (row !== undefined) await noteWaiting(ledger, settings, row, wait, now);
      const availableMicroUsd = Math.max(0, row?.available ?? 0);
      return { held: false, scope, availableMicroUsd, ...(yields ? { yields } : {}) };
    }
    taken.push(scope);
  }
  return { held: true };
}

const takeHold = (ledger: Ledger, scope: string, hold: Hold) =>
  changeRow(ledger, MoneyRow, {
    key: moneyKey(scope),
    when: [
      { is: 'atLeast', path: 'available', value: hold.microUsd },
      { is: 'absent', path: ['holds', holdName(hold)] },
    ],
    set: [[['holds', holdName(hold)], hold.microUsd]],
    add: [['available', -hold.microUsd], ...usedMore(scope, hold.tenant, hold.microUsd)],
    remove: served(scope, hold.tenant),
  });

/** Whether a hold that is not taken yet is left to tenants that have less for their weight. */
function mustYield(
  row: MoneyRow,
  settings: Settings,
  hold: Hold,
  now: Instant,
): Yielding | undefined {
  if (row.holds[holdName(hold)] !== undefined) return undefined;
  if (hasYielded(row, settings, hold.tenant, now)) return undefined;
  const { scope, capMicroUsd, available: availableMicroUsd } = row;
  const heldMicroUsd = Object.values(row.holds).reduce((sum, held) => sum + held, 0);
  const [asks, others] = sharersIn(row, settings, hold, now);
  return yieldingOf(asks, others, { scope, capMicroUsd, availableMicroUsd, heldMicroUsd });
}

/** Ends a hold in every scope, in reverse; what was billed against it stays spent. */
export async function settleHold(
  ledger: Ledger,
  settings: Settings,
  hold: Omit<Hold, 'microUsd'>,
  billedMicroUsd: number,
): Promise<void> {
  for (const { scope } of scopesOf(settings, hold).toReversed()) {
    const heldMicroUsd = (await readMoney(ledger, scope))?.holds[holdName(hold)];
    if (heldMicroUsd === undefined) continue;
    await releaseHold(ledger, scope, hold.tenant, holdName(hold), heldMicroUsd, billedMicroUsd);
  }
}

/**
 * Takes a hold off one scope and makes what was not billed of it available again. Once: a repeat finds no
 * hold. Refused too when the hold is of another amount, so that money is neither lost nor made.
 */
export const releaseHold = (
  ledger: Ledger,
  scope: string,
  tenant: Tenant,
  name: string,
  heldMicroUsd: number,
  billedMicroUsd = 0,
) =>
  changeRow(ledger, MoneyRow, {
    key: moneyKey(scope),
    when: [{ is: 'equal', path: ['holds', name], value: heldMicroUsd }],
    add: [
      ['available', heldMicroUsd - billedMicroUsd],
      ...usedMore(scope, tenant, billedMicroUsd - heldMicroUsd),
    ],
    remove: [['holds', name]],
  });

/** Makes the scope's row, or moves its cap to what the operator has set since. @returns the row as it is then. */
async function ensureScope(
  ledger: Ledger,
  settings: Settings,
  scope: string,
  capMicroUsd: number,
  now: Instant,
): Promise<MoneyRow | undefined> {
  const row =
    (await readRow(ledger, moneyKey(scope), MoneyRow)) ??
    (
      await createRow(ledger, MoneyRow, moneyKey(scope), {
        v: 1,
        scope,
        capMicroUsd,
        available: capMicroUsd,
        holds: {},
        ...(await waitsAtMidnight(ledger, settings, scope, now)),
      })
    ).row;
  if (row === undefined || row.capMicroUsd === capMicroUsd) return row;
  const moved = await changeRow(ledger, MoneyRow, {
    key: moneyKey(scope),
    when: [{ is: 'equal', path: 'capMicroUsd', value: row.capMicroUsd }],
    set: [['capMicroUsd', capMicroUsd]],
    add: [['available', capMicroUsd - row.capMicroUsd]],
  });
  return moved.row;
}

export const readMoney = (ledger: Ledger, scope: string) =>
  readRow(ledger, moneyKey(scope), MoneyRow);
