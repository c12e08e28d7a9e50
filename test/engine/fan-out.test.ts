import { describe, expect, it } from 'vitest';
import { aTask, echoes, type Functions, machineOf, returns, runToEnd } from './machine.ts';

const scope = (states: Record<string, object>) => ({
  StartAt: Object.keys(states)[0],
  States: states,
});
const waits = (name: string, Seconds: number, Output: unknown = name) =>
  scope({ [name]: { Type: 'Wait', Seconds, Output, End: true } });

describe('Parallel', () => {
  it('runs its branches at once and gives their outputs in their order', async () => {
    const machine = machineOf({
      P: { Type: 'Parallel', Branches: [waits('slow', 30), waits('fast', 10)], End: true },
    });
    const { output, seconds } = await runToEnd(machine);
    expect({ output, seconds }).toEqual({ output: ['slow', 'fast'], seconds: 30 });
  });

  it('gives every branch its own copy of the input', async () => {
    const branch = (name: string) => scope({ [name]: { Type: 'Pass', End: true } });
    const machine = machineOf({
      P: { Type: 'Parallel', Branches: [branch('a'), branch('b')], End: true },
    });
    expect((await runToEnd(machine, {}, { input: { n: 1 } })).output).toEqual([{ n: 1 }, { n: 1 }]);
  });

  it('ends a branch, not the execution, with Succeed', async () => {
    const machine = machineOf({
      P: {
        Type: 'Parallel',
        Branches: [scope({ S: { Type: 'Succeed', Output: 1 } }), waits('W', 5)],
        Output: '{% $states.result %}',
        End: true,
      },
    });
    expect((await runToEnd(machine)).output).toEqual([1, 'W']);
  });

  it('is failed by the first branch that fails, which aborts the others', async () => {
    const failing = scope({
      W: { Type: 'Wait', Seconds: 5, Next: 'F' },
      F: { Type: 'Fail', Error: 'Broken', Cause: 'badly' },
    });
    const machine = machineOf({
      P: {
        Type: 'Parallel',
        Branches: [scope({ T: aTask('f') }), waits('long', 60), failing],
        Catch: [{ ErrorEquals: ['Broken'], Next: 'Caught' }],
        End: true,
      },
      Caught: { Type: 'Wait', Seconds: 100, End: true },
    });
    const { output, seconds, trace } = await runToEnd(machine, { f: echoes(20) });
    expect({ output, seconds }).toEqual({
      output: { Error: 'Broken', Cause: 'badly' },
      seconds: 105,
    });
    expect(trace.slice(-9)).toEqual([
      'WaitStateExited W',
      'FailStateEntered F',
      'TaskStateAborted',
      'WaitStateAborted',
      'ParallelStateFailed',
      'ParallelStateExited P',
      'WaitStateEntered Caught',
      'WaitStateExited Caught',
      'ExecutionSucceeded',
    ]);
  });

  it('limits its joint result as any other payload', async () => {
    const half = (name: string) =>
      scope({ [name]: { Type: 'Pass', Output: 'x'.repeat(60), End: true } });
    const machine = machineOf({
      P: { Type: 'Parallel', Branches: [half('a'), half('b')], End: true },
    });
    const { error } = await runToEnd(machine, {}, { limits: { payloadBytes: 100 } });
    expect(error).toBe('States.DataLimitExceeded');
  });
});

describe('Map', () => {
  const mapping = (states: Record<string, object>, more = {}) =>
    machineOf({ M: { Type: 'Map', ItemProcessor: scope(states), End: true, ...more } });
  const identity = { I: { Type: 'Pass', End: true } };

  it.each([
    { name: 'the input, where Items is not given', more: {}, input: [1, 2], output: [1, 2] },
    { name: 'a literal list', more: { Items: [3, '{% 2 + 2 %}'] }, input: {}, output: [3, 4] },
    {
      name: 'a computed list',
      more: { Items: '{% $states.input.l %}' },
      input: { l: ['a'] },
      output: ['a'],
    },
    { name: 'an empty list', more: { Items: [] }, input: {}, output: [] },
  ])('runs over $name', async ({ more, input, output }) => {
    expect((await runToEnd(mapping(identity, more), {}, { input })).output).toEqual(output);
  });

  it('is a query error over what is no list', async () => {
    const { error } = await runToEnd(mapping(identity, { Items: '{% 1 %}' }));
    expect(error).toBe('States.QueryEvaluationError');
  });

  it('keeps the order of the items whatever the order of their ends', async () => {
    const states = { W: { Type: 'Wait', Seconds: '{% $states.input %}', End: true } };
    const { output, seconds } = await runToEnd(mapping(states), {}, { input: [30, 10, 20] });
    expect({ output, seconds }).toEqual({ output: [30, 10, 20], seconds: 30 });
  });

  it('shows item and index to ItemSelector and to the states inside', async () => {
    const machine = mapping(
      {
        P: {
          Type: 'Pass',
          Output: '{% $merge([$states.input, $states.context.Map.Item]) %}',
          End: true,
        },
      },
      {
        Items: ['a', 'b'],
        ItemSelector: {
          of: '{% $states.input.job %}',
          what: '{% $states.context.Map.Item.Value %}',
        },
      },
    );
    const { output } = await runToEnd(machine, {}, { input: { job: 'j' } });
    expect(output).toEqual([
      { of: 'j', what: 'a', Index: 0, Value: 'a' },
      { of: 'j', what: 'b', Index: 1, Value: 'b' },
    ]);
  });

  it.each([
    { MaxConcurrency: 1, items: 4, seconds: 40, most: 1 },
    { MaxConcurrency: 3, items: 4, seconds: 20, most: 3 },
    { MaxConcurrency: 0, items: 41, seconds: 20, most: 40 },
    { MaxConcurrency: undefined, items: 40, seconds: 10, most: 40 },
    { MaxConcurrency: 41, items: 41, seconds: 20, most: 40 },
    { MaxConcurrency: '{% 100 %}', items: 41, seconds: 20, most: 40 },
    { MaxConcurrency: '{% 2 %}', items: 4, seconds: 20, most: 2 },
  ])('runs $items items of 10 s in $seconds s with MaxConcurrency $MaxConcurrency', async (row) => {
    let now = 0;
    let most = 0;
    const functions: Functions = {
      f: (_payload, _call, time) => {
        now += 1;
        most = Math.max(most, now);
        return new Promise((resolve) =>
          time.after(10_000, () => {
            now -= 1;
            resolve({ payload: null });
          }),
        );
      },
    };
    const machine = mapping({ T: aTask('f') }, { MaxConcurrency: row.MaxConcurrency });
    const input = Array.from({ length: row.items }, (_, n) => n);
    const { seconds } = await runToEnd(machine, functions, { input });
    expect({ seconds, most }).toEqual({ seconds: row.seconds, most: row.most });
  });

  it('records each iteration by index', async () => {
    const { events } = await runToEnd(mapping(identity), {}, { input: ['a', 'b'] });
    expect(events.filter(({ type }) => type.startsWith('Map'))).toMatchObject([
      { type: 'MapStateEntered', stateEnteredEventDetails: { name: 'M', input: '["a","b"]' } },
      { type: 'MapStateStarted', mapStateStartedEventDetails: { length: 2 } },
      { type: 'MapIterationStarted', mapIterationStartedEventDetails: { name: 'M', index: 0 } },
      { type: 'MapIterationStarted', mapIterationStartedEventDetails: { name: 'M', index: 1 } },
      { type: 'MapIterationSucceeded', mapIterationSucceededEventDetails: { index: 0 } },
      { type: 'MapIterationSucceeded', id: 11, mapIterationSucceededEventDetails: { index: 1 } },
      { type: 'MapStateSucceeded', previousEventId: 11 },
      { type: 'MapStateExited', stateExitedEventDetails: { output: '["a","b"]' } },
    ]);
  });

  it('fails with its first failing item and starts no further ones', async () => {
    const functions: Functions = {
      f: (payload, call, time) =>
        payload === 'bad'
          ? Promise.resolve({ error: 'Broken', cause: 'badly' })
          : echoes(60)(payload, call, time),
    };
    const machine = mapping({ T: aTask('f') }, { MaxConcurrency: 2 });
    const outcome = await runToEnd(machine, functions, { input: ['a', 'bad', 'c'] });
    expect(outcome).toMatchObject({
      status: 'FAILED',
      error: 'Broken',
      cause: 'badly',
      seconds: 0,
    });
    expect(outcome.calls.get('f')).toEqual(['a', 'bad']);
    const failing = outcome.events.find(({ type }) => type === 'TaskFailed')?.id;
    expect(outcome.events.slice(-5)).toMatchObject([
      { type: 'MapIterationFailed', previousEventId: failing },
      { type: 'TaskStateAborted', previousEventId: failing },
      { type: 'MapIterationAborted', previousEventId: failing },
      { type: 'MapStateFailed', previousEventId: failing },
      { type: 'ExecutionFailed' },
    ]);
  });

  it('retries as a whole', async () => {
    const functions: Functions = {
      f: async (_payload, call) =>
        call === 1 ? { error: 'Broken', cause: '' } : { payload: call },
    };
    const Retry = [{ ErrorEquals: ['Broken'], IntervalSeconds: 3 }];
    const machine = mapping({ T: aTask('f') }, { Retry });
    const { output, seconds } = await runToEnd(machine, functions, { input: ['a', 'b'] });
    expect({ output, seconds }).toEqual({ output: [2, 3], seconds: 3 });
  });

  it('nests, each level with its own item', async () => {
    const machine = mapping(
      {
        Inner: {
          Type: 'Map',
          Items: '{% $states.input %}',
          ItemProcessor: scope({
            P: { Type: 'Pass', Output: '{% $states.context.Map.Item.Index %}', End: true },
          }),
          End: true,
        },
      },
      {},
    );
    const { output } = await runToEnd(machine, { f: returns(1) }, { input: [['x'], ['y', 'z']] });
    expect(output).toEqual([[0], [0, 1]]);
  });
});
