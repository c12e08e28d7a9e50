import type { Sha256 } from '../model/ids.ts';
import type { VoteRow } from '../model/rows.ts';

export type Tally =
  /** As many as are needed delivered the same. `deciding` is the vote that made it so, `digest` the first result. */
  | {
      readonly is: 'decided';
      readonly digest: Sha256;
      readonly likeness: string | undefined;
      readonly deciding: VoteRow;
      readonly agreeing: readonly VoteRow[];
      readonly dissenting: readonly VoteRow[];
    }
  /** Too many differ: no further worker is paid for. */
  | { readonly is: 'hopeless'; readonly votes: number; readonly results: number }
  | { readonly is: 'open' };

/**
 * What the votes of different workers come to.
 *
 * A vote belongs to the first earlier one that is like it: what is alike is measured from one result, so that a row
 * of small steps does not lead to another picture.
 *
 * @param votes - In the order they were cast, one per worker: the first result that gets `needed` of them wins.
 * @param mostDissent - Votes beside the largest group at which the task is given up.
 * @param mostBits - Bits in which what looks alike may differ; undefined: only equal results count together.
 */
export function tally(
  votes: readonly VoteRow[],
  needed: number,
  mostDissent: number,
  mostBits?: number,
): Tally {
  const groups: { readonly first: VoteRow; readonly agreeing: VoteRow[] }[] = [];
  for (const vote of votes) {
    const known = groups.find(({ first }) => isAlike(first, vote, mostBits));
    const group = known ?? { first: vote, agreeing: [] };
    if (known === undefined) groups.push(group);
    group.agreeing.push(vote);
    if (group.agreeing.length < needed) continue;
    const agrees = (one: VoteRow) => isAlike(group.first, one, mostBits);
    return {
      is: 'decided',
      digest: group.first.digest,
      likeness: group.first.likeness,
      deciding: vote,
      agreeing: votes.filter(agrees),
      dissenting: votes.filter((one) => !agrees(one)),
    };
  }
  const largest = Math.max(0, ...groups.map(({ agreeing }) => agreeing.length));
  return votes.length - largest >= mostDissent
    ? { is: 'hopeless', votes: votes.length, results: groups.length }
    : { is: 'open' };
}

/** What tells one result from another. */
type Result = Pick<VoteRow, 'digest' | 'likeness'>;

/** Whether two results count as the same: equal bytes, or hashes of their looks that differ in few bits. */
export const isAlike = (a: Result, b: Result, mostBits: number | undefined): boolean =>
  a.digest === b.digest ||
  (mostBits !== undefined &&
    a.likeness !== undefined &&
    b.likeness !== undefined &&
    differentBits(a.likeness, b.likeness) <= mostBits);

/** Hamming distance of two hashes in hexadecimal. */
function differentBits(a: string, b: string): number {
  let different = BigInt(`0x${a}`) ^ BigInt(`0x${b}`);
  let bits = 0;
  for (; different > 0n; different &= different - 1n) bits += 1;
  return bits;
}
