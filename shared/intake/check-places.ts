import { allowedCountries, COMPLIANCE, type PlaceRules } from '../model/compliance.ts';
import { type Refusal, refusal } from './refusal.ts';

/**
 * Why no country is left for a task: its tags contradict each other, its locations lie outside them, or
 * this deployment rents nowhere that both allow. The refusal says what would work; nothing is widened.
 *
 * Where the provider has machines free at the moment plays no part: capacity comes and goes, so a task that
 * finds none waits, and `explain` says for what.
 *
 * @param byDeployment - Countries this deployment rents in; absent: any, or not known (in a client).
 */
export function placeMisfit(
  rules: PlaceRules,
  byDeployment?: readonly string[],
): Refusal | undefined {
  const { locations, compliance } = rules;
  if (allowedCountries(rules, byDeployment)?.length !== 0) return undefined;
  const tags = compliance?.join(' and ');
  const byTags = allowedCountries({ compliance });
  if (byTags?.length === 0) {
    return refusal('E_COMPLIANCE', 'compliance', `${tags} have no country in common; keep one`);
  }
  const byTask = allowedCountries(rules);
  if (byTags !== undefined && byTask?.length === 0) {
    const reason = `none of the locations (${listed(locations)}) lies in ${tags}; give some of ${listed(byTags)}, or leave locations out`;
    return refusal('E_COMPLIANCE', 'compliance', reason);
  }
  const here = `this deployment rents in ${listed(byDeployment)} only, and the task allows ${listed(byTask)}`;
  if (tags === undefined) {
    return refusal(
      'E_LOCATION',
      'locations',
      `${here}; give one of the former, or leave locations out`,
    );
  }
  const usable = [...COMPLIANCE.keys()].filter(
    (tag) => allowedCountries({ compliance: [tag] }, byDeployment)?.length !== 0,
  );
  const instead =
    usable.length === 0 ? 'no tag works here' : `tags that work here: ${usable.join(', ')}`;
  return refusal('E_COMPLIANCE', 'compliance', `${here}; ${instead}`);
}

const MOST_LISTED = 40;

const listed = (countries: readonly string[] = []): string =>
  countries.length <= MOST_LISTED
    ? countries.join(', ')
    : `${countries.slice(0, MOST_LISTED).join(', ')} and ${countries.length - MOST_LISTED} more`;
