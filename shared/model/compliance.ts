/**
 * Member states of the European Union, as the Union lists them since 31 January 2020. Territories with a
 * country code of their own (GF, RE, GL, ...) are left out: a rule that is too narrow breaks none.
 */
const EU = [
  ...['AT', 'BE', 'BG', 'CY', 'CZ', 'DE', 'DK', 'EE', 'ES', 'FI', 'FR', 'GR', 'HR', 'HU'],
  ...['IE', 'IT', 'LT', 'LU', 'LV', 'MT', 'NL', 'PL', 'PT', 'RO', 'SE', 'SI', 'SK'],
];

/** The European Economic Area: the Union with the three EFTA states of the EEA Agreement. */
const EEA = [...EU, 'IS', 'LI', 'NO'].sort();

/**
 * Countries (ISO 3166-1 alpha-2, sorted) a task with the tag may run in. A tag says where, and nothing else:
 * it certifies neither the provider nor the machine nor what the task does with data.
 */
export const COMPLIANCE: ReadonlyMap<string, readonly string[]> = new Map([
  /** Where the General Data Protection Regulation is law: Regulation (EU) 2016/679, EEA Joint Committee Decision 154/2018. */
  ['GDPR', EEA],
  ['EEA', EEA],
  ['EU', EU],
  /** Where its British version is law: Data Protection Act 2018. */
  ['UK-GDPR', ['GB']],
]);

/** What a task says about places; absent: any. */
export interface PlaceRules {
  readonly locations?: readonly string[] | undefined;
  readonly compliance?: readonly string[] | undefined;
}

/**
 * Countries that all rules allow at once, sorted: the task's locations, each of its tags, and what the
 * deployment allows. Undefined: nobody restricts them. Empty: the rules contradict each other.
 */
export function allowedCountries(
  { locations, compliance = [] }: PlaceRules,
  byDeployment?: readonly string[],
): string[] | undefined {
  const tags = compliance.map((tag) => COMPLIANCE.get(tag) ?? []);
  const rules = [locations, byDeployment, ...tags].filter((rule) => rule !== undefined);
  const [first, ...others] = rules;
  if (first === undefined) return undefined;
  return [...new Set(first)]
    .filter((country) => others.every((rule) => rule.includes(country)))
    .sort();
}
