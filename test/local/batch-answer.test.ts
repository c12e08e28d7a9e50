import { describe, expect, it } from 'vitest';
import { batchOutcome } from '../../infra/local/cloud/batch-answer.ts';

const ids = ['a', 'b', 'c'];
const allDone = { done: ids, failed: [] };
const allFailed = { done: [], failed: ids, why: expect.any(String) };
const failures = (...list: unknown[]) => ({ batchItemFailures: list });

describe("a function's answer to a batch", () => {
  it.each([
    { payload: null, outcome: allDone },
    { payload: undefined, outcome: allDone },
    { payload: {}, outcome: allDone },
    { payload: { other: 1 }, outcome: allDone },
    { payload: { batchItemFailures: null }, outcome: allDone },
    { payload: failures(), outcome: allDone },
    { payload: failures({ itemIdentifier: 'b' }), outcome: { done: ['a', 'c'], failed: ['b'] } },
    {
      payload: failures({ itemIdentifier: 'c' }, { itemIdentifier: 'a' }, { itemIdentifier: 'c' }),
      outcome: { done: ['b'], failed: ['a', 'c'] },
    },
    {
      payload: failures(...ids.map((itemIdentifier) => ({ itemIdentifier }))),
      outcome: { done: [], failed: ids },
    },
    { payload: failures({ itemIdentifier: 'stranger' }), outcome: allFailed },
    {
      payload: failures({ itemIdentifier: 'a' }, { itemIdentifier: 'stranger' }),
      outcome: allFailed,
    },
    { payload: failures({ itemIdentifier: '' }), outcome: allFailed },
    { payload: failures({ itemIdentifier: null }), outcome: allFailed },
    { payload: failures({ itemIdentifier: 7 }), outcome: allFailed },
    { payload: failures({ messageId: 'a' }), outcome: allFailed },
    { payload: failures('a'), outcome: allFailed },
    { payload: { batchItemFailures: 'a' }, outcome: allFailed },
    { payload: { batchItemFailures: {} }, outcome: allFailed },
    { payload: 'done', outcome: allFailed },
    { payload: [], outcome: allFailed },
    { payload: true, outcome: allFailed },
  ])('$payload', ({ payload, outcome }) => {
    expect(batchOutcome(ids, { payload })).toEqual(outcome);
  });

  it('that is an error fails the whole batch and says why', () => {
    expect(batchOutcome(ids, { error: 'TypeError', cause: '{}' })).toEqual({
      done: [],
      failed: ids,
      why: 'TypeError: {}',
    });
  });
});
