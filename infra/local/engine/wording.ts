import type * as z from 'zod';

/** What a schema expects, as a person would say it. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

/**
 * Words a fault of shape for the person who wrote the JSON, to be read after the field's name.
 * Schemas that bring their own sentence keep it.
 */
export const plainWording: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined) return 'is missing';
  switch (issue.code) {
    case 'invalid_type':
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}`;
    case 'invalid_format':
      return issue.format === 'datetime'
        ? 'must be an instant such as 2026-01-01T00:00:00Z'
        : undefined;
    case 'too_small':
      return isNumeric(issue.origin) ? `must be ${issue.minimum} or more` : 'must not be empty';
    case 'too_big':
      return isNumeric(issue.origin) ? `must be ${issue.maximum} or less` : 'is too long';
    case 'invalid_union':
      return wordingOfUnion(issue);
    default:
      return undefined;
  }
};

const isNumeric = (origin: string): boolean => origin === 'number' || origin === 'int';

function wordingOfUnion(issue: z.core.$ZodRawIssue<z.core.$ZodIssueInvalidUnion>) {
  if (issue.discriminator === undefined) {
    const alternatives = (issue.errors ?? []).map(([first]) => first?.message ?? '');
    return [...new Set(alternatives)].filter((text) => text !== '').join(', or ');
  }
  const given = Object(issue.input)[issue.discriminator];
  return given === undefined
    ? 'is missing'
    : `${JSON.stringify(given)} is not a state type of the language`;
}
