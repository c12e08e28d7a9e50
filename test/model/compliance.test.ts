import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowedCountries, COMPLIANCE } from '../../shared/model/compliance.ts';

const TAGS = [...COMPLIANCE.keys()];

describe('a compliance tag', () => {
  it.each([
    ['EU', 27],
    ['EEA', 30],
    ['GDPR', 30],
    ['UK-GDPR', 1],
  ])('%s is %i countries, sorted, each once', (tag, count) => {
    const countries = COMPLIANCE.get(tag) ?? [];
    expect(countries).toHaveLength(count);
    expect(countries).toEqual([...new Set(countries)].sort());
    for (const country of countries) expect(country).toMatch(/^[A-Z]{2}$/);
  });

  it.each([
    ['GDPR', 'DE', true],
    ['GDPR', 'NO', true],
    ['GDPR', 'GB', false],
    ['GDPR', 'CH', false],
    ['GDPR', 'US', false],
    ['EU', 'NO', false],
    ['EU', 'GR', true],
    ['UK-GDPR', 'GB', true],
    ['UK-GDPR', 'IE', false],
  ])('%s allows %s: %s', (tag, country, allows) => {
    expect(allowedCountries({ compliance: [tag] })?.includes(country)).toBe(allows);
  });
});

describe('the countries a task may run in', () => {
  it.each([
    ['nobody restricts them', {}, undefined, undefined],
    ['the task does', { locations: ['US', 'DE', 'US'] }, undefined, ['DE', 'US']],
    ['the deployment does', {}, ['US', 'DE'], ['DE', 'US']],
    ['both do', { locations: ['US', 'FI'] }, ['DE', 'US'], ['US']],
    ['a tag does too', { locations: ['US', 'FI'], compliance: ['GDPR'] }, ['FI', 'US'], ['FI']],
    ['two tags do', { compliance: ['GDPR', 'EU'] }, ['NO', 'SE'], ['SE']],
    ['they contradict each other', { locations: ['US'], compliance: ['EU'] }, undefined, []],
    ['nobody knows the tag', { compliance: ['nonesuch'] }, undefined, []],
  ])('where %s', (_who, rules, byDeployment, countries) => {
    expect(allowedCountries(rules, byDeployment)).toEqual(countries);
  });

  it('are in every list that restricts them, whatever the order', () => {
    const country = fc.constantFrom('AT', 'DE', 'FI', 'GB', 'IS', 'US', 'JP');
    const some = fc.option(fc.uniqueArray(country, { minLength: 1 }), { nil: undefined });
    const tags = fc.option(fc.uniqueArray(fc.constantFrom(...TAGS)), { nil: undefined });
    fc.assert(
      fc.property(some, tags, some, (locations, compliance, byDeployment) => {
        const all = allowedCountries({ locations, compliance }, byDeployment);
        const lists = [
          locations,
          byDeployment,
          ...(compliance ?? []).map((tag) => COMPLIANCE.get(tag)),
        ];
        for (const list of lists)
          for (const one of all ?? []) expect(list?.includes(one) ?? true).toBe(true);
        const turned = { locations: locations?.toReversed(), compliance: compliance?.toReversed() };
        expect(allowedCountries(turned, byDeployment?.toReversed())).toEqual(all);
      }),
    );
  });
});
