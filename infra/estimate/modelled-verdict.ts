import type { Verdict } from '../../shared/kinds/kind.ts';
import { sha256Of } from '../../shared/model/digest.ts';

const DIGEST = sha256Of('what every modelled worker delivers');

/**
 * What stands in an estimate for the verifier of every kind: its workers do no work, so there is nothing to look at.
 * Who must agree with whom stays as it is, because it is paid for.
 *
 * @param workers - Different workers that must do the task.
 * @param inSample - Whether they must do this one.
 */
export const modelledVerdict = (workers: number, inSample = true): Verdict =>
  workers > 1 && inSample
    ? { verified: 'vote', digest: DIGEST, votes: workers, verifiedBy: 'modelled' }
    : { verified: true, verifiedBy: 'modelled' };
