import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aTask, fails, machineOf, returns, runToEnd } from './machine.ts';

const resource = { resourceType: 'lambda', resource: 'invoke' };
const whole = { truncated: false };

describe('the history of a lap', () => {
  it('has AWS’s event types, links and details', async () => {
    const machine = machineOf({
      W: { Type: 'Wait', Seconds: 30, Next: 'T' },
      T: aTask('poll', { TimeoutSeconds: 60, Next: 'C' }),
      C: { Type: 'Choice', Choices: [{ Condition: '{% true %}', Next: 'S' }] },
      S: { Type: 'Succeed' },
    });
    const { events } = await runToEnd(machine, { poll: returns({ ok: 1 }) }, { input: { n: 1 } });
    const start = Date.parse('2026-01-01') / 1000;
    const input = '{"n":1}';
    const result = '{"ExecutedVersion":"$LATEST","Payload":{"ok":1},"StatusCode":200}';
    const output = '{"ok":1}';
    const entered = (name: string, text: string) => ({
      stateEnteredEventDetails: { name, input: text, inputDetails: whole },
    });
    const exited = (name: string, text: string) => ({
      stateExitedEventDetails: { name, output: text, outputDetails: whole },
    });
    expect(events).toEqual([
      {
        ...{ id: 1, previousEventId: 0, timestamp: start, type: 'ExecutionStarted' },
        executionStartedEventDetails: {
          input,
          inputDetails: whole,
          roleArn: 'arn:aws:iam::000000000000:role/machine',
        },
      },
      {
        id: 2,
        previousEventId: 0,
        timestamp: start,
        type: 'WaitStateEntered',
        ...entered('W', input),
      },
      {
        id: 3,
        previousEventId: 2,
        timestamp: start + 30,
        type: 'WaitStateExited',
        ...exited('W', input),
      },
      {
        id: 4,
        previousEventId: 3,
        timestamp: start + 30,
        type: 'TaskStateEntered',
        ...entered('T', input),
      },
      {
        ...{ id: 5, previousEventId: 4, timestamp: start + 30, type: 'TaskScheduled' },
        taskScheduledEventDetails: {
          ...resource,
          region: 'us-east-1',
          parameters: '{"FunctionName":"poll","Payload":{"n":1}}',
          timeoutInSeconds: 60,
        },
      },
      {
        ...{ id: 6, previousEventId: 5, timestamp: start + 30, type: 'TaskStarted' },
        taskStartedEventDetails: resource,
      },
      {
        ...{ id: 7, previousEventId: 6, timestamp: start + 30, type: 'TaskSucceeded' },
        taskSucceededEventDetails: { ...resource, output: result, outputDetails: whole },
      },
      {
        id: 8,
        previousEventId: 7,
        timestamp: start + 30,
        type: 'TaskStateExited',
        ...exited('T', output),
      },
      {
        id: 9,
        previousEventId: 8,
        timestamp: start + 30,
        type: 'ChoiceStateEntered',
        ...entered('C', output),
      },
      {
        id: 10,
        previousEventId: 9,
        timestamp: start + 30,
        type: 'ChoiceStateExited',
        ...exited('C', output),
      },
      {
        id: 11,
        previousEventId: 10,
        timestamp: start + 30,
        type: 'SucceedStateEntered',
        ...entered('S', output),
      },
      {
        id: 12,
        previousEventId: 11,
        timestamp: start + 30,
        type: 'SucceedStateExited',
        ...exited('S', output),
      },
      {
        ...{ id: 13, previousEventId: 12, timestamp: start + 30, type: 'ExecutionSucceeded' },
        executionSucceededEventDetails: { output, outputDetails: whole },
      },
    ]);
  });

  it('carries error and cause of a failed Task to the end of the execution', async () => {
    const { events } = await runToEnd(machineOf({ T: aTask('f') }), { f: fails('Broken') });
    const outcome = { error: 'Broken', cause: 'cause of Broken' };
    expect(events.slice(-2)).toMatchObject([
      { type: 'TaskFailed', taskFailedEventDetails: { ...resource, ...outcome } },
      { type: 'ExecutionFailed', executionFailedEventDetails: outcome },
    ]);
  });
});

type Link = 'Pass' | 'Choice' | 'Wait' | 'Task';

/** States of these types in a row, then Succeed. */
function chainOf(types: readonly Link[]) {
  const states = types.map((type, at): [string, Record<string, unknown>] => {
    const Next = at + 1 < types.length ? `S${at + 1}` : 'End';
    const state = {
      Pass: { Type: 'Pass', Assign: { at }, Next },
      Choice: { Type: 'Choice', Choices: [{ Condition: `{% ${at} > 2 %}`, Next }], Default: Next },
      Wait: { Type: 'Wait', Seconds: at, Next },
      Task: aTask('f', { Retry: [{ ErrorEquals: ['Now and then'] }], Next }),
    }[type];
    return [`S${at}`, state];
  });
  return machineOf({ ...Object.fromEntries(states), End: { Type: 'Succeed' } });
}

describe('the history of any chain of states', () => {
  const links = fc.array(fc.constantFrom<Link>('Pass', 'Choice', 'Wait', 'Task'), { maxLength: 8 });

  it('enters and leaves each state once, in order, and links every event to an earlier one', async () => {
    await fc.assert(
      fc.asyncProperty(links, fc.nat(3), async (types, every) => {
        const { status, seconds, events } = await runToEnd(chainOf(types), {
          f: async (payload, call) =>
            call % (every + 2) === 0 ? { error: 'Now and then', cause: '' } : { payload },
        });
        expect(status).toBe('SUCCEEDED');
        const names = [...types.map((_, at) => `S${at}`), 'End'];
        const of = (key: 'stateEnteredEventDetails' | 'stateExitedEventDetails') =>
          events.flatMap((event) => event[key]?.name ?? []);
        expect(of('stateEnteredEventDetails')).toEqual(names);
        expect(of('stateExitedEventDetails')).toEqual(names);
        expect(seconds).toBeGreaterThanOrEqual(
          types.reduce((sum, type, at) => sum + (type === 'Wait' ? at : 0), 0),
        );
        events.forEach(({ id, previousEventId, timestamp }, at) => {
          expect(id).toBe(at + 1);
          expect(previousEventId).toBeLessThan(id);
          expect(timestamp).toBeGreaterThanOrEqual(events[at - 1]?.timestamp ?? 0);
        });
      }),
      { numRuns: 60 },
    );
  });
});
