import fc from 'fast-check';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { rememberedResults } from '../../infra/local/engine/expression-memory.ts';
import { createExpressions } from '../../infra/local/engine/expressions.ts';

const memoryOf = (text: string) => rememberedResults(jsonata(text));
const bindings = (input: object, events = 1) => ({ events, states: { input } });

describe('what an expression may be remembered by', () => {
  it.each([
    "$states.input.next = 'run' and $events >= 14000",
    '$events + 11 + 3 * $states.input.failedLooks',
    "$states.input.failedIn in ['Settle', 'Close burst']",
    '$power(2, $min([10, $states.input.failedLooks]))',
    '32 * ($states.input.failedLooks + 1)',
  ])('is the plain values it reads: %s', (text) => {
    const memory = memoryOf(text);
    const seen = { next: 'run', failedIn: 'Settle', failedLooks: 2 };
    const key = memory?.keyOf(bindings(seen));
    expect(key).toBeDefined();
    expect(memory?.keyOf(bindings({ ...seen, other: 'thing' }))).toBe(key);
    const changed = { next: 'wait', failedIn: 'Run jobs', failedLooks: 3 };
    expect(memory?.keyOf(bindings(changed, 2))).not.toBe(key);
  });

  it.each([
    '$random()',
    '$millis() > 5',
    '$uuid()',
    '$states.input[0]',
    '($a := 1; $a)',
    '$map([1, 2], function($n) { $n })',
    "$merge([$states.input, {'a': 1}])",
    '$states.input.*',
  ])('is nothing for what time, chance or data decide: %s', (text) => {
    expect(memoryOf(text)).toBeUndefined();
  });

  it('is nothing when it reads more than a plain value', () => {
    expect(memoryOf('$states.input.failure')?.keyOf(bindings({ failure: {} }))).toBeUndefined();
    expect(memoryOf('$states.input.a.b')?.keyOf(bindings({ a: [{ b: 1 }] }))).toBeUndefined();
  });
});

it('gives what the library gives, the second time too', async () => {
  const text = "{% $states.input.next = 'a' and $events + $states.input.n > 3 %}";
  const expressions = createExpressions({ now: () => 0, random: () => 0, uuid: () => '' });
  const direct = jsonata(text.slice(2, -2));
  const value = fc.record({
    next: fc.constantFrom('a', 'b', '1', 1, true),
    n: fc.integer({ min: 0, max: 3 }),
  });
  await fc.assert(
    fc.asyncProperty(value, fc.integer({ min: 0, max: 3 }), async (input, events) => {
      const given = bindings(input, events);
      const expected: unknown = await direct.evaluate(undefined, given);
      expect(await expressions.evaluate(text, given, 'Condition')).toBe(expected);
      expect(await expressions.evaluate(text, given, 'Condition')).toBe(expected);
    }),
  );
});
