import type { Sha256 } from '../model/ids.ts';
import type { VoteRow } from '../model/rows.ts';

export type Tally =
  /** As many as are needed delivered the same. `deciding` is the vote that made it so. */
  | {
      readonly is: 'decided';
      readonly digest: Sha256;
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
 * @param votes - In the order they were cast, one per worker: the first result that gets `needed` of them wins.
 * @param mostDissent - Votes beside the largest group at which the task is given up.
 */
export function tally(votes: readonly VoteRow[], needed: number, mostDissent: number): Tally {
  const groups = new Map<Sha256, VoteRow[]>();
  for (const vote of votes) {
    const group = [...(groups.get(vote.digest) ?? []), vote];
    groups.set(vote.digest, group);
    if (group.length < needed) continue;
    return {
      is: 'decided',
      digest: vote.digest,
      deciding: vote,
      agreeing: votes.filter(({ digest }) => digest === vote.digest),
      dissenting: votes.filter(({ digest }) => digest !== vote.digest),
    };
  }
  const largest = Math.max(0, ...[...groups.values()].map(({ length }) => length));
  return votes.length - largest >= mostDissent
    ? { is: 'hopeless', votes: votes.length, results: groups.size }
    : { is: 'open' };
}
