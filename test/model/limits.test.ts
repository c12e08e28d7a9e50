import { describe, expect, it } from 'vitest';
import { missedDeadline, slotPrice, tooDear, waitsForPrice } from '../../shared/model/limits.ts';
import { aBatch, aLease, at, NOW } from '../support/burst-rows.ts';

const taskId = aBatch(1).tasks[0]?.taskId;
const entry = (more: object) => {
  const [first] = aBatch(1, {
    tasks: [{ taskId: `${taskId}`, line: 0, unitSeconds: 100, ...more }],
  }).tasks;
  if (first === undefined) throw new Error('no task');
  return first;
};

describe('a deadline', () => {
  it.each([
    ['none', undefined, undefined, undefined],
    ['just long enough away', 100, undefined, undefined],
    ['too near', 99, undefined, { hasPassed: false, leftSeconds: 99, earliestAt: at(100) }],
    [
      'too near after the wait',
      150,
      51,
      { hasPassed: false, leftSeconds: 150, earliestAt: at(151) },
    ],
    ['long enough away after the wait', 150, 50, undefined],
    ['as if there were no wait, once it is over', 100, -1, undefined],
    ['now', 0, undefined, { hasPassed: true, leftSeconds: 0 }],
    ['passed', -5, undefined, { hasPassed: true, leftSeconds: 0 }],
  ])('is met or missed: %s', (_when, deadline, wait, expected) => {
    const task = entry(deadline === undefined ? {} : { deadlineAt: at(deadline) });
    const batch = aBatch(1, wait === undefined ? {} : { notBefore: at(wait) });
    const missed = missedDeadline(task, batch, NOW);
    if (expected === undefined) expect(missed).toBeUndefined();
    else expect(missed).toMatchObject({ ...expected, needsSeconds: 100 });
  });
});

describe('a price of its own', () => {
  const batch = (maxMicroUsd: number, more: object = {}) =>
    aBatch(1, { tasks: [entry({}), entry({ maxMicroUsd })], ...more });

  it.each([
    ['above', 301, undefined],
    ['equal', 300, undefined],
    ['below', 299, { maxMicroUsd: 299, wouldCostMicroUsd: 300 }],
  ])('is kept: %s what its slot time costs', (_what, max, expected) => {
    expect(tooDear(batch(max), 3)).toEqual(expected);
  });

  it.each([
    [3, 900, undefined],
    [3, 899, { maxMicroUsd: 899, wouldCostMicroUsd: 900 }],
  ])('pays for all %i workers that must do it', (runs, maxMicroUsd, expected) => {
    const voted = aBatch(1, { tasks: [entry({ maxMicroUsd, runs })] });
    expect(tooDear(voted, 3)).toEqual(expected);
  });

  it('counts no more once its task has ended', () => {
    expect(tooDear(batch(1, { settled: new Set([1]) }), 3)).toBeUndefined();
  });

  it.each([
    ['the slots there are', 2, 600_000 / 2 / 3600],
    ['the slots that are wanted, where there are more', 1, 600_000 / 3600],
    ['all of them, where more are wanted', 9, 600_000 / 2 / 3600],
  ])('is compared with the price of a term over %s', (_what, wantedSlots, expected) => {
    const lease = aLease({ wantedSlots });
    expect(lease.offer && slotPrice(lease, lease.offer, 3600)).toBe(expected);
  });

  it.each([
    ['until it is due', { notBefore: at(1), lastReason: 'budget: x' }, true],
    ['and no longer', { notBefore: NOW, lastReason: 'budget: x' }, false],
    ['not after a lost worker', { notBefore: at(1), lastReason: 'worker-lost: x' }, false],
    [
      'not while it is claimed',
      { status: 'claimed' as const, notBefore: at(1), lastReason: 'budget: x' },
      false,
    ],
  ])('keeps a batch waiting %s', (_how, more, expected) => {
    expect(waitsForPrice(aBatch(1, more), NOW)).toBe(expected);
  });
});
