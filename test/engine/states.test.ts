import { describe, expect, it } from 'vitest';
import { lambdaFailure } from '../../infra/local/engine/invoke.ts';
import { createStateMachine } from '../../infra/local/engine/state-machine.ts';
import { virtualTime } from '../../infra/local/engine/virtual-time.ts';
import { aTask, echoes, machineOf, returns, runToEnd } from './machine.ts';

describe('Pass', () => {
  it('hands its input on when it has no Output', async () => {
    const { output } = await runToEnd(
      machineOf({ A: { Type: 'Pass', End: true } }),
      {},
      {
        input: { kept: [1] },
      },
    );
    expect(output).toEqual({ kept: [1] });
  });

  it('fills expressions into its Output at any depth and leaves other strings alone', async () => {
    const Output = {
      deep: [{ n: '{% $states.input.n + 1 %}' }],
      text: '$states.input',
      no: ' {% 1 %}',
    };
    const { output } = await runToEnd(
      machineOf({ A: { Type: 'Pass', Output, End: true } }),
      {},
      {
        input: { n: 1 },
      },
    );
    expect(output).toEqual({ deep: [{ n: 2 }], text: '$states.input', no: ' {% 1 %}' });
  });

  it.each([[null], [0], [false], [''], [[]], [[[1]]], [{}]])(
    'gives %j as its output',
    async (value) => {
      const A = { Type: 'Pass', Output: '{% $states.input.value %}', End: true };
      const { output } = await runToEnd(machineOf({ A }), {}, { input: { value } });
      expect(output).toEqual(value);
    },
  );
});

describe('Succeed', () => {
  it('ends the execution with its Output', async () => {
    const machine = machineOf({ Done: { Type: 'Succeed', Output: '{% $states.input.a %}' } });
    const { status, output } = await runToEnd(machine, {}, { input: { a: 7 } });
    expect({ status, output }).toEqual({ status: 'SUCCEEDED', output: 7 });
  });
});

describe('Fail', () => {
  it.each([
    {
      name: 'literals',
      given: { Error: 'Broken', Cause: 'badly' },
      expected: { error: 'Broken', cause: 'badly' },
    },
    {
      name: 'expressions',
      given: { Error: '{% $states.input.e %}', Cause: "{% 'n=' & $states.input.n %}" },
      expected: { error: 'FromInput', cause: 'n=3' },
    },
    { name: 'nothing', given: {}, expected: { error: undefined, cause: undefined } },
  ])('fails the execution with Error and Cause given as $name', async ({ given, expected }) => {
    const machine = machineOf({ Bad: { Type: 'Fail', ...given } });
    const input = { e: 'FromInput', n: 3 };
    const { status, error, cause, trace } = await runToEnd(machine, {}, { input });
    expect({ status, error, cause }).toEqual({ status: 'FAILED', ...expected });
    expect(trace).toEqual(['ExecutionStarted', 'FailStateEntered Bad', 'ExecutionFailed']);
  });

  it('is a query error when its Error is no string', async () => {
    const { error } = await runToEnd(machineOf({ Bad: { Type: 'Fail', Error: '{% 1 %}' } }));
    expect(error).toBe('States.QueryEvaluationError');
  });
});

describe('Wait', () => {
  it.each([
    { name: 'literal seconds', field: { Seconds: 90 }, seconds: 90 },
    { name: 'no seconds', field: { Seconds: 0 }, seconds: 0 },
    { name: 'computed seconds', field: { Seconds: '{% $states.input.s * 2 %}' }, seconds: 20 },
    { name: 'an instant', field: { Timestamp: '2026-01-01T00:01:00Z' }, seconds: 60 },
    {
      name: 'an instant with offset',
      field: { Timestamp: '2026-01-01T01:00:05+01:00' },
      seconds: 5,
    },
    { name: 'a computed instant', field: { Timestamp: '{% $states.input.at %}' }, seconds: 3600 },
    {
      name: 'an instant that has passed',
      field: { Timestamp: '2025-12-31T00:00:00Z' },
      seconds: 0,
    },
  ])('waits for $name', async ({ field, seconds }) => {
    const machine = machineOf({ W: { Type: 'Wait', ...field, End: true } });
    const outcome = await runToEnd(machine, {}, { input: { s: 10, at: '2026-01-01T01:00:00Z' } });
    expect(outcome.status).toBe('SUCCEEDED');
    expect(outcome.seconds).toBe(seconds);
    expect(outcome.trace.slice(1, 3)).toEqual(['WaitStateEntered W', 'WaitStateExited W']);
  });

  it.each([
    ['Seconds', '{% -1 %}'],
    ['Seconds', '{% 1.5 %}'],
    ['Seconds', "{% '5' %}"],
    ['Seconds', '{% 99999999 + 1 %}'],
    ['Timestamp', "{% 'tomorrow' %}"],
    ['Timestamp', "{% '2026-01-01' %}"],
  ])('is a query error when %s is %s', async (field, expression) => {
    const machine = machineOf({ W: { Type: 'Wait', [field]: expression, End: true } });
    const { error, seconds } = await runToEnd(machine);
    expect({ error, seconds }).toEqual({ error: 'States.QueryEvaluationError', seconds: 0 });
  });
});

describe('Choice', () => {
  const choosing = (choices: unknown, more = {}) =>
    machineOf({
      Which: { Type: 'Choice', Choices: choices, ...more },
      First: { Type: 'Succeed', Output: { way: 'first', input: '{% $states.input %}' } },
      Second: { Type: 'Succeed', Output: { way: 'second', input: '{% $states.input %}' } },
    });
  const rule = (limit: number, Next: string, more = {}) => ({
    Condition: `{% $states.input.n >= ${limit} %}`,
    Next,
    ...more,
  });

  it.each([
    { n: 10, way: 'first' },
    { n: 9, way: 'second' },
  ])('takes the first rule that holds: $n goes $way', async ({ n, way }) => {
    const machine = choosing([rule(10, 'First'), rule(0, 'Second')]);
    expect((await runToEnd(machine, {}, { input: { n } })).output).toEqual({ way, input: { n } });
  });

  it('fails with States.NoChoiceMatched when no rule holds and there is no Default', async () => {
    const machine = choosing([rule(1, 'First'), rule(1, 'Second')]);
    const { status, error, cause } = await runToEnd(machine, {}, { input: { n: 0 } });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.NoChoiceMatched' });
    expect(cause).toContain("state 'Which'");
  });

  it.each([
    { n: 1, input: 'of the rule' },
    { n: 0, input: 'of the state' },
  ])('gives the Output $input when n is $n', async ({ n, input }) => {
    const machine = choosing([rule(1, 'First', { Output: 'of the rule' })], {
      Default: 'Second',
      Output: 'of the state',
    });
    expect((await runToEnd(machine, {}, { input: { n } })).output).toMatchObject({ input });
  });

  it('ignores the Output of the state when a rule without one holds', async () => {
    const machine = choosing([rule(1, 'First')], { Default: 'Second', Output: 'of the state' });
    expect((await runToEnd(machine, {}, { input: { n: 1 } })).output).toMatchObject({
      input: { n: 1 },
    });
  });

  it('is a query error when a Condition yields no boolean', async () => {
    const machine = choosing([{ Condition: '{% $states.input.n %}', Next: 'First' }], {
      Default: 'Second',
    });
    const { error } = await runToEnd(machine, {}, { input: { n: 1 } });
    expect(error).toBe('States.QueryEvaluationError');
  });
});

describe('Task', () => {
  it('gives the whole answer of lambda:invoke when it has no Output', async () => {
    const { output } = await runToEnd(machineOf({ T: aTask('f', { Output: undefined }) }), {
      f: returns({ n: 1 }),
    });
    expect(output).toEqual({ ExecutedVersion: '$LATEST', Payload: { n: 1 }, StatusCode: 200 });
  });

  it.each([
    {
      name: 'its computed payload',
      Arguments: { FunctionName: 'f', Payload: { n: '{% 1 + 1 %}' } },
      payload: { n: 2 },
    },
    { name: 'an empty object for no payload', Arguments: { FunctionName: 'f' }, payload: {} },
    { name: 'a payload of null', Arguments: { FunctionName: 'f', Payload: null }, payload: null },
    {
      name: 'arguments that are one expression',
      Arguments: "{% {'FunctionName': 'f', 'Payload': [1]} %}",
      payload: [1],
    },
  ])('hands the function $name', async ({ Arguments, payload }) => {
    const { calls } = await runToEnd(machineOf({ T: aTask('f', { Arguments }) }), {
      f: returns(1),
    });
    expect(calls.get('f')).toEqual([payload]);
  });

  it('turns an answer of nothing into null', async () => {
    const { output } = await runToEnd(machineOf({ T: aTask('f') }), { f: returns(undefined) });
    expect(output).toBeNull();
  });

  it('shares no object with the function it calls', async () => {
    const vandal = async (payload: unknown) => {
      Object.assign(Object(payload), { kept: 'changed' });
      return { payload: 'done' };
    };
    const machine = machineOf({ T: aTask('f', { Output: '{% $states.input %}' }) });
    const { output } = await runToEnd(machine, { f: vandal }, { input: { kept: 'as it was' } });
    expect(output).toEqual({ kept: 'as it was' });
  });

  it('fails with the error and cause of its function', async () => {
    const { status, error, cause, trace } = await runToEnd(machineOf({ T: aTask('f') }), {
      f: async () => ({ error: 'Broken', cause: '{"errorType":"Broken"}' }),
    });
    expect({ status, error, cause }).toEqual({
      status: 'FAILED',
      error: 'Broken',
      cause: '{"errorType":"Broken"}',
    });
    expect(trace.slice(-2)).toEqual(['TaskFailed', 'ExecutionFailed']);
  });

  it('fails with Lambda.ResourceNotFoundException when there is no such function', async () => {
    const { error, cause } = await runToEnd(machineOf({ T: aTask('nobody') }));
    expect(error).toBe('Lambda.ResourceNotFoundException');
    expect(cause).toContain('nobody');
  });

  it('fails with Lambda.SdkClientException when the call itself rejects', async () => {
    const { error, cause } = await runToEnd(machineOf({ T: aTask('f') }), {
      f: () => Promise.reject(new Error('connection reset')),
    });
    expect(error).toBe('Lambda.SdkClientException');
    expect(cause).toContain('connection reset');
  });

  it('is a query error when its computed Arguments name no function', async () => {
    const T = aTask('f', { Arguments: "{% {'Payload': 1} %}" });
    expect((await runToEnd(machineOf({ T }))).error).toBe('States.QueryEvaluationError');
  });

  it.each([
    { answerAfter: 9, status: 'SUCCEEDED' },
    { answerAfter: 10, status: 'SUCCEEDED' },
    { answerAfter: 11, status: 'FAILED' },
  ])(
    'with a timeout of 10 s and an answer after $answerAfter s is $status',
    async ({ answerAfter, status }) => {
      const outcome = await runToEnd(machineOf({ T: aTask('f', { TimeoutSeconds: 10 }) }), {
        f: echoes(answerAfter),
      });
      expect(outcome.status).toBe(status);
      if (status === 'FAILED') {
        expect(outcome).toMatchObject({ error: 'States.Timeout', seconds: 10 });
        expect(outcome.trace.slice(-2)).toEqual(['TaskTimedOut', 'ExecutionFailed']);
      }
    },
  );

  it('computes its timeout', async () => {
    const T = aTask('f', { TimeoutSeconds: '{% $states.input.limit %}' });
    const { seconds } = await runToEnd(
      machineOf({ T }),
      { f: echoes(60) },
      { input: { limit: 7 } },
    );
    expect(seconds).toBe(7);
  });

  it('aborts the signal of a call it no longer waits for', async () => {
    const aborted: boolean[] = [];
    const time = virtualTime({ startAt: 0 });
    const machine = createStateMachine({
      definition: machineOf({ T: aTask('f', { TimeoutSeconds: 5 }) }),
      name: 'm',
      timers: time,
      random: () => 0,
      uuid: () => 'id',
      invoke: (_name, _payload, signal) =>
        new Promise(() => signal.addEventListener('abort', () => aborted.push(true))),
    });
    machine.start({ name: 'run' });
    await time.settle(machine.closed('run'));
    expect(aborted).toEqual([true]);
  });
});

describe('lambdaFailure', () => {
  it('is what Lambda makes of an error a handler throws', () => {
    const { error, cause } = lambdaFailure(new RangeError('too far'));
    expect(error).toBe('RangeError');
    const { errorType, errorMessage, trace } = JSON.parse(cause);
    expect({ errorType, errorMessage }).toEqual({
      errorType: 'RangeError',
      errorMessage: 'too far',
    });
    expect(trace[0]).toBe('RangeError: too far');
  });

  it('takes whatever else a handler throws for a message', () => {
    expect(JSON.parse(lambdaFailure('no').cause)).toMatchObject({
      errorType: 'Error',
      errorMessage: 'no',
    });
  });
});
