import { describe, expect, it } from 'vitest';
import { aTask, echoes, fails, machineOf, runToEnd } from './machine.ts';

const to = (Next: string, ...ErrorEquals: string[]) => ({ ErrorEquals, Next });
const landings = {
  First: { Type: 'Succeed', Output: { at: 'first', input: '{% $states.input %}' } },
  Second: { Type: 'Succeed', Output: { at: 'second', input: '{% $states.input %}' } },
};
const catching = (Catch: readonly object[], more = {}) =>
  machineOf({
    T: aTask('f', { ...more, Catch }),
    ...landings,
  });

describe('Catch', () => {
  it.each([
    { error: 'Broken', at: 'first' },
    { error: 'Other', at: 'second' },
  ])('goes where the first catcher that names $error leads', async ({ error, at }) => {
    const machine = catching([to('First', 'Broken'), to('Second', 'States.ALL')]);
    expect((await runToEnd(machine, { f: fails(error) })).output).toMatchObject({ at });
  });

  it('gives the error as output when it has no Output', async () => {
    const machine = catching([to('First', 'Broken'), to('Second', 'Other')]);
    expect((await runToEnd(machine, { f: fails('Broken') })).output).toMatchObject({
      input: { Error: 'Broken', Cause: 'cause of Broken' },
    });
  });

  it('gives its Output, made of the input and the error', async () => {
    const Output = "{% $merge([$states.input, {'failure': $states.errorOutput.Error}]) %}";
    const machine = catching([{ ...to('First', 'Broken'), Output }, to('Second', 'Other')]);
    const { output } = await runToEnd(machine, { f: fails('Broken') }, { input: { kept: 1 } });
    expect(output).toMatchObject({ input: { kept: 1, failure: 'Broken' } });
  });

  it('is asked only when the retries are spent', async () => {
    const machine = catching([to('First', 'Broken'), to('Second', 'States.ALL')], {
      Retry: [{ ErrorEquals: ['Broken'], MaxAttempts: 1 }],
    });
    const { output, calls } = await runToEnd(machine, { f: fails('Broken', 'Broken') });
    expect(output).toMatchObject({ at: 'first' });
    expect(calls.get('f')).toHaveLength(2);
  });

  it('records the exit of the state that failed', async () => {
    const machine = catching([to('First', 'Broken'), to('Second', 'Other')]);
    expect((await runToEnd(machine, { f: fails('Broken') })).trace).toEqual([
      'ExecutionStarted',
      'TaskStateEntered T',
      ...['TaskScheduled', 'TaskStarted', 'TaskFailed'],
      'TaskStateExited T',
      'SucceedStateEntered First',
      'SucceedStateExited First',
      'ExecutionSucceeded',
    ]);
  });

  it('knows a timeout by its name and by States.ALL, not by States.TaskFailed', async () => {
    const machine = catching([to('First', 'States.TaskFailed'), to('Second', 'States.Timeout')], {
      TimeoutSeconds: 5,
    });
    expect((await runToEnd(machine, { f: echoes(6) })).output).toEqual({
      at: 'second',
      input: { Error: 'States.Timeout', Cause: '' },
    });
  });

  it.each(['Arguments', 'Output', 'Assign'])('catches a query error of %s', async (field) => {
    const bad = '{% $states.input.missing %}';
    const fields = {
      Arguments: { Arguments: { FunctionName: 'f', Payload: bad } },
      Output: { Output: bad },
      Assign: { Assign: { x: bad } },
    }[field];
    const machine = catching(
      [to('First', 'States.QueryEvaluationError'), to('Second', 'States.ALL')],
      fields,
    );
    expect((await runToEnd(machine, { f: fails() })).output).toMatchObject({ at: 'first' });
  });

  it('does not catch what goes wrong in itself', async () => {
    const machine = catching([
      { ...to('First', 'Broken'), Output: '{% $states.input.missing %}' },
      to('Second', 'States.ALL'),
    ]);
    const { status, error } = await runToEnd(machine, { f: fails('Broken') });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.QueryEvaluationError' });
  });

  it('lets an error no catcher names end the execution', async () => {
    const machine = catching([to('First', 'A'), to('Second', 'B')]);
    expect(await runToEnd(machine, { f: fails('C') })).toMatchObject({
      status: 'FAILED',
      error: 'C',
      cause: 'cause of C',
    });
  });
});
