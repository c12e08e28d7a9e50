import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Retrier } from '../../infra/local/engine/definition.ts';
import { createRetries, errorMatches, retryDelaySeconds } from '../../infra/local/engine/retry.ts';
import { aTask, fails, machineOf, runToEnd } from './machine.ts';

const never = () => {
  throw new Error('drew a random number without need');
};
const retrier = (more: Partial<Retrier>): Retrier => ({ ErrorEquals: ['E'], ...more });

describe('errorMatches', () => {
  it.each([
    { names: ['Broken'], error: 'Broken', matches: true },
    { names: ['Broken'], error: 'broken', matches: false },
    { names: ['A', 'B'], error: 'B', matches: true },
    { names: ['States.ALL'], error: 'Broken', matches: true },
    { names: ['States.ALL'], error: 'States.Timeout', matches: true },
    { names: ['States.ALL'], error: 'States.QueryEvaluationError', matches: true },
    { names: ['States.ALL'], error: undefined, matches: true },
    { names: ['States.ALL'], error: 'States.DataLimitExceeded', matches: false },
    { names: ['States.DataLimitExceeded'], error: 'States.DataLimitExceeded', matches: true },
    { names: ['States.ALL'], error: 'States.Runtime', matches: false },
    { names: ['States.Runtime'], error: 'States.Runtime', matches: false },
    { names: ['States.TaskFailed'], error: 'Broken', matches: true },
    { names: ['States.TaskFailed'], error: 'States.Timeout', matches: false },
    { names: ['States.TaskFailed', 'States.Timeout'], error: 'States.Timeout', matches: true },
    { names: ['States.Timeout'], error: 'Broken', matches: false },
  ])('$names and $error: $matches', ({ names, error, matches }) => {
    expect(errorMatches(names, error)).toBe(matches);
  });
});

describe('retryDelaySeconds', () => {
  it.each([
    { rule: {}, delays: [1, 2, 4, 8] },
    { rule: { IntervalSeconds: 3, BackoffRate: 1 }, delays: [3, 3, 3, 3] },
    { rule: { IntervalSeconds: 2, BackoffRate: 1.5 }, delays: [2, 3, 4.5, 6.75] },
    { rule: { IntervalSeconds: 1, BackoffRate: 3, MaxDelaySeconds: 2 }, delays: [1, 2, 2, 2] },
    { rule: { IntervalSeconds: 5, MaxDelaySeconds: 5 }, delays: [5, 5, 5, 5] },
  ])('of $rule grows as $delays', ({ rule, delays }) => {
    expect(delays.map((_, n) => retryDelaySeconds(retrier(rule), n, never))).toEqual(delays);
  });

  it('with full jitter lies between zero and the capped delay, whatever is drawn', () => {
    const draw = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(draw, fc.nat(20), fc.integer({ min: 1, max: 900 }), (drawn, soFar, cap) => {
        const plain = retrier({ IntervalSeconds: 1, MaxDelaySeconds: cap });
        const limit = retryDelaySeconds(plain, soFar, never);
        const delay = retryDelaySeconds({ ...plain, JitterStrategy: 'FULL' }, soFar, () => drawn);
        expect(delay).toBe(drawn * limit);
        expect(limit).toBeLessThanOrEqual(cap);
      }),
    );
  });
});

describe('createRetries', () => {
  it.each([
    { MaxAttempts: undefined, tries: 3 },
    { MaxAttempts: 0, tries: 0 },
    { MaxAttempts: 1, tries: 1 },
    { MaxAttempts: 5, tries: 5 },
  ])('gives up after $tries retries for MaxAttempts $MaxAttempts', ({ MaxAttempts, tries }) => {
    const retries = createRetries([retrier({ MaxAttempts })], never);
    for (let n = 0; n < tries; n += 1) expect(retries.nextDelaySeconds('E')).toBe(2 ** n);
    expect(retries.nextDelaySeconds('E')).toBeUndefined();
  });

  it('counts each retrier by itself', () => {
    const rules = [
      retrier({ ErrorEquals: ['A'], MaxAttempts: 1 }),
      retrier({ ErrorEquals: ['B'], MaxAttempts: 2, IntervalSeconds: 10 }),
    ];
    const retries = createRetries(rules, never);
    const delays = ['B', 'A', 'B', 'A', 'B'].map((error) => retries.nextDelaySeconds(error));
    expect(delays).toEqual([10, 1, 20, undefined, undefined]);
  });

  it('asks no later retrier once the first that names the error is spent', () => {
    const rules = [
      retrier({ ErrorEquals: ['A'], MaxAttempts: 0 }),
      retrier({ ErrorEquals: ['States.ALL'] }),
    ];
    expect(createRetries(rules, never).nextDelaySeconds('A')).toBeUndefined();
  });
});

describe('Retry in a machine', () => {
  const Retry = [{ ErrorEquals: ['Throttled'], IntervalSeconds: 2, MaxAttempts: 2 }];

  it.each([
    { failures: 2, status: 'SUCCEEDED', seconds: 6, scheduled: 3 },
    { failures: 3, status: 'FAILED', seconds: 6, scheduled: 3 },
  ])('is $status after $failures failures with two retries', async ({ failures, ...expected }) => {
    const f = fails(...Array.from({ length: failures }, () => 'Throttled'));
    const { status, seconds, trace } = await runToEnd(machineOf({ T: aTask('f', { Retry }) }), {
      f,
    });
    const scheduled = trace.filter((event) => event === 'TaskScheduled').length;
    expect({ status, seconds, scheduled }).toEqual(expected);
  });

  it('enters the state once and schedules it anew for each try', async () => {
    const { trace } = await runToEnd(machineOf({ T: aTask('f', { Retry }) }), {
      f: fails('Throttled'),
    });
    expect(trace).toEqual([
      'ExecutionStarted',
      'TaskStateEntered T',
      ...['TaskScheduled', 'TaskStarted', 'TaskFailed'],
      ...['TaskScheduled', 'TaskStarted', 'TaskSucceeded'],
      'TaskStateExited T',
      'ExecutionSucceeded',
    ]);
  });

  it('starts counting afresh each time the state is entered', async () => {
    const machine = machineOf({
      Init: { Type: 'Pass', Assign: { laps: 0 }, Next: 'T' },
      T: aTask('f', {
        Retry: [{ ErrorEquals: ['Throttled'], MaxAttempts: 1 }],
        Assign: { laps: '{% $laps + 1 %}' },
        Next: 'Again?',
      }),
      'Again?': {
        Type: 'Choice',
        Choices: [{ Condition: '{% $laps < 3 %}', Next: 'T' }],
        Default: 'Done',
      },
      Done: { Type: 'Succeed' },
    });
    const { status, calls } = await runToEnd(machine, {
      f: async (_payload, call) =>
        call % 2 === 0 ? { error: 'Throttled', cause: '' } : { payload: call },
    });
    expect({ status, calls: calls.get('f')?.length }).toEqual({ status: 'SUCCEEDED', calls: 6 });
  });

  it('tells the state how often it was retried', async () => {
    const T = aTask('f', {
      Arguments: { FunctionName: 'f', Payload: '{% $states.context.State.RetryCount %}' },
      Retry,
    });
    const { calls } = await runToEnd(machineOf({ T }), { f: fails('Throttled', 'Throttled') });
    expect(calls.get('f')).toEqual([0, 1, 2]);
  });

  it('draws full jitter from the chance it is given', async () => {
    const jittered = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 8, JitterStrategy: 'FULL' }];
    const { seconds } = await runToEnd(
      machineOf({ T: aTask('f', { Retry: jittered }) }),
      { f: fails('E') },
      { random: () => 0.25 },
    );
    expect(seconds).toBe(2);
  });

  it('waits on the machine’s clock between tries of a Parallel state', async () => {
    const machine = machineOf({
      P: {
        Type: 'Parallel',
        Branches: [{ StartAt: 'T', States: { T: aTask('f') } }],
        Retry: [{ ErrorEquals: ['States.TaskFailed'], IntervalSeconds: 5 }],
        End: true,
      },
    });
    const { output, seconds, trace } = await runToEnd(machine, { f: fails('E') });
    expect({ output, seconds }).toEqual({ output: ['ok'], seconds: 5 });
    expect(trace.filter((event) => event === 'ParallelStateStarted')).toHaveLength(2);
  });
});
