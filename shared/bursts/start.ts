import type { BurstDocument } from '../model/burst.ts';
import { sha256Of } from '../model/digest.ts';
import { BurstId, executionName } from '../model/ids.ts';
import type { LeaseRow, ProfileRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import type { Bursts } from '../ports.ts';
import { lookUntil } from './drive.ts';

/** The burst that a profile opens at a certain `seq`: the same opening always has the same name. */
export const burstIdOf = (profile: ProfileRow, seq: number, { stackName }: Settings): BurstId =>
  BurstId.parse(
    `${stackName}-${sha256Of(`${profile.requirement.tenant}/${profile.profile}/${seq}`).slice(0, 12)}`,
  );

/**
 * Starts the execution that is a segment of a burst. Its name and its input are functions of the lease, so
 * a repeat is the same execution and never a second one.
 */
export const startSegment = (
  bursts: Bursts,
  lease: LeaseRow,
  settings: Settings,
): Promise<'started' | 'already-there'> => {
  const input: BurstDocument = {
    v: 1,
    burstId: lease.burstId,
    segment: lease.segment,
    leaseFence: lease.leaseFence,
    quietLooks: 0,
    failedLooks: 0,
    lookUntil: lookUntil(lease, settings),
  };
  return bursts.start(executionName(lease.burstId, lease.segment), input);
};
