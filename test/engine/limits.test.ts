import { describe, expect, it } from 'vitest';
import {
  aTask,
  aWorld,
  echoes,
  evaluating,
  machineOf,
  returns,
  runToEnd,
  STARTED_AT,
} from './machine.ts';

/** JSON text of exactly this many bytes: the quotes are two of them. */
const textOf = (bytes: number) => 'x'.repeat(bytes - 2);

describe('the payload limit of 262,144 bytes', () => {
  it.each([
    { bytes: 262_143, status: 'SUCCEEDED' },
    { bytes: 262_144, status: 'SUCCEEDED' },
    { bytes: 262_145, status: 'FAILED' },
  ])('leaves an output of $bytes bytes $status', async ({ bytes, status }) => {
    const P = { Type: 'Pass', Output: textOf(bytes), End: true };
    const outcome = await runToEnd(machineOf({ P }));
    expect(outcome.status).toBe(status);
    if (status === 'FAILED') expect(outcome.error).toBe('States.DataLimitExceeded');
  });

  it.each([
    { characters: 49, status: 'SUCCEEDED' },
    { characters: 50, status: 'FAILED' },
  ])('counts bytes of UTF-8: $characters two-byte letters in 100 is $status', async (row) => {
    const P = { Type: 'Pass', Output: 'é'.repeat(row.characters), End: true };
    const { status } = await runToEnd(machineOf({ P }), {}, { limits: { payloadBytes: 100 } });
    expect(status).toBe(row.status);
  });

  it.each([
    { name: 'arguments', task: { Arguments: { FunctionName: 'f', Payload: textOf(200) } } },
    { name: 'a result', task: {} },
    { name: 'an assigned variable', task: { Output: 1, Assign: { x: textOf(200) } } },
  ])('holds for $name', async ({ name, task }) => {
    const answer = name === 'a result' ? textOf(200) : 'short';
    const machine = machineOf({ T: aTask('f', task) });
    const { error } = await runToEnd(
      machine,
      { f: returns(answer) },
      {
        limits: { payloadBytes: 120 },
      },
    );
    expect(error).toBe('States.DataLimitExceeded');
  });

  it.each([
    { sizes: [131_072, 131_072], status: 'SUCCEEDED' },
    { sizes: [131_072, 131_073], status: 'FAILED' },
    { sizes: [100_000, 100_000, 62_145], status: 'FAILED' },
  ])('holds for all variables of one Assign together: $sizes is $status', async (row) => {
    const Assign = Object.fromEntries(row.sizes.map((size, n) => [`v${n}`, textOf(size)]));
    const P = { Type: 'Pass', Assign, End: true };
    const { status, error } = await runToEnd(machineOf({ P }));
    expect(status).toBe(row.status);
    if (status === 'FAILED') expect(error).toBe('States.DataLimitExceeded');
  });

  it('leaves variables of two states that are larger together alone', async () => {
    const machine = machineOf({
      P: { Type: 'Pass', Assign: { a: textOf(200_000) }, Next: 'Q' },
      Q: { Type: 'Pass', Assign: { b: textOf(200_000) }, End: true },
    });
    expect((await runToEnd(machine)).status).toBe('SUCCEEDED');
  });

  it('is an error that States.ALL does not catch and its name does', async () => {
    const machine = (name: string) =>
      machineOf({
        T: aTask('f', { Catch: [{ ErrorEquals: [name], Output: 'caught', Next: 'Done' }] }),
        Done: { Type: 'Succeed' },
      });
    const functions = { f: returns(textOf(300_000)) };
    expect((await runToEnd(machine('States.ALL'), functions)).status).toBe('FAILED');
    const named = await runToEnd(machine('States.DataLimitExceeded'), functions);
    expect(named.output).toBe('caught');
  });
});

it('ends an execution whose function answers deeper than a stack', async () => {
  const deep: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
  const machine = machineOf({ T: aTask('f') });
  const { status, error } = await runToEnd(machine, { f: returns(deep) });
  expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.DataLimitExceeded' });
});

describe('the bounds of one evaluation', () => {
  const expressions = { depth: 1000, calls: 1000 };
  const outcomeOf = (expression: string) =>
    runToEnd(evaluating(expression), {}, { limits: { expressions } });

  it.each([
    ['recurses for ever', '($f := function($n){ 1 + $f($n + 1) }; $f(0))', /Stack overflow/],
    ['calls itself for ever', '($f := function($n){ $f($n + 1) }; $f(0))', /More than 1000 calls/],
  ])('make an expression that %s a query error', async (_name, expression, cause) => {
    const outcome = await outcomeOf(expression);
    expect(outcome.error).toBe('States.QueryEvaluationError');
    expect(outcome.cause).toMatch(cause);
  });

  it.each([
    { calls: 998, status: 'SUCCEEDED' },
    { calls: 1000, status: 'FAILED' },
  ])('leave $calls tail calls $status', async ({ calls, status }) => {
    const countDown = `($f := function($n){ $n > 1 ? $f($n - 1) : 'done' }; $f(${calls}))`;
    expect((await outcomeOf(countDown)).status).toBe(status);
  });

  it('count each evaluation anew', async () => {
    const Output = "{% ($f := function($n){ $n > 1 ? $f($n - 1) : 'done' }; $f(600)) %}";
    const machine = machineOf({
      P: { Type: 'Pass', Output, Next: 'Q' },
      Q: { Type: 'Pass', Output, End: true },
    });
    expect((await runToEnd(machine, {}, { limits: { expressions } })).output).toBe('done');
  });

  it('leave room by default for a group of as many members as a payload holds', async () => {
    const grouped = '$count($keys($range(1, 20000, 1){$string($): $ + 1}))';
    expect((await runToEnd(evaluating(grouped))).output).toEqual({ value: 20_000 });
  });
});

describe('the history limit', () => {
  /** Pass states in a row: 2 events each, plus the start and the end. */
  const chain = (length: number) =>
    machineOf(
      Object.fromEntries(
        Array.from({ length }, (_, n) => [
          `P${n}`,
          { Type: 'Pass', ...(n === length - 1 ? { End: true } : { Next: `P${n + 1}` }) },
        ]),
      ),
    );

  it.each([
    { historyEvents: 23, status: 'SUCCEEDED', events: 22 },
    { historyEvents: 22, status: 'SUCCEEDED', events: 22 },
    { historyEvents: 21, status: 'FAILED', events: 21 },
  ])(
    'of $historyEvents leaves a run of 22 events $status',
    async ({ historyEvents, ...expected }) => {
      const { status, events } = await runToEnd(chain(10), {}, { limits: { historyEvents } });
      expect({ status, events: events.length }).toEqual(expected);
      expect(events.at(-1)?.type).toBe(
        status === 'FAILED' ? 'ExecutionFailed' : 'ExecutionSucceeded',
      );
    },
  );

  it('ends an endless loop at 25,000 events, past any Catch', async () => {
    const machine = machineOf({
      T: aTask('f', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'T' }], Next: 'Again?' }),
      'Again?': {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input = 0 %}', Next: 'Done' }],
        Default: 'T',
      },
      Done: { Type: 'Succeed' },
    });
    const { status, error, cause, events } = await runToEnd(machine, { f: returns(1) });
    expect({ status, error }).toEqual({ status: 'FAILED', error: 'States.Runtime' });
    expect(cause).toContain('25000');
    expect(events).toHaveLength(25_000);
  });
});

describe('the machine’s own TimeoutSeconds', () => {
  it.each([
    { work: 59, status: 'SUCCEEDED', seconds: 59 },
    { work: 61, status: 'TIMED_OUT', seconds: 60 },
  ])('of 60 s leaves $work s of work $status', async ({ work, ...expected }) => {
    const machine = machineOf(
      {
        T: aTask('f', { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'After' }] }),
        After: { Type: 'Succeed' },
      },
      { TimeoutSeconds: 60 },
    );
    const { status, seconds, events } = await runToEnd(machine, { f: echoes(work) });
    expect({ status, seconds }).toEqual(expected);
    if (status === 'TIMED_OUT') {
      expect(events.at(-1)).toMatchObject({
        type: 'ExecutionTimedOut',
        executionTimedOutEventDetails: { error: 'States.Timeout' },
      });
    }
  });
});

describe('an execution that has ended', () => {
  it('leaves no timer behind', async () => {
    const machine = machineOf({ T: aTask('f', { TimeoutSeconds: 50 }) }, { TimeoutSeconds: 60 });
    const { time, machine: running } = aWorld(machine, { f: echoes(5) });
    running.start({ name: 'a' });
    await time.run();
    expect(time.now() - Date.parse(STARTED_AT)).toBe(5_000);
  });
});

describe('a provisioning wait of 32 virtual minutes', () => {
  const Wait = { Type: 'Wait', Seconds: 15, Next: 'Check cluster' };
  const machine = machineOf({
    'Wait for cluster': Wait,
    'Check cluster': aTask('poll', { TimeoutSeconds: 60, Next: 'Is it ready?' }),
    'Is it ready?': {
      Type: 'Choice',
      Choices: [{ Condition: "{% $states.input.phase = 'ready' %}", Next: 'Done' }],
      Default: 'Wait for cluster',
    },
    Done: { Type: 'Succeed' },
  });

  it('is 128 laps of nine events and takes no more virtual time than its waits', async () => {
    const poll = async (payload: unknown, call: number) => ({
      payload: { ...Object(payload), phase: call === 127 ? 'ready' : 'provisioning' },
    });
    const { status, seconds, events } = await runToEnd(machine, { poll });
    expect({ status, seconds, events: events.length }).toEqual({
      status: 'SUCCEEDED',
      seconds: 32 * 60,
      events: 1 + 128 * 9 + 2 + 1,
    });
  });
});
