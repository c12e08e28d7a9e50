import { describe, expect, it } from 'vitest';
import type { Problem } from '../../infra/local/engine/definition.ts';
import {
  DefinitionRefused,
  lintDefinition,
  loadDefinition,
} from '../../infra/local/engine/refusals.ts';
import { aTask, machineOf, token } from './machine.ts';

const pass = { Type: 'Pass', End: true };
const done = { Type: 'Succeed' };
const scope = (states: Record<string, object>) => ({
  StartAt: Object.keys(states)[0],
  States: states,
});
const lines = (problems: readonly Problem[]) =>
  problems.map(({ state, field, message }) => `${state ?? '-'} | ${field} | ${message}`);

describe('lintDefinition', () => {
  it('finds nothing in a machine of everything the engine runs', () => {
    const machine = machineOf(
      {
        Begin: { Type: 'Pass', Comment: 'c', Assign: { n: 0 }, Output: {}, Next: 'Work' },
        Work: aTask('f', {
          QueryLanguage: 'JSONata',
          TimeoutSeconds: '{% 1 + $n %}',
          Assign: { n: '{% $states.result.StatusCode %}' },
          Retry: [
            { ErrorEquals: ['A', 'States.Timeout'], IntervalSeconds: 2, MaxDelaySeconds: 2 },
            { ErrorEquals: ['States.ALL'], BackoffRate: 1.5, JitterStrategy: 'FULL' },
          ],
          Catch: [
            {
              ErrorEquals: ['States.ALL'],
              Assign: { e: '{% $states.errorOutput %}' },
              Next: 'Bad',
            },
          ],
          Next: 'Which',
        }),
        Which: {
          Type: 'Choice',
          Choices: [
            {
              Condition: '{% $n > 1 %}',
              Next: 'Both',
              Output: '{% $map([1], function($v) { $v }) %}',
            },
          ],
          Default: 'Pause',
        },
        Pause: { Type: 'Wait', Timestamp: '2026-01-01T00:00:00+01:00', Next: 'Which' },
        Both: {
          Type: 'Parallel',
          Branches: [scope({ X: pass }), scope({ Y: { Type: 'Wait', Seconds: 1, End: true } })],
          Next: 'Each',
        },
        Each: {
          Type: 'Map',
          Items: '{% [1..3] %}',
          ItemSelector: { i: '{% $states.context.Map.Item.Index %}' },
          MaxConcurrency: 40,
          ItemProcessor: { ...scope({ Z: done }), ProcessorConfig: { Mode: 'INLINE' } },
          Next: 'Done',
        },
        Done: { ...done, Output: '{% ($x := 1; $x + $n) %}' },
        Bad: { Type: 'Fail', Error: 'E', Cause: '{% $e.Cause %}' },
      },
      { Comment: 'c', Version: '1.0', TimeoutSeconds: 60 },
    );
    expect(lines(lintDefinition(machine))).toEqual([]);
  });

  const jsonPath = [
    'InputPath',
    'OutputPath',
    'ResultPath',
    'Parameters',
    'ResultSelector',
    'Result',
  ];
  it.each(jsonPath)('names the JSONPath field %s', (field) => {
    expect(lines(lintDefinition(machineOf({ A: { ...pass, [field]: '$' } })))).toEqual([
      `A | ${field} | is a JSONPath field; the engine runs JSONata only`,
    ]);
  });

  it.each<[string, object, string]>([
    [
      'a callback',
      { T: aTask('f', { Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken' }) },
      'T | Resource',
    ],
    [
      'a synchronous job',
      { T: aTask('f', { Resource: 'arn:aws:states:::ecs:runTask.sync' }) },
      'T | Resource',
    ],
    [
      'a bare function ARN',
      { T: aTask('f', { Resource: 'arn:aws:lambda:us-east-1:1:function:f' }) },
      'T | Resource',
    ],
    ['HeartbeatSeconds', { T: aTask('f', { HeartbeatSeconds: 5 }) }, 'T | HeartbeatSeconds'],
    ['Credentials', { T: aTask('f', { Credentials: {} }) }, 'T | Credentials'],
    ['an unknown field', { A: { ...pass, Nonsense: 1 } }, 'A | Nonsense'],
    [
      'an argument of another kind',
      { T: aTask('f', { Arguments: { FunctionName: 'f', InvocationType: 'Event' } }) },
      'T | Arguments',
    ],
    ['a Task without Arguments', { T: aTask('f', { Arguments: undefined }) }, 'T | Arguments'],
    ['a Task without Resource', { T: aTask('f', { Resource: undefined }) }, 'T | Resource'],
    [
      'Distributed Map',
      {
        M: {
          Type: 'Map',
          ItemProcessor: { ...scope({ Z: done }), ProcessorConfig: { Mode: 'DISTRIBUTED' } },
          End: true,
        },
      },
      'M | ItemProcessor/ProcessorConfig/Mode',
    ],
    [
      'ItemReader',
      { M: { Type: 'Map', ItemReader: {}, ItemProcessor: scope({ Z: done }), End: true } },
      'M | ItemReader',
    ],
    [
      'Iterator',
      {
        M: {
          Type: 'Map',
          Iterator: scope({ Z: done }),
          ItemProcessor: scope({ Y: done }),
          End: true,
        },
      },
      'M | Iterator',
    ],
    [
      'MaxConcurrency -1',
      { M: { Type: 'Map', MaxConcurrency: -1, ItemProcessor: scope({ Z: done }), End: true } },
      'M | MaxConcurrency | must be 0 or more',
    ],
    [
      'Arguments of a Parallel',
      { P: { Type: 'Parallel', Arguments: {}, Branches: [scope({ X: pass })], End: true } },
      'P | Arguments | is not implemented by this engine',
    ],
    [
      'Arguments of a Pass, which AWS does not know either',
      { A: { ...pass, Arguments: {} } },
      'A | Arguments | is not a field the engine knows here',
    ],
    [
      'ToleratedFailureCount',
      {
        M: {
          Type: 'Map',
          ToleratedFailureCount: 1,
          ItemProcessor: scope({ Z: done }),
          End: true,
        },
      },
      'M | ToleratedFailureCount | belongs to Distributed Map, which is not implemented by this engine',
    ],
    [
      'a JSONPath comparison',
      {
        A: {
          Type: 'Choice',
          Choices: [{ Condition: '{% true %}', StringEquals: 'x', Next: 'B' }],
        },
        B: done,
      },
      'A | Choices[0]/StringEquals | is a JSONPath field',
    ],
    [
      'an unknown state type',
      { A: { Type: 'Sleep' } },
      'A | Type | "Sleep" is not a state type of the language',
    ],
    ['a missing state type', { A: { End: true } }, 'A | Type | is missing'],
    ['a state that is no object', { A: 5 }, 'A | definition | must be an object'],
    ['a missing Resource', { T: aTask('f', { Resource: undefined }) }, 'T | Resource | is missing'],
    [
      'an expression that is not closed',
      { A: { ...pass, Output: { a: ['{% $states.input'] } } },
      'A | Output/a[0] | begins with {% and does not end with %}',
    ],
    [
      'text after an expression',
      { A: { ...pass, Assign: { x: '{% 1 %} and more' } } },
      'A | Assign/x | begins with {% and does not end with %}',
    ],
    [
      'an expression of which {% and %} share their %',
      { T: aTask('f', { Arguments: { FunctionName: '{%}' } }) },
      'T | Arguments/FunctionName | begins with {% and does not end with %}',
    ],
    [
      'a dangling Next',
      { A: { Type: 'Pass', Next: 'Nowhere' }, B: pass },
      'A | Next | "Nowhere" is not a state here',
    ],
    [
      'a dangling Default',
      {
        A: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'B' }], Default: 'X' },
        B: pass,
      },
      'A | Default | "X"',
    ],
    [
      'a dangling choice',
      {
        A: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'X' }], Default: 'B' },
        B: pass,
      },
      'A | Choices[0]/Next | "X"',
    ],
    [
      'a dangling catcher',
      { A: aTask('f', { Catch: [{ ErrorEquals: ['E'], Next: 'X' }] }) },
      'A | Catch[0]/Next | "X"',
    ],
    [
      'a Next out of its branch',
      {
        P: { Type: 'Parallel', Branches: [scope({ X: { Type: 'Pass', Next: 'Y' } })], Next: 'Y' },
        Y: done,
      },
      'X | Next | "Y" is not a state here',
    ],
    ['an unreachable state', { A: pass, B: done }, 'B | name | cannot be reached'],
    [
      'a loop without end',
      { A: { Type: 'Pass', Next: 'A' } },
      '- | StartAt | no path leads to an end',
    ],
    [
      'Next beside End',
      { A: { ...pass, Next: 'B' }, B: done },
      'A | Next | stands beside End: true',
    ],
    ['neither Next nor End', { A: { Type: 'Pass' } }, 'A | Next | is missing, and so is End'],
    [
      'End of a Choice',
      {
        A: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'B' }], End: true },
        B: done,
      },
      'A | End',
    ],
    [
      'a Condition that is no expression',
      { A: { Type: 'Choice', Choices: [{ Condition: 'true', Next: 'B' }] }, B: done },
      'A | Choices[0]/Condition',
    ],
    [
      'no Choices',
      { A: { Type: 'Choice', Choices: [], Default: 'B' }, B: done },
      'A | Choices | must not be empty',
    ],
    [
      'both Seconds and Timestamp',
      { A: { Type: 'Wait', Seconds: 1, Timestamp: '2026-01-01T00:00:00Z', End: true } },
      'A | Seconds | exactly one',
    ],
    [
      'neither Seconds nor Timestamp',
      { A: { Type: 'Wait', End: true } },
      'A | Seconds | exactly one',
    ],
    [
      'a date for an instant',
      { A: { Type: 'Wait', Timestamp: '2026-01-01', End: true } },
      'A | Timestamp | must be an instant such as 2026-01-01T00:00:00Z, or must be a JSONata',
    ],
    ['negative Seconds', { A: { Type: 'Wait', Seconds: -1, End: true } }, 'A | Seconds'],
    [
      'a timeout of 0',
      { T: aTask('f', { TimeoutSeconds: 0 }) },
      'T | TimeoutSeconds | must be 1 or more',
    ],
    [
      'States.ALL with others',
      { T: aTask('f', { Retry: [{ ErrorEquals: ['States.ALL', 'E'] }] }) },
      'T | Retry[0]/ErrorEquals | States.ALL',
    ],
    [
      'States.ALL not last',
      {
        T: aTask('f', {
          Catch: [
            { ErrorEquals: ['States.ALL'], Next: 'B' },
            { ErrorEquals: ['E'], Next: 'B' },
          ],
        }),
        B: done,
      },
      'T | Catch[0]/ErrorEquals | States.ALL',
    ],
    [
      'a misspelt States. error',
      { T: aTask('f', { Retry: [{ ErrorEquals: ['States.Timout'] }] }) },
      'T | Retry[0]/ErrorEquals | "States.Timout"',
    ],
    [
      'MaxDelaySeconds below IntervalSeconds',
      {
        T: aTask('f', { Retry: [{ ErrorEquals: ['E'], IntervalSeconds: 5, MaxDelaySeconds: 4 }] }),
      },
      'T | Retry[0]/MaxDelaySeconds',
    ],
    [
      'BackoffRate below 1',
      { T: aTask('f', { Retry: [{ ErrorEquals: ['E'], BackoffRate: 0.5 }] }) },
      'T | Retry[0]/BackoffRate',
    ],
    [
      'an expression that does not compile',
      { A: { ...pass, Output: { a: ['{% 1 + %}'] } } },
      'A | Output/a[0] | does not compile',
    ],
    [
      '$eval',
      { A: { ...pass, Output: "{% $eval('1') %}" } },
      'A | Output | $eval is not supported',
    ],
    [
      'an unassigned variable',
      { A: { ...pass, Output: '{% $typo %}' } },
      'A | Output | $typo is neither',
    ],
    [
      'an unknown function',
      { A: { ...pass, Output: '{% $summ([1]) %}' } },
      'A | Output | $summ is neither',
    ],
    [
      'a bare name',
      { A: { ...pass, Output: "{% status = 'x' %}" } },
      'A | Output | status has nothing to refer to',
    ],
    [
      'a bare $',
      { A: { ...pass, Output: '{% $.status %}' } },
      'A | Output | $ has nothing to refer to',
    ],
    [
      'a bare name in a function, which has no context of its own',
      { A: { ...pass, Output: '{% $map([1], function($x) { price }) %}' } },
      'A | Output | price has nothing to refer to',
    ],
    [
      'a $$ anywhere',
      { A: { ...pass, Output: '{% $states.input.list[x = $$.y] %}' } },
      'A | Output | $$ has nothing to refer to',
    ],
    [
      'the result before there is one',
      { T: aTask('f', { Arguments: { FunctionName: 'f', Payload: '{% $states.result %}' } }) },
      'T | Arguments/Payload | $states.result does not exist here',
    ],
    [
      'the error outside Catch',
      { T: aTask('f', { Output: '{% $states.errorOutput %}' }) },
      'T | Output | $states.errorOutput does not exist here',
    ],
    [
      'the result of a Pass',
      { A: { ...pass, Output: '{% $states.result %}' } },
      'A | Output | $states.result does not exist here',
    ],
    [
      'a variable called states',
      { A: { ...pass, Assign: { states: 1 } } },
      'A | Assign/states | is not a name',
    ],
    [
      'a variable with a blank',
      { A: { ...pass, Assign: { 'a b': 1 } } },
      'A | Assign/a b | is not a name',
    ],
    [
      'an inner write to an outer variable',
      {
        A: { Type: 'Pass', Assign: { x: 1 }, Next: 'P' },
        P: { Type: 'Parallel', Branches: [scope({ X: { ...pass, Assign: { x: 2 } } })], End: true },
      },
      'X | Assign/x | is assigned outside too',
    ],
    [
      'an inner variable read outside',
      {
        P: { Type: 'Parallel', Branches: [scope({ X: { ...pass, Assign: { y: 2 } } })], Next: 'B' },
        B: { ...done, Output: '{% $y %}' },
      },
      'B | Output | $y is neither',
    ],
    [
      'a name used in two scopes',
      { A: { Type: 'Parallel', Branches: [scope({ X: pass }), scope({ X: pass })], End: true } },
      'X | name | is used twice',
    ],
    ['Output of a Fail', { A: { Type: 'Fail', Output: 1 } }, 'A | Output'],
    ['Assign of a Succeed', { A: { ...done, Assign: {} } }, 'A | Assign'],
    ['JSONPath in one state', { A: { ...pass, QueryLanguage: 'JSONPath' } }, 'A | QueryLanguage'],
    [
      'an inner StartAt that is no state',
      { P: { Type: 'Parallel', Branches: [{ StartAt: 'Q', States: { X: pass } }], End: true } },
      '- | P/Branches[0]/StartAt | "Q"',
    ],
  ])('names %s', (_name, states, expected) => {
    const found = lines(
      lintDefinition(machineOf({ ...states } as Record<string, Record<string, unknown>>)),
    );
    expect(
      found.some((line) => line.startsWith(expected)),
      found.join('\n'),
    ).toBe(true);
  });

  it.each([
    { length: 80, problems: 0 },
    { length: 81, problems: 1 },
  ])('finds $problems problems in a name of $length characters', ({ length, problems }) => {
    expect(lintDefinition(machineOf({ ['n'.repeat(length)]: pass }))).toHaveLength(problems);
  });

  it.each<[string, object, string]>([
    ['no query language', { QueryLanguage: undefined }, '- | QueryLanguage'],
    ['JSONPath', { QueryLanguage: 'JSONPath' }, '- | QueryLanguage'],
    ['a StartAt that is no state', { StartAt: 'X' }, '- | StartAt | "X" is not a state here'],
    ['no States', { States: undefined }, '- | States'],
    ['an unknown field at the top', { Extra: 1 }, '- | Extra'],
    ['a machine timeout of 0', { TimeoutSeconds: 0 }, '- | TimeoutSeconds'],
  ])('names %s', (_name, more, expected) => {
    const found = lines(lintDefinition({ ...machineOf({ A: pass }), ...more }));
    expect(
      found.some((line) => line.startsWith(expected)),
      found.join('\n'),
    ).toBe(true);
  });

  it.each([[null], [[]], ['text'], [1], [{}]])('refuses %j instead of throwing', (definition) => {
    expect(lintDefinition(definition)).not.toEqual([]);
  });

  it.each([['a {% 1 %}'], ['%}'], ['{ %'], [' {% 1']])('lets %j be plain text', (text) => {
    expect(lines(lintDefinition(machineOf({ A: { ...pass, Output: text } })))).toEqual([]);
  });

  it('words faults of shape in plain English', () => {
    const machine = {
      ...machineOf({
        A: { Type: 'Pass', Comment: 1, End: 'yes' },
        B: { Type: 'Parallel', Branches: [], Next: 'C' },
        C: { Type: 'Wait', Seconds: 1e9, Next: '' },
        D: { Type: 'Map', Items: 'all', ItemProcessor: 1, Retry: {}, End: true },
        E: aTask('f', {
          Retry: [{ ErrorEquals: [], JitterStrategy: 'SOME', IntervalSeconds: 0.5 }],
        }),
      }),
      Version: '2.0',
    };
    const found = lines(lintDefinition(machine));
    expect(found).toEqual(
      expect.arrayContaining([
        'A | Comment | must be a string',
        'A | End | must be true or false',
        'B | Branches | must not be empty',
        'C | Seconds | must be 99999999 or less',
        'C | Next | must not be empty',
        'D | Items | must be a JSONata expression, {% … %}',
        'D | ItemProcessor | must be an object',
        'D | Retry | must be a list',
        'E | Retry[0]/ErrorEquals | must not be empty',
        'E | Retry[0]/JitterStrategy | must be "FULL" or "NONE"',
        'E | Retry[0]/IntervalSeconds | must be a whole number',
        '- | Version | must be "1.0"',
      ]),
    );
    expect(found.join('\n')).not.toMatch(/Invalid|Too |expected|received/);
  });

  it('reports faults of shape, of structure and of expressions together', () => {
    const machine = machineOf({
      A: { Type: 'Pass', InputPath: '$', Output: '{% ( %}', Next: 'Nowhere' },
    });
    const found = lines(lintDefinition(machine)).map((line) => line.split(' | ')[1]);
    expect(found).toEqual(expect.arrayContaining(['InputPath', 'Output', 'Next']));
  });

  it('names tokens that no substitution is given for', () => {
    const machine = machineOf({ T: aTask(token('plan')) });
    expect(lines(lintDefinition(machine, {}))).toEqual([
      `- | ${token('plan')} | no substitution is given for this token`,
    ]);
    expect(lintDefinition(machine, { plan: 'burst-plan' })).toEqual([]);
  });
});

describe('loadDefinition', () => {
  it('throws one error that lists every problem with its state and field', () => {
    const machine = machineOf({ A: { Type: 'Pass', Next: 'X', InputPath: '$' }, B: done });
    let refused: unknown;
    try {
      loadDefinition(machine);
    } catch (error) {
      refused = error;
    }
    expect(refused).toBeInstanceOf(DefinitionRefused);
    expect(String(refused).split('\n')).toEqual([
      'DefinitionRefused: state "A", InputPath: is a JSONPath field; the engine runs JSONata only',
      'state "A", Next: "X" is not a state here',
      'state "B", name: cannot be reached',
      'StartAt: no path leads to an end: no Succeed, no Fail, no End',
    ]);
  });
});
