import { describe, expect, it } from 'vitest';
import { ExecutionRefused } from '../../infra/local/engine/api-refusal.ts';
import { virtualTime } from '../../infra/local/engine/virtual-time.ts';
import { aTask, aWorld, echoes, everyEvent, machineOf, runToEnd } from './machine.ts';

const waiting = machineOf({ W: { Type: 'Wait', Seconds: 60, End: true } });

/** The code a call is refused with. */
function refusalOf(call: () => unknown): string | undefined {
  try {
    call();
  } catch (error) {
    if (error instanceof ExecutionRefused) return error.code;
    throw error;
  }
  return undefined;
}

describe('start', () => {
  it('names the running execution when name and input are the same', () => {
    const { machine } = aWorld(waiting);
    const first = machine.start({ name: 'a', input: '{"n":1}' });
    expect(machine.start({ name: 'a', input: '{"n":1}' })).toEqual(first);
    expect(machine.list().executions).toHaveLength(1);
  });

  it('refuses the name of a running execution with other input', () => {
    const { machine } = aWorld(waiting);
    machine.start({ name: 'a', input: '{"n":1}' });
    expect(refusalOf(() => machine.start({ name: 'a', input: '{"n":2}' }))).toBe(
      'ExecutionAlreadyExists',
    );
  });

  it('refuses the name of a closed execution even with the same input', async () => {
    const { machine, time } = aWorld(waiting);
    machine.start({ name: 'a' });
    await time.settle(machine.closed('a'));
    expect(refusalOf(() => machine.start({ name: 'a' }))).toBe('ExecutionAlreadyExists');
  });

  it('gives an execution without a name a uuid', () => {
    const { machine } = aWorld(waiting);
    expect(machine.start({}).executionArn).toBe(
      'arn:aws:states:us-east-1:000000000000:execution:machine:uuid-0',
    );
  });

  it.each([
    ['x'.repeat(80), undefined],
    ['x'.repeat(81), 'InvalidName'],
    ['', 'InvalidName'],
    ['with space', 'InvalidName'],
    ['with:colon', 'InvalidName'],
    ['b-01.2_x', undefined],
  ])('asked for the name %j refuses with %s', (name, code) => {
    const { machine } = aWorld(waiting);
    expect(refusalOf(() => machine.start({ name }))).toBe(code);
  });

  it.each([
    [`"${'x'.repeat(262_142)}"`, undefined],
    [`"${'x'.repeat(262_143)}"`, 'InvalidExecutionInput'],
    ['{', 'InvalidExecutionInput'],
  ])('given input %.10s… refuses with %s', (input, code) => {
    const { machine } = aWorld(waiting);
    expect(refusalOf(() => machine.start({ input }))).toBe(code);
  });

  it('forgets the oldest closed executions beyond the number it keeps', async () => {
    const { machine, time } = aWorld(waiting, {}, { limits: { closedExecutions: 1 } });
    machine.start({ name: 'a' });
    machine.start({ name: 'b' });
    await time.run();
    expect(machine.list().executions.map(({ name }) => name)).toEqual(['b']);
    expect(refusalOf(() => machine.start({ name: 'a' }))).toBeUndefined();
  });
});

describe('describe', () => {
  it('tells of a running execution by name or ARN', () => {
    const { machine } = aWorld(waiting);
    const { executionArn } = machine.start({ name: 'a', input: '{ "n": 1 }' });
    expect(machine.describe('a')).toEqual({
      executionArn,
      stateMachineArn: machine.arn,
      name: 'a',
      status: 'RUNNING',
      startDate: Date.parse('2026-01-01') / 1000,
      input: '{ "n": 1 }',
      inputDetails: { included: true },
      redriveCount: 0,
    });
    expect(machine.describe(executionArn)).toEqual(machine.describe('a'));
  });

  it('tells how a closed one ended and when', async () => {
    const { machine, time } = aWorld(waiting);
    const { startDate } = machine.start({ name: 'a' });
    await time.run();
    expect(machine.describe('a')).toMatchObject({
      status: 'SUCCEEDED',
      stopDate: startDate + 60,
      output: '{}',
      outputDetails: { included: true },
    });
  });

  it('knows no execution that was never started', () => {
    const { machine } = aWorld(waiting);
    for (const ask of [machine.describe, machine.history, machine.stop, machine.closed]) {
      expect(refusalOf(() => ask('nobody'))).toBe('ExecutionDoesNotExist');
    }
  });
});

describe('stop', () => {
  it('aborts a wait at once, with error and cause, and nothing follows', async () => {
    const { machine, time } = aWorld(waiting);
    machine.start({ name: 'a' });
    await time.run({ until: time.now() + 10_000 });
    const { stopDate } = machine.stop('a', { error: 'Stopped', cause: 'by hand' });
    await time.run();
    expect(machine.describe('a')).toMatchObject({
      ...{ status: 'ABORTED', error: 'Stopped', cause: 'by hand', stopDate },
    });
    expect(machine.history('a').events.map(({ type }) => type)).toEqual([
      ...['ExecutionStarted', 'WaitStateEntered', 'ExecutionAborted'],
    ]);
  });

  it('stops an execution between two states', async () => {
    const loop = machineOf({
      A: { Type: 'Pass', Next: 'B' },
      B: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'A' }], Default: 'Done' },
      Done: { Type: 'Succeed' },
    });
    const { machine, time } = aWorld(loop);
    machine.start({ name: 'a' });
    machine.stop('a');
    await time.run();
    expect(machine.history('a').events).toMatchObject([
      { type: 'ExecutionStarted' },
      { type: 'PassStateEntered' },
      { type: 'ExecutionAborted', id: 3, previousEventId: 0 },
    ]);
  });

  it('runs no Catch and no Retry of a Task in flight', async () => {
    const T = aTask('f', {
      Retry: [{ ErrorEquals: ['States.ALL'] }],
      Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Caught' }],
    });
    const { machine, time, calls } = aWorld(machineOf({ T, Caught: { Type: 'Succeed' } }), {
      f: echoes(30),
    });
    machine.start({ name: 'a' });
    await time.run({ until: time.now() + 10_000 });
    machine.stop('a');
    await time.run();
    expect(machine.describe('a').status).toBe('ABORTED');
    expect(calls.get('f')).toHaveLength(1);
  });

  it('stops the branches of a Parallel state', async () => {
    const branch = (name: string) => ({
      StartAt: name,
      States: {
        [name]: { Type: 'Wait', Seconds: 5, Next: `${name}2` },
        [`${name}2`]: { Type: 'Wait', Seconds: 5, End: true },
      },
    });
    const { machine, time } = aWorld(
      machineOf({ P: { Type: 'Parallel', Branches: [branch('a'), branch('b')], End: true } }),
    );
    machine.start({ name: 'x' });
    await time.run({ until: time.now() + 1_000 });
    machine.stop('x');
    const before = everyEvent(machine, 'x').length;
    await time.run();
    expect(everyEvent(machine, 'x')).toHaveLength(before);
  });

  it('leaves a closed execution as it is', async () => {
    const { machine, time } = aWorld(waiting);
    machine.start({ name: 'a' });
    await time.run();
    const before = machine.describe('a');
    expect(machine.stop('a')).toEqual({ stopDate: before.stopDate });
    expect(machine.describe('a')).toEqual(before);
  });
});

describe('list', () => {
  it('gives the latest first, by status, page by page', async () => {
    const { machine, time } = aWorld(waiting);
    for (const name of ['a', 'b', 'c', 'd']) machine.start({ name });
    machine.stop('b');
    await time.run({ until: time.now() + 1 });
    const names = (page: ReturnType<typeof machine.list>) =>
      page.executions.map(({ name }) => name);

    expect(names(machine.list())).toEqual(['d', 'c', 'b', 'a']);
    expect(names(machine.list({ status: 'ABORTED' }))).toEqual(['b']);
    const first = machine.list({ status: 'RUNNING', maxResults: 2 });
    expect(names(first)).toEqual(['d', 'c']);
    machine.start({ name: 'later' });
    const second = machine.list({
      ...{ status: 'RUNNING', maxResults: 2, nextToken: first.nextToken ?? '' },
    });
    expect(names(second)).toEqual(['a']);
    expect(second.nextToken).toBeUndefined();
  });
});

describe('history', () => {
  const many = machineOf({
    A: {
      Type: 'Map',
      Items: '{% [1..100] %}',
      ItemProcessor: { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } },
      End: true,
    },
  });

  it.each([false, true])(
    'comes in pages that give each event once (reverse: %s)',
    async (reverseOrder) => {
      const { machine, time } = aWorld(many);
      machine.start({ name: 'a' });
      await time.run();
      const ids: number[] = [];
      let nextToken: string | undefined;
      do {
        const page = machine.history('a', {
          reverseOrder,
          maxResults: 60,
          ...(nextToken && { nextToken }),
        });
        expect(page.events.length).toBeLessThanOrEqual(60);
        ids.push(...page.events.map(({ id }) => id));
        nextToken = page.nextToken;
      } while (nextToken !== undefined);
      const expected = Array.from({ length: ids.length }, (_, n) => n + 1);
      expect(reverseOrder ? ids.toReversed() : ids).toEqual(expected);
      expect(ids).toHaveLength(1 + 4 + 400 + 1);
    },
  );

  it.each([
    { maxResults: undefined, given: 100 },
    { maxResults: 0, given: 100 },
    { maxResults: 5, given: 5 },
    { maxResults: 5000, given: 406 },
  ])('gives $given events for maxResults $maxResults', async ({ maxResults, given }) => {
    const { machine, time } = aWorld(many);
    machine.start({ name: 'a' });
    await time.run();
    const page = machine.history('a', maxResults === undefined ? {} : { maxResults });
    expect(page.events).toHaveLength(given);
  });

  it('refuses a token it never gave', () => {
    const { machine } = aWorld(waiting);
    machine.start({ name: 'a' });
    expect(refusalOf(() => machine.history('a', { nextToken: 'made-up' }))).toBe('InvalidToken');
  });
});

describe('timers of tasks', () => {
  it('bound a Task in their own time while the machine’s clock runs faster', async () => {
    const tasks = virtualTime({ startAt: 0 });
    const { machine, time } = aWorld(
      machineOf({ T: aTask('f', { TimeoutSeconds: 10 }) }),
      { f: echoes(3600) },
      { taskTimers: tasks },
    );
    machine.start({ name: 'a' });
    await time.run({ until: time.now() + 1_800_000 });
    expect(machine.describe('a').status).toBe('RUNNING');
    await tasks.run();
    expect(machine.describe('a')).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
  });
});

describe('executions of one machine', () => {
  it('share neither variables nor chance of order: the same run gives the same history', async () => {
    const machine = machineOf({
      T: aTask('f', { Retry: [{ ErrorEquals: ['States.ALL'], JitterStrategy: 'FULL' }] }),
    });
    const run = () =>
      runToEnd(machine, {
        f: async (_p, n) => (n < 2 ? { error: 'E', cause: '' } : { payload: n }),
      });
    expect((await run()).events).toEqual((await run()).events);
  });
});
