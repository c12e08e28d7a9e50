import { describe, expect, it } from 'vitest';
import { aTask, fails, machineOf, returns, runToEnd } from './machine.ts';

const pass = (more: object) => ({ Type: 'Pass', ...more });

describe('Assign', () => {
  it('is visible from the next state on', async () => {
    const machine = machineOf({
      A: pass({ Assign: { x: 1, deep: { y: '{% $states.input.y %}' } }, Next: 'B' }),
      B: pass({ Output: '{% {"x": $x, "y": $deep.y} %}', End: true }),
    });
    expect((await runToEnd(machine, {}, { input: { y: 2 } })).output).toEqual({ x: 1, y: 2 });
  });

  it('leaves Output and its other variables to see the values before', async () => {
    const machine = machineOf({
      A: pass({ Assign: { x: 1, y: 10 }, Next: 'B' }),
      B: pass({ Assign: { x: '{% $x + 1 %}', y: '{% $x %}' }, Output: '{% $x %}', Next: 'C' }),
      C: pass({ Output: '{% [$states.input, $x, $y] %}', End: true }),
    });
    expect((await runToEnd(machine)).output).toEqual([1, 2, 1]);
  });

  it('keeps the variables it does not name', async () => {
    const machine = machineOf({
      A: pass({ Assign: { x: 1, y: 1 }, Next: 'B' }),
      B: pass({ Assign: { y: 2 }, Next: 'C' }),
      C: pass({ Output: '{% [$x, $y] %}', End: true }),
    });
    expect((await runToEnd(machine)).output).toEqual([1, 2]);
  });

  it('can hold null and is replaced whole', async () => {
    const machine = machineOf({
      A: pass({ Assign: { x: { a: 1 } }, Next: 'B' }),
      B: pass({ Assign: { x: null }, Next: 'C' }),
      C: pass({ Output: '{% $x = null %}', End: true }),
    });
    expect((await runToEnd(machine)).output).toBe(true);
  });

  it('is a query error for a variable no state on the way has assigned', async () => {
    const machine = machineOf({
      A: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.skip %}', Next: 'C' }],
        Default: 'B',
      },
      B: pass({ Assign: { x: 1 }, Next: 'C' }),
      C: pass({ Output: '{% $x %}', End: true }),
    });
    const { error } = await runToEnd(machine, {}, { input: { skip: true } });
    expect(error).toBe('States.QueryEvaluationError');
  });

  it.each([
    { n: 1, via: 'rule' },
    { n: 0, via: 'default' },
  ])('of a Choice comes from the $via that was taken', async ({ n, via }) => {
    const machine = machineOf({
      C: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.n = 1 %}', Assign: { via: 'rule' }, Next: 'P' }],
        Assign: { via: 'default' },
        Default: 'P',
      },
      P: pass({ Output: '{% $via %}', End: true }),
    });
    expect((await runToEnd(machine, {}, { input: { n } })).output).toBe(via);
  });

  it('of a catcher takes the place of the one of the state', async () => {
    const machine = machineOf({
      A: pass({ Assign: { x: 'before' }, Next: 'T' }),
      T: aTask('f', {
        Assign: { x: 'succeeded' },
        Catch: [
          {
            ErrorEquals: ['States.ALL'],
            Assign: { x: "{% $x & ', ' & $states.errorOutput.Error %}" },
            Next: 'P',
          },
        ],
      }),
      P: pass({ Output: '{% $x %}', End: true }),
    });
    expect((await runToEnd(machine, { f: fails('Broken') })).output).toBe('before, Broken');
  });

  it('is recorded with the exit as JSON text', async () => {
    const { events } = await runToEnd(
      machineOf({ A: pass({ Assign: { n: 1, s: 'text', o: { a: [] } }, End: true }) }),
    );
    expect(events[2]?.stateExitedEventDetails).toMatchObject({
      assignedVariables: { n: '1', s: '"text"', o: '{"a":[]}' },
      assignedVariablesDetails: { truncated: false },
    });
  });
});

describe('inner scopes', () => {
  const inner = (states: object, StartAt: string) => ({ StartAt, States: states });

  it('read the variables outside and keep their own to themselves', async () => {
    const branch = (n: number) =>
      inner(
        {
          [`Set ${n}`]: pass({ Assign: { own: `{% $outer + ${n} %}` }, Next: `Get ${n}` }),
          [`Get ${n}`]: pass({ Output: '{% $own %}', End: true }),
        },
        `Set ${n}`,
      );
    const machine = machineOf({
      A: pass({ Assign: { outer: 10 }, Next: 'Both' }),
      Both: {
        Type: 'Parallel',
        Branches: [branch(1), branch(2)],
        Assign: { outer: '{% $sum($states.result) %}' },
        Next: 'B',
      },
      B: pass({ Output: '{% {"in": $states.input, "outer": $outer} %}', End: true }),
    });
    expect((await runToEnd(machine)).output).toEqual({ in: [11, 12], outer: 23 });
  });

  it('of one iteration see nothing of another', async () => {
    const machine = machineOf({
      Each: {
        Type: 'Map',
        Items: [1, 2],
        MaxConcurrency: 1,
        ItemProcessor: inner(
          {
            'Is it new?': {
              Type: 'Choice',
              Choices: [{ Condition: '{% $exists($seen) %}', Next: 'Leaked' }],
              Default: 'Remember',
            },
            Remember: pass({ Assign: { seen: true }, End: true }),
            Leaked: { Type: 'Fail', Error: 'Leaked' },
          },
          'Is it new?',
        ),
        End: true,
      },
    });
    expect((await runToEnd(machine, { f: returns(1) })).status).toBe('SUCCEEDED');
  });
});
