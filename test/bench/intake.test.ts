import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accountOf,
  isSound,
  type Round,
  rowOf,
  withDuplicates,
} from '../../infra/bench/intake-rows.ts';
import { randomFrom } from '../../shared/memory/memory-ids.ts';
import { BatchId, TaskId } from '../../shared/model/ids.ts';

const ONE = '000000001-00000001';
const TWO = '000000001-00000002';
const row = (taskId: string, batch = ONE) => ({
  taskId: TaskId.parse(taskId),
  batch: BatchId.parse(batch),
});
const batch = (batchId: string, ...taskIds: string[]) => ({
  batchId,
  tasks: taskIds.map((taskId) => ({ taskId: TaskId.parse(taskId) })),
});

describe('duplicates', () => {
  it('are that share of the messages, each once more behind its first', () => {
    fc.assert(
      fc.property(fc.nat({ max: 200 }), fc.nat({ max: 100 }), fc.nat(), (count, percent, seed) => {
        const messages = Array.from({ length: count }, (_, n) => n);
        const sent = withDuplicates(messages, percent / 100, randomFrom(seed));
        expect(sent).toHaveLength(count + Math.round((percent / 100) * count));
        expect([...new Set(sent)]).toEqual(messages);
        for (const message of messages) {
          expect(sent.filter((one) => one === message).length).toBeLessThanOrEqual(2);
        }
      }),
    );
  });
});

describe('the account', () => {
  it.each([
    ['of all tasks, each in the batch its row names', [batch(ONE, 'a'), batch(TWO, 'b')], {}],
    ['finds a task that no batch lists', [batch(ONE, 'a')], { listed: 1, lost: 1 }],
    [
      'finds a task that two batches list',
      [batch(ONE, 'a', 'b'), batch(TWO, 'b')],
      { listed: 3, doubled: 1 },
    ],
    [
      'finds a task that one batch lists twice',
      [batch(ONE, 'a'), batch(TWO, 'b', 'b')],
      { listed: 3, doubled: 1 },
    ],
    ['finds a task in a batch its row does not name', [batch(ONE, 'a', 'b')], { astray: 1 }],
    [
      'finds a task that nobody sent',
      [batch(ONE, 'a', 'c'), batch(TWO, 'b')],
      { listed: 3, astray: 1 },
    ],
  ])('%s', (_what, batches, wrong) => {
    const account = accountOf(['a', 'b'], [row('a'), row('b', TWO)], batches);
    const sound = { sent: 2, taskRows: 2, listed: 2, lost: 0, doubled: 0, astray: 0 };
    expect(account).toEqual({ ...sound, ...wrong });
    expect(isSound(account)).toBe(Object.keys(wrong).length === 0);
  });

  it('finds a task without a row, and a row too many', () => {
    const batches = [batch(ONE, 'a'), batch(TWO, 'b')];
    const without = accountOf(['a', 'b'], [row('a')], batches);
    expect(without).toMatchObject({ taskRows: 1, listed: 2, lost: 1 });
    const more = accountOf(['a', 'b'], [row('a'), row('b', TWO), row('c')], batches);
    expect(more).toMatchObject({ taskRows: 3, lost: 0, astray: 1 });
    expect([isSound(without), isSound(more)]).toEqual([false, false]);
  });
});

it('rounds of one event size become medians, the worst ratio and sums', () => {
  const account = { sent: 100, taskRows: 100, listed: 100, lost: 0, doubled: 0, astray: 0 };
  const round = (perEvent: number, ratio: number): Round => ({
    ...{ perEvent, ratio, putsPerSecond: 100, tasksPerSecond: 100 * ratio, again: 1 },
    ...{ calls: { 'S3 PutObject': 2, 'DynamoDB UpdateItem': 110 }, account },
  });
  const rounds = [round(10, 0.9), round(10, 0.7), round(100, 0.1), round(10, 0.8)];
  const { callsPerTask, ...rest } = rowOf(10, rounds);
  expect(rest).toEqual({
    ...{ perEvent: 10, putsPerSecond: 100, tasksPerSecond: 80, ratio: 0.8, worstRatio: 0.7 },
    ...{ again: 3, account: { ...account, sent: 300, taskRows: 300, listed: 300 } },
  });
  expect(Object.entries(callsPerTask)).toEqual([
    ['DynamoDB UpdateItem', 1.1],
    ['S3 PutObject', 0.02],
  ]);
});
