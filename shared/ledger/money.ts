import type { BurstId, Tenant } from '../model/ids.ts';
import { MoneyRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import type { Ledger } from '../ports.ts';
import { moneyKey } from './keys.ts';
import { changeRow, createRow, readRow } from './rows.ts';

/** Money put aside for one prepaid term of one burst. */
export interface Hold {
  readonly burstId: BurstId;
  readonly tenant: Tenant;
  readonly term: number;
  readonly attempt?: number | undefined;
  /** UTC day whose cap it counts against, `2026-11-22`. */
  readonly day: string;
  readonly microUsd: number;
}

export type HoldOutcome =
  | { readonly held: true }
  | { readonly held: false; readonly scope: string; readonly availableMicroUsd: number };

export const holdName = ({
  burstId,
  term,
  attempt,
}: Pick<Hold, 'burstId' | 'term' | 'attempt'>): string =>
  attempt === undefined ? `${burstId}.${term}` : `${burstId}.${term}-${attempt}`;

/** Every cap a hold counts against, in the order they are taken. */
export const scopesOf = (
  { caps }: Settings,
  hold: Pick<Hold, 'tenant' | 'day'>,
): readonly { scope: string; capMicroUsd: number }[] => [
  { scope: 'stack', capMicroUsd: caps.stackMicroUsd },
  { scope: `day#${hold.day}`, capMicroUsd: caps.dayMicroUsd },
  {
    scope: `tenant#${hold.tenant}`,
    capMicroUsd: caps.tenantMicroUsd[hold.tenant] ?? caps.defaultTenantMicroUsd,
  },
];

/**
 * Puts money aside in every scope, or in none. The same hold again changes nothing, so a repeat after a
 * crash is safe. DynamoDB compares and adds in one write: no cap can be passed by two holds at once.
 */
export async function holdMoney(
  ledger: Ledger,
  settings: Settings,
  hold: Hold,
): Promise<HoldOutcome> {
  const taken: string[] = [];
  for (const { scope, capMicroUsd } of scopesOf(settings, hold)) {
    await ensureScope(ledger, scope, capMicroUsd);
    const outcome = await changeRow(ledger, MoneyRow, {
      key: moneyKey(scope),
      when: [
        { is: 'atLeast', path: 'available', value: hold.microUsd },
        { is: 'absent', path: ['holds', holdName(hold)] },
      ],
      set: [[['holds', holdName(hold)], hold.microUsd]],
      add: [['available', -hold.microUsd]],
    });
    if (!outcome.done && outcome.row?.holds[holdName(hold)] === undefined) {
      for (const earlier of taken.toReversed()) {
        await releaseHold(ledger, earlier, holdName(hold), hold.microUsd);
      }
      return { held: false, scope, availableMicroUsd: Math.max(0, outcome.row?.available ?? 0) };
    }
    taken.push(scope);
  }
  return { held: true };
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
    await releaseHold(ledger, scope, holdName(hold), heldMicroUsd, billedMicroUsd);
  }
}

/**
 * Takes a hold off one scope and makes what was not billed of it available again. Once: a repeat finds no
 * hold. Refused too when the hold is of another amount, so that money is neither lost nor made.
 */
export const releaseHold = (
  ledger: Ledger,
  scope: string,
  name: string,
  heldMicroUsd: number,
  billedMicroUsd = 0,
) =>
  changeRow(ledger, MoneyRow, {
    key: moneyKey(scope),
    when: [{ is: 'equal', path: ['holds', name], value: heldMicroUsd }],
    add: [['available', heldMicroUsd - billedMicroUsd]],
    remove: [['holds', name]],
  });

/** Makes the scope's row, or moves its cap to what the operator has set since. */
async function ensureScope(ledger: Ledger, scope: string, capMicroUsd: number): Promise<void> {
  const row =
    (await readRow(ledger, moneyKey(scope), MoneyRow)) ??
    (
      await createRow(ledger, MoneyRow, moneyKey(scope), {
        v: 1,
        scope,
        capMicroUsd,
        available: capMicroUsd,
        holds: {},
      })
    ).row;
  if (row === undefined || row.capMicroUsd === capMicroUsd) return;
  await changeRow(ledger, MoneyRow, {
    key: moneyKey(scope),
    when: [{ is: 'equal', path: 'capMicroUsd', value: row.capMicroUsd }],
    set: [['capMicroUsd', capMicroUsd]],
    add: [['available', capMicroUsd - row.capMicroUsd]],
  });
}

export const readMoney = (ledger: Ledger, scope: string) =>
  readRow(ledger, moneyKey(scope), MoneyRow);
