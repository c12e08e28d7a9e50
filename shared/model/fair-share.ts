import type { Tenant } from './ids.ts';
import { usdOf } from './money.ts';

/**
 * Weighted fair share of money between tenants.
 *
 * Shares are weighted max-min, found by progressive filling: a tenant that demands less than its weight's part has what
 * it demands, and what it leaves goes to the others by their weights (Bertsekas, Gallager: Data Networks, 6.5.2).
 * Money is taken a term of a cluster at a time, so a share is seldom met exactly: one whose hold would pass it yields
 * only to waiting tenants that have less for their weight, and only where what is left would not do for them. So
 * somebody may always go on, and nothing is kept for tenants that do not wait.
 */

/** A tenant that has some of a scope's money, or waits for some. */
export interface Sharer {
  readonly tenant: Tenant;
  readonly weight: number;
  /** Held, capacity still provisioning included, and spent. */
  readonly usedMicroUsd: number;
  /** What it asks or waits for; 0: nothing. */
  readonly wantsMicroUsd: number;
}

/** Why a tenant must let others go first. */
export interface Yielding {
  readonly tenant: string;
  readonly scope: string;
  readonly capMicroUsd: number;
  readonly usedMicroUsd: number;
  readonly wantsMicroUsd: number;
  /** Tenants that wait beside it. */
  readonly waiting: number;
  readonly shareMicroUsd: number;
}

/** What a scope has, apart from whose it is. */
export interface ScopeMoney {
  readonly scope: string;
  readonly capMicroUsd: number;
  readonly availableMicroUsd: number;
  readonly heldMicroUsd: number;
}

/** What is a tenant's by its weight: those with least come first. */
export const levelOf = ({ usedMicroUsd, weight }: Pick<Sharer, 'usedMicroUsd' | 'weight'>) =>
  usedMicroUsd / weight;

const demandOf = ({ usedMicroUsd, wantsMicroUsd }: Sharer): number => usedMicroUsd + wantsMicroUsd;

/**
 * The share of each tenant in the order given, whole micro-USD; together the capacity, or all demands if those are
 * less. Exact up to 9 million US dollars.
 */
export function sharesOf(capacityMicroUsd: number, sharers: readonly Sharer[]): number[] {
  const places = [...sharers.entries()].sort(
    ([, a], [, b]) => demandOf(a) / a.weight - demandOf(b) / b.weight,
  );
  const shares = sharers.map(() => 0);
  let left = Math.max(0, capacityMicroUsd);
  let weights = sharers.reduce((sum, { weight }) => sum + weight, 0);
  for (const [place, sharer] of places) {
    const share = Math.min(demandOf(sharer), Math.floor((left * sharer.weight) / weights));
    shares[place] = share;
    left -= share;
    weights -= sharer.weight;
  }
  return shares;
}

/**
 * Whether a tenant that asks for money must let others go first.
 *
 * @param others - Those that have some of the scope's money or wait for some. A demand that even all holds given
 *   back would not meet makes nobody yield.
 * @returns undefined where it may go on, as far as shares are concerned: the cap itself is not judged here.
 */
export function yieldingOf(
  asks: Sharer,
  others: readonly Sharer[],
  money: ScopeMoney,
): Yielding | undefined {
  const { availableMicroUsd: available, heldMicroUsd } = money;
  if (asks.wantsMicroUsd > available) return undefined;
  const present = others.map((other) =>
    other.wantsMicroUsd <= available + heldMicroUsd ? other : { ...other, wantsMicroUsd: 0 },
  );
  const waiting = present.filter(({ wantsMicroUsd }) => wantsMicroUsd > 0);
  const all = [asks, ...present];
  const capacity = all.reduce((sum, { usedMicroUsd }) => sum + usedMicroUsd, available);
  const [shareMicroUsd = 0] = sharesOf(capacity, all);
  if (demandOf(asks) <= shareMicroUsd) return undefined;
  const ahead = waiting.filter((other) => levelOf(other) < levelOf(asks));
  const needed = ahead.reduce((sum, { wantsMicroUsd }) => sum + wantsMicroUsd, 0);
  if (asks.wantsMicroUsd + needed <= available) return undefined;
  const { tenant, usedMicroUsd, wantsMicroUsd } = asks;
  const { scope, capMicroUsd } = money;
  const stands = { tenant, scope, capMicroUsd, usedMicroUsd, wantsMicroUsd };
  return { ...stands, waiting: waiting.length, shareMicroUsd };
}

/** As it is kept with whatever was refused, and said to people. */
export const yieldingInWords = (yields: Yielding): string =>
  `fair-share: tenant ${yields.tenant} has ${usdOf(yields.usedMicroUsd)} USD of the ${usdOf(yields.capMicroUsd)} USD ${yields.scope} cap and asks for ${usdOf(yields.wantsMicroUsd)}; its share beside ${yields.waiting} waiting ${yields.waiting === 1 ? 'tenant' : 'tenants'} is ${usdOf(yields.shareMicroUsd)} USD`;

const WORDS =
  /fair-share: (?<why>tenant \S+ has (?<hasUsd>\S+) USD of the (?<capUsd>\S+) USD (?<scope>\S+) cap and asks for (?<asksUsd>[\d.e-]+); its share beside (?<waiting>\d+) waiting tenants? is (?<shareUsd>\S+) USD)/;

/** What `yieldingInWords` has said somewhere in a text, with its numbers; undefined: it has not. */
export function yieldingIn(text: string) {
  const { why, scope, ...amounts } = WORDS.exec(text)?.groups ?? {};
  if (why === undefined) return undefined;
  const numbers = Object.entries(amounts).map(([name, amount]) => [name, Number(amount)] as const);
  return { why, facts: { scope, ...Object.fromEntries(numbers) } };
}
