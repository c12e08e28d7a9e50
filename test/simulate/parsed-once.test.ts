import fc from 'fast-check';
import { beforeEach, expect, it } from 'vitest';
import * as z from 'zod';
import { forgetRows, parsedOnce } from '../../infra/simulate/parsed-once.ts';

const Schema = z.looseObject({
  pk: z.string(),
  sk: z.string(),
  n: z.int().nonnegative(),
  list: z.array(z.string()).default([]),
  late: z.string().optional(),
});

const row = fc.record(
  {
    pk: fc.constantFrom('a', 'b'),
    sk: fc.constant('#'),
    n: fc.nat(3),
    list: fc.array(fc.constantFrom('x', 'y'), { maxLength: 2 }),
    late: fc.constantFrom('soon', 'later'),
    strange: fc.nat(2),
  },
  { requiredKeys: ['pk', 'sk', 'n'] },
);

beforeEach(forgetRows);

it('gives what parsing the whole row gives, whatever changed since the last version', () => {
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), (versions) => {
      forgetRows();
      for (const version of versions) {
        expect(parsedOnce(Schema, version)).toEqual(Schema.parse(version));
      }
    }),
  );
});

it('refuses a field that went wrong', () => {
  const first = { pk: 'a', sk: '#', n: 1 };
  parsedOnce(Schema, first);
  expect(() => parsedOnce(Schema, { ...first, n: -1 })).toThrow(z.ZodError);
  expect(() => parsedOnce(Schema, { pk: 'a', sk: '#' })).toThrow(z.ZodError);
});
