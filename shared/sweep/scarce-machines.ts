import { GPU_MODELS, gpuMeets } from '../model/gpu.ts';
import type { ProfileId } from '../model/ids.ts';
import type { ProfileRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, secondsBetween } from '../model/time.ts';

/** After the pause that a refusal for want of machines brings, they are called scarce for so long. */
const SCARCE_SECONDS = 600;

/**
 * Profiles that open no burst in this pass of the sweep, and why: machines that would do for them were refused to a
 * tenant that has fewer GPUs for its weight, and it is about to ask again. GPUs of bursts that are planned or
 * provisioning count. Whoever asks has the first look at what there is; a minute later the next ones follow, so nobody
 * waits longer than it takes those below it to ask once each.
 *
 * @param profiles - Those of every tenant that the pass will look at.
 */
export function yieldingProfiles(
  profiles: readonly ProfileRow[],
  { tenantWeights }: Pick<Settings, 'tenantWeights'>,
  now: Instant,
): ReadonlyMap<ProfileId, string> {
  const gpus = new Map<string, number>();
  for (const { requirement, bursts } of profiles) {
    const slots = bursts.reduce((sum, burst) => sum + burst.slots, 0);
    const before = gpus.get(requirement.tenant) ?? 0;
    gpus.set(requirement.tenant, before + slots * requirement.need.gpus);
  }
  const gpusOf = ({ requirement }: ProfileRow): number => gpus.get(requirement.tenant) ?? 0;
  const levelOf = (profile: ProfileRow): number =>
    gpusOf(profile) / (tenantWeights[profile.requirement.tenant] ?? 1);
  const asking = profiles.filter((profile) => asksAgain(profile, now));
  const yields = new Map<ProfileId, string>();
  for (const profile of profiles) {
    const ahead = asking.filter(
      (other) => levelOf(other) < levelOf(profile) && compete(other, profile),
    );
    if (ahead.length === 0) continue;
    const tenants = new Set(ahead.map(({ requirement }) => requirement.tenant)).size;
    const reason = `fair-share: tenant ${profile.requirement.tenant} has ${gpusOf(profile)} GPUs; ${tenants} with fewer for their weight could not get any and ask first`;
    yields.set(profile.profile, reason);
  }
  return yields;
}

/** Its last burst found no machine, its pause is just over, and none was opened since. */
function asksAgain(profile: ProfileRow, now: Instant): boolean {
  const { cooldownReason, cooldownUntil, oldestOpen, bursts } = profile;
  if (oldestOpen === undefined || cooldownUntil === undefined) return false;
  const sinceSeconds = secondsBetween(cooldownUntil, now);
  return (
    cooldownReason?.startsWith('CapacityUnavailable') === true &&
    sinceSeconds >= 0 &&
    sinceSeconds < SCARCE_SECONDS &&
    bursts.every(({ openedAt }) => openedAt < cooldownUntil)
  );
}

/** Whether one machine may do for both. */
const compete = ({ requirement: a }: ProfileRow, { requirement: b }: ProfileRow): boolean =>
  (a.locations?.some((location) => b.locations?.includes(location) ?? true) ?? true) &&
  GPU_MODELS.some((model) => gpuMeets(a.need, model) && gpuMeets(b.need, model));
