import type { ProfileId, Tenant } from '../model/ids.ts';
import { type LiveBurst, ProfileRow, type Requirement } from '../model/rows.ts';
import type { Instant } from '../model/time.ts';
import type { Ledger } from '../ports.ts';
import { profileKey } from './keys.ts';
import { assignments, type Change, changeRow, createRow, readRow } from './rows.ts';

export const readProfile = (ledger: Ledger, tenant: Tenant, profile: ProfileId) =>
  readRow(ledger, profileKey(tenant, profile), ProfileRow);

/** Makes sure the profile has a row, and returns it. */
export async function ensureProfile(
  ledger: Ledger,
  profile: ProfileId,
  requirement: Requirement,
): Promise<ProfileRow> {
  const key = profileKey(requirement.tenant, profile);
  const present = await readRow(ledger, key, ProfileRow);
  if (present !== undefined) return present;
  const created = await createRow(ledger, ProfileRow, key, {
    v: 1,
    profile,
    requirement,
    seq: 0,
    bursts: [],
    strikes: 0,
  });
  if (created.row === undefined)
    throw new Error(`profile ${profile} vanished while it was created`);
  return created.row;
}

/** What one compare-and-set on a profile may change. `null` removes. */
export interface ProfileChange {
  readonly bursts?: readonly LiveBurst[];
  readonly oldestOpen?: ProfileRow['oldestOpen'] | null;
  readonly cooldownUntil?: Instant | null;
  readonly cooldownReason?: string | null;
  readonly strikes?: number;
  readonly hedged?: ProfileRow['hedged'];
  /** When the sweep should look next; null: there is nothing to look after; absent: as it was. */
  readonly dueAt?: Instant | null;
}

/** One compare-and-set on `seq`. Refused: something happened since `seen` was read. */
export const changeProfile = (
  ledger: Ledger,
  seen: ProfileRow,
  change: ProfileChange,
): Promise<Change<ProfileRow>> => {
  const { dueAt, ...fields } = change;
  const due = dueAt === undefined ? {} : { dueOf: dueAt === null ? null : 'profile', dueAt };
  const all = { ...fields, ...due };
  return changeRow(ledger, ProfileRow, {
    key: profileKey(seen.requirement.tenant, seen.profile),
    when: [{ is: 'equal', path: 'seq', value: seen.seq }],
    set: [
      ['seq', seen.seq + 1],
      ...assignments(Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null))),
    ],
    remove: Object.entries(all).flatMap(([name, value]) => (value === null ? [name] : [])),
  });
};

/** Attempts of a compare-and-set loop before it gives up and lets its caller be repeated. */
const MAX_ROUNDS = 20;

/**
 * Repeats a compare-and-set until it holds. `decide` sees the row as it is now; returning undefined
 * leaves it alone.
 */
export async function updateProfile(
  ledger: Ledger,
  first: ProfileRow,
  decide: (seen: ProfileRow) => ProfileChange | undefined | Promise<ProfileChange | undefined>,
): Promise<ProfileRow> {
  let seen = first;
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const change = await decide(seen);
    if (change === undefined) return seen;
    const outcome = await changeProfile(ledger, seen, change);
    if (outcome.row === undefined) throw new Error(`profile ${seen.profile} vanished`);
    if (outcome.done) return outcome.row;
    seen = outcome.row;
  }
  throw new Error(
    `profile ${first.profile} changed ${MAX_ROUNDS} times while it was being updated`,
  );
}
