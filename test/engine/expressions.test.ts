import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createExpressions, type Expressions } from '../../infra/local/engine/expressions.ts';
import { aTask, evaluating, machineOf, returns, runToEnd, STARTED_AT, token } from './machine.ts';

const resultOf = async (expression: string, input: unknown = {}) => {
  const { output } = await runToEnd(evaluating(expression), {}, { input });
  return output;
};
const value = (of: unknown) => ({ value: of });

describe('AWS functions', () => {
  it.each([
    ['$partition([1,2,3,4,5], 2)', [[1, 2], [3, 4], [5]]],
    ['$partition([1,2], 5)', [[1, 2]]],
    ['$range(0, 10, 2)', [0, 2, 4, 6, 8, 10]],
    ['$range(0, 9, 2)', [0, 2, 4, 6, 8]],
    ['$range(3, 1, -1)', [3, 2, 1]],
    ['$range(-1.7, 2.9, 1)', [-1, 0, 1, 2]],
    ['$range(3, 3, 1)', 3],
    ['$count($range(1, 360145, 1))', 360_145],
    ['$exists($range(1, 3, -1))', false],
    ['$exists($partition([], 2))', false],
    ['$partition([1, 2, 3], 2.9)', [[1, 2], [3]]],
    ["$hash('abc', 'MD5')", '900150983cd24fb0d6963f7d28e17f72'],
    ["$hash('abc', 'SHA-1')", 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ["$hash('abc', 'SHA-256')", 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ["$length($hash('abc', 'SHA-384'))", 96],
    ["$length($hash('abc', 'SHA-512'))", 128],
    [`$parse('{"a":[1]}').a`, [1]],
    ['$uuid()', 'uuid-0'],
    ['$random()', 0.5],
    ['$random(7) = $random(7)', true],
    ['$random(7) = $random(8)', false],
    ['$shuffle([1, 2, 3])', [1, 3, 2]],
  ])('%s is %j', async (expression, expected) => {
    expect(await resultOf(expression)).toEqual(value(expected));
  });

  it.each([
    ['$range(1, 360146, 1)'],
    ['$range(1, 2, 0)'],
    ['$range(1, 2)'],
    ['$partition([1], 0)'],
    ["$hash('abc', 'SHA-3')"],
    ["$hash('abc')"],
    ["$parse('{')"],
  ])('%s is a query error', async (expression) => {
    expect((await runToEnd(evaluating(expression))).error).toBe('States.QueryEvaluationError');
  });
});

describe('time in expressions', () => {
  it.each([
    ['$now()', STARTED_AT],
    ["$now('[Y0001]-[M01]')", '2026-01'],
    ['$millis()', Date.parse(STARTED_AT)],
    ["$toMillis('1970-01-01T00:00:01Z')", 1000],
    ["$fromMillis($toMillis('08:30', '[H01]:[m01]'))", '2026-01-01T08:30:00.000Z'],
  ])('%s reads the clock of the engine', async (expression, expected) => {
    expect(await resultOf(expression)).toEqual(value(expected));
  });

  it('moves with the clock', async () => {
    const machine = machineOf({
      W: { Type: 'Wait', Seconds: 61, Next: 'P' },
      P: { Type: 'Pass', Output: '{% $now() %}', End: true },
    });
    expect((await runToEnd(machine)).output).toBe('2026-01-01T00:01:01.000Z');
  });
});

describe('a field that has no value', () => {
  it.each([
    ['a missing member', '$states.input.missing'],
    ['an empty path into an array', '$states.input.list.missing'],
    ['an error thrown', "$error('no')"],
    ['a type error', "1 + 'a'"],
    ['a function', '$sum'],
    ['a lambda', 'function($x) { $x }'],
    ['a function inside', "{'f': [$sum]}"],
    ['a number out of range', '1/0'],
    ['a number out of range inside', '[1/0]'],
  ])('is a query error: %s', async (_name, expression) => {
    const machine = machineOf({
      P: { Type: 'Pass', Output: { deep: [`{% ${expression} %}`] }, End: true },
    });
    const outcome = await runToEnd(machine, {}, { input: { list: [{}] } });
    expect(outcome.error).toBe('States.QueryEvaluationError');
    expect(outcome.cause).toContain("state 'P' (entered at the event id #2)");
    expect(outcome.events.at(-2)).toMatchObject({
      type: 'EvaluationFailed',
      evaluationFailedEventDetails: { state: 'P', location: 'Output/deep[0]' },
    });
  });
});

describe('plain paths', () => {
  it.each([
    ['through objects', '$states.input.a.b', { a: { b: 1 } }, 1],
    ['to an array', '$states.input.a', { a: [1] }, [1]],
    [
      'through an array, which JSONata maps',
      '$states.input.a.b',
      { a: [{ b: 1 }, { b: 2 }] },
      [1, 2],
    ],
    ['through an array of one, which JSONata unwraps', '$states.input.a.b', { a: [{ b: 1 }] }, 1],
    ['to null', '$states.input.a', { a: null }, null],
    ['to a name of every object', '$exists($states.input.toString)', {}, false],
  ])('follow JSONata %s', async (_name, expression, input, expected) => {
    expect(await resultOf(expression, input)).toEqual(value(expected));
  });
});

describe('a plain path over any data', () => {
  const key = fc.constantFrom('a', 'b', 'toString');
  const { data } = fc.letrec((tie) => ({
    data: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom(0, '', false, null, 'text'),
      fc.array(tie('data'), { maxLength: 2 }),
      fc.dictionary(key, tie('data'), { maxKeys: 3 }),
    ),
  }));
  const attempt = async (expressions: Expressions, expression: string, input: unknown) => {
    try {
      const value = await expressions.evaluate(`{% ${expression} %}`, { input }, 'Output');
      return JSON.stringify(value);
    } catch {
      return 'failed';
    }
  };

  it('has the value the library gives it', async () => {
    const expressions = createExpressions({ now: () => 0, random: () => 0, uuid: () => '' });
    await fc.assert(
      fc.asyncProperty(data, fc.array(key, { maxLength: 3 }), async (input, keys) => {
        const path = ['$input', ...keys].join('.');
        const read = await attempt(expressions, path, input);
        expect(read).toBe(await attempt(expressions, `(${path})`, input));
      }),
      { numRuns: 500 },
    );
  });
});

describe('$states', () => {
  it('holds the context of the execution, the machine and the state', async () => {
    const machine = machineOf({
      W: { Type: 'Wait', Seconds: 5, Next: 'P' },
      P: { Type: 'Pass', Output: '{% $states.context %}', End: true },
    });
    const { output } = await runToEnd(machine, {}, { input: { a: 1 } });
    expect(output).toEqual({
      Execution: {
        Id: 'arn:aws:states:us-east-1:000000000000:execution:machine:run',
        Input: { a: 1 },
        Name: 'run',
        RedriveCount: 0,
        RoleArn: 'arn:aws:iam::000000000000:role/machine',
        StartTime: STARTED_AT,
      },
      State: { EnteredTime: '2026-01-01T00:00:05.000Z', Name: 'P' },
      StateMachine: {
        Id: 'arn:aws:states:us-east-1:000000000000:stateMachine:machine',
        Name: 'machine',
      },
    });
  });

  it('holds the result in Output and Assign of a Task, beside its input', async () => {
    const machine = machineOf({
      T: aTask('f', {
        Assign: { seen: '{% $states.result.Payload %}' },
        Output: '{% [$states.input.n, $states.result.StatusCode] %}',
        End: undefined,
        Next: 'P',
      }),
      P: { Type: 'Pass', Output: '{% [$seen, $states.input] %}', End: true },
    });
    const { output } = await runToEnd(machine, { f: returns('r') }, { input: { n: 1 } });
    expect(output).toEqual(['r', 1, 200]);
  });
});

describe('substitutions', () => {
  it('replace tokens everywhere in the definition', async () => {
    const machine = machineOf({ T: aTask(token('plan')) });
    const { calls } = await runToEnd(
      machine,
      { 'burst-plan': returns(1) },
      { substitutions: { plan: 'burst-plan' } },
    );
    expect([...calls.keys()]).toEqual(['burst-plan']);
  });

  it('leave tokens as they are when none are given', async () => {
    const { calls } = await runToEnd(machineOf({ T: aTask(token('plan')) }));
    expect([...calls.keys()]).toEqual([token('plan')]);
  });
});
