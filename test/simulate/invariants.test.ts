import { describe, expect, it } from 'vitest';
import { batchWrite, profileWrite, splitClosed } from '../../infra/simulate/invariants/batches.ts';
import { wentOn } from '../../infra/simulate/invariants/checkpoints.ts';
import {
  admitted,
  destroyed,
  leaseWrite,
  ordered,
  owns,
  settled,
} from '../../infra/simulate/invariants/clusters.ts';
import { duplicatesWithin, newJob, placed, stopped } from '../../infra/simulate/invariants/jobs.ts';
import { coveredByHold, moneyWrite } from '../../infra/simulate/invariants/money.ts';
import { failedTask, taskWrite } from '../../infra/simulate/invariants/tasks.ts';
import { Sha256, TaskId } from '../../shared/model/ids.ts';

const driver = { who: 'run', startedMs: 60, burst: { burstId: 'b-1', leaseFence: 2 } };
const sweep = { who: 'sweep', startedMs: 60, burst: undefined };
const broken = (violation: { invariant: string } | undefined) => violation?.invariant;

describe('FENCE', () => {
  it.each([
    ['its own fence', 2, driver, undefined],
    ['an older fence than the lease has', 3, driver, 'FENCE'],
    ['no fence: the sweep', 3, sweep, undefined],
  ])('a lease is written under %s', (_what, leaseFence, by, expected) => {
    const before = { burstId: 'b-1', leaseFence };
    expect(broken(leaseWrite(before, { ...before, phase: 'ready' }, by))).toBe(expected);
  });

  const claimed = { batchId: 'B', status: 'claimed', batchFence: 3, burst: 'b-1' };
  it.each([
    ['returned by its own burst', { status: 'open', batchFence: 4 }, driver, undefined],
    ['returned by the sweep', { status: 'open', batchFence: 4 }, sweep, undefined],
    ['returned under the same fence', { status: 'open', batchFence: 3 }, driver, 'FENCE'],
    ['moved back', { status: 'open', batchFence: 2 }, driver, 'FENCE'],
    ['done under any fence', { status: 'done', batchFence: 3 }, sweep, undefined],
  ])('a claimed batch is %s', (_what, change, by, expected) => {
    expect(broken(batchWrite(claimed, { ...claimed, ...change }, by))).toBe(expected);
  });

  it('another burst does not move a claimed batch, nobody opens one that is done', () => {
    const other = { who: 'run', startedMs: 60, burst: { burstId: 'b-2', leaseFence: 1 } };
    const open = { status: 'open', batchFence: 4 };
    expect(broken(batchWrite(claimed, { ...claimed, ...open }, other))).toBe('FENCE');
    const done = { ...claimed, status: 'done' };
    expect(broken(batchWrite(done, { ...done, ...open }, sweep))).toBe('ONCE');
  });
});

it.each([
  [{ status: 'accepted' }, { status: 'done', job: 'j-1' }, undefined],
  [{ status: 'done', job: 'j-1' }, { status: 'done', job: 'j-1', seen: true }, undefined],
  [{ status: 'done', job: 'j-1' }, { status: 'done', job: 'j-2' }, 'ONCE'],
  [{ status: 'cancelled' }, { status: 'done', job: 'j-1' }, 'ONCE'],
])('ONCE: a task that was %j and is %j', (before, after, expected) => {
  expect(broken(taskWrite(before, after))).toBe(expected);
});

it.each([
  [{ status: 'failed', reason: 'worker-lost: silent' }, 0, undefined],
  [{ status: 'failed', reason: 'worker-lost: silent' }, 1, 'ISOLATION'],
  [{ status: 'failed', reason: 'interrupted: out of time' }, 3, 'ISOLATION'],
  [{ status: 'failed', reason: 'task-failed: 2 tasks failed' }, 1, undefined],
  [{ status: 'done' }, 1, undefined],
])('ISOLATION: a task is %j beside %i others of its batch', (task, neighbours, expected) => {
  expect(broken(failedTask(task, neighbours))).toBe(expected);
});

it.each([
  [1, undefined, undefined],
  [1, 3, undefined],
  [2, 2, 'CHECKPOINT'],
  [2, 3, undefined],
  [3, 4, undefined],
  [3, undefined, 'CHECKPOINT'],
])(
  'CHECKPOINT: under fence %i an attempt goes on from %s, 3 was verified under fence 2',
  (fence, sequence, expected) => {
    const resume = { url: '', sha256: 'a', bytes: 1, stage: '1', workSeconds: 1 };
    const task = {
      taskId: TaskId.parse('task-1'),
      batchFence: fence,
      checkpoint: {
        ...{ putUrl: '', maxBytes: 1 },
        ...(sequence === undefined
          ? {}
          : { resume: { ...resume, sha256: Sha256.parse('a'.repeat(64)), sequence } }),
      },
    };
    expect(broken(wentOn(task, { fence: 2, sequence: 3 }))).toBe(expected);
  },
);

const attempt = (status: string, batchId: string, deadlineAt = '2026-01-01T13:00:00.000Z') => ({
  ...{ jobId: 'j', status, deadlineAt },
  batches: [{ batchId, batchFence: 1 }],
});
it.each([
  [[attempt('running', 'A')], undefined],
  [[attempt('running', 'A'), attempt('ended', 'A'), attempt('running', 'B')], undefined],
  [[attempt('running', 'A'), attempt('submitting', 'A')], 'ATTEMPTS'],
  [[attempt('running', 'A'), attempt('lost', 'A')], 'ATTEMPTS'],
  [[attempt('running', 'A'), attempt('lost', 'A', '2026-01-01T12:00:00.000Z')], undefined],
  [[attempt('running', 'A'), { ...attempt('lost', 'A'), reported: 'running' }], 'ATTEMPTS'],
  [[attempt('running', 'A'), { ...attempt('lost', 'A'), reported: 'failed' }], undefined],
])('ATTEMPTS: a job is submitted beside %j', (others, expected) => {
  const now = '2026-01-01T12:30:00.000Z';
  expect(broken(newJob(attempt('submitting', 'A'), others, now))).toBe(expected);
});

it.each([
  [0, 50, undefined],
  [0, 51, 'ATTEMPTS'],
  [60, 60, undefined],
])('ATTEMPTS: of 1000 s, %i s done twice become %i s', (was, duplicateSeconds, expected) => {
  const after = { burstId: 'b-1', issuedSeconds: 1000, duplicateSeconds };
  expect(broken(duplicatesWithin({ duplicateSeconds: was }, after, 0.05))).toBe(expected);
});

const waiting = {
  ...{ batchId: 'B', batchFence: 3, status: 'claimed' },
  ...{ tasks: [1, 2], settled: new Set([0]) },
};
const ended = { ...waiting, settled: new Set([0, 1]) };
const job = { jobId: 'j-1', batches: [{ batchId: 'B', batchFence: 3 }] };
it.each([
  [{ ...waiting, job: 'j-1' }, 'ATTEMPTS'],
  [{ ...waiting, job: 'j-1', batchFence: 4 }, undefined],
  [{ ...waiting, job: 'j-2', earlierJob: 'j-1' }, 'ATTEMPTS'],
  [{ ...waiting, job: 'j-2' }, undefined],
  [{ ...ended, job: 'j-1' }, undefined],
  [{ ...waiting, status: 'split', job: 'j-1' }, undefined],
])('ATTEMPTS: a job is stopped beside %j', (batch, expected) => {
  expect(broken(stopped(job, [batch]))).toBe(expected);
});

describe('PLACE', () => {
  const job = { jobId: 'j-1', worker: 'w-1', batches: [{ batchId: 'B' }] };
  it.each([
    ['nobody left out', { batchId: 'B', job: 'j-1' }, undefined],
    ['others left out', { batchId: 'B', job: 'j-1', excludedWorkers: ['w-2'] }, undefined],
    ['its worker left out', { batchId: 'B', job: 'j-1', excludedWorkers: ['w-1'] }, 'PLACE'],
    [
      'its worker left out since',
      { batchId: 'B', job: 'j-2', excludedWorkers: ['w-1'] },
      undefined,
    ],
    // A number that was given to a job which was never written is given again.
    ['one it does not do', { batchId: 'A', job: 'j-1', excludedWorkers: ['w-1'] }, undefined],
  ])('a job gets a batch with %s', (_what, batch, expected) => {
    expect(broken(placed(job, [batch], driver))).toBe(expected);
  });

  it.each([
    [undefined, undefined],
    [{ atMs: 60, untilMs: 99 }, undefined],
    [{ atMs: 59, untilMs: 99 }, 'PLACE'],
    [{ atMs: 59, untilMs: 61 }, 'PLACE'],
    [{ atMs: 59, untilMs: 60 }, undefined],
  ])('its worker was caught as %j, and the look began at 60', (caught, expected) => {
    expect(broken(placed(job, [], driver, caught))).toBe(expected);
  });
});

describe('WATERMARK', () => {
  const profile = (seq: number, oldestOpen?: string) => ({ profile: 'P', seq, oldestOpen });
  const listed = (row: object, wasThere = true) => [{ row: { ...row }, wasThere }];
  it.each([
    ['follows the last', profile(5, 'A'), listed(waiting), undefined],
    ['skips one', profile(6, 'A'), [], 'WATERMARK'],
    ['repeats one', profile(4, 'A'), [], 'WATERMARK'],
    ['stands on a batch', profile(5, 'B'), listed(waiting), undefined],
    ['passes it', profile(5, 'C'), listed(waiting), 'WATERMARK'],
    ['forgets it', profile(5), listed(waiting), 'WATERMARK'],
    ['passes one that has nothing left', profile(5, 'C'), listed(ended), undefined],
    ['passes one it cannot have seen', profile(5, 'C'), listed(waiting, false), undefined],
  ])('a change of a profile %s', (_what, after, batches, expected) => {
    expect(broken(profileWrite(profile(4, 'A'), after, batches))).toBe(expected);
  });

  it('a batch that was never announced is passed by nobody', () => {
    expect(profileWrite(profile(4, 'C'), profile(5, 'D'), listed(waiting))).toBeUndefined();
  });

  const whole = { batchId: 'B', status: 'split' };
  it.each([
    ['written and known', whole, [waiting, ended], profile(1, 'A'), undefined],
    ['written and unknown', whole, [waiting, ended], profile(1, 'C'), 'WATERMARK'],
    ['not all written', whole, [ended, undefined], profile(1, 'A'), 'WATERMARK'],
    [
      'not all written, and looked after',
      { ...whole, dueOf: 'batch' },
      [ended, undefined],
      profile(1, 'A'),
      undefined,
    ],
  ])('the halves of a split batch are %s', (_what, batch, halves, seen, expected) => {
    expect(broken(splitClosed(batch, halves, seen))).toBe(expected);
  });
});

it.each([
  [{ available: 5, holds: {} }, { available: 0, holds: { b: 5 } }, undefined],
  [{ available: 5, holds: {} }, { available: -1, holds: { b: 6 } }, 'CAP'],
  [{ available: 5, holds: { a: 1 } }, { available: -1, holds: {} }, undefined],
  [undefined, { available: -1, holds: { b: 6 } }, 'CAP'],
])('CAP: %j left, then %j', (before, after, expected) => {
  expect(broken(moneyWrite(before, after))).toBe(expected);
});

it.each([
  [{ holds: [{ microUsd: 1 }, { microUsd: 10 }] }, undefined],
  [{ holds: [{ microUsd: 10 }, { microUsd: 9 }] }, 'CAP'],
  [{ holds: [] }, 'CAP'],
  [undefined, 'CAP'],
])('CAP: a cluster of 10 is ordered under %j', (lease, expected) => {
  expect(broken(coveredByHold('c-1', 10, lease))).toBe(expected);
});

const cluster = (id: string, phase = 'RUNNING', surplus = false) => ({
  ...{ id, phase, surplus },
  name: 'b-1',
});

it.each([
  [[cluster('c-1')], undefined],
  [[cluster('c-1', 'DELETED'), cluster('c-2')], undefined],
  [[cluster('c-1'), cluster('c-2', 'RUNNING', true)], undefined],
  [[cluster('c-1', 'PROVISIONING'), cluster('c-2')], 'ONE-CLUSTER'],
])('ONE-CLUSTER: %j', (clusters, expected) => {
  expect(broken(ordered(clusters))).toBe(expected);
});

it.each([
  ['its own is over', { clusterId: 'c-1' }, [cluster('c-1', 'DELETED')], undefined],
  ['its own lives', { clusterId: 'c-1' }, [cluster('c-1')], 'TEARDOWN'],
  ['one it never learned of lives', {}, [cluster('c-1')], 'TEARDOWN'],
  ['a surplus one lives', { clusterId: 'c-1' }, [cluster('c-2', 'RUNNING', true)], undefined],
])('TEARDOWN: a lease is settled while %s', (_what, lease, clusters, expected) => {
  expect(broken(settled(lease, clusters))).toBe(expected);
});

describe('FALSE-TEARDOWN', () => {
  const healthy = { ...cluster('c-1'), unharmed: true };
  const gone = { Error: 'ClusterGone', Cause: 'not listed' };
  it.each([
    ['that its lease wants', { phase: 'ready' }, healthy, 'FALSE-TEARDOWN'],
    ['at the paid edge', { phase: 'tearing-down' }, healthy, undefined],
    [
      'that is blamed for nothing',
      { phase: 'tearing-down', failure: gone },
      healthy,
      'FALSE-TEARDOWN',
    ],
    [
      'that is blamed for something',
      { phase: 'tearing-down', failure: gone },
      { ...healthy, unharmed: false },
      undefined,
    ],
    ['of somebody else', { phase: 'ready', clusterId: 'c-9' }, healthy, undefined],
  ])('a cluster is ended %s', (_what, lease, truth, expected) => {
    expect(broken(destroyed(truth, { clusterId: 'c-1', ...lease }, driver))).toBe(expected);
  });
});

it('READY: no worker is admitted that never answered', () => {
  const lease = { burstId: 'b-1', workers: [{ workerId: 'w-1' }] };
  expect(broken(admitted(undefined, lease, new Set(['w-1'])))).toBe('READY');
  expect(broken(admitted(undefined, lease, new Set(['w-2'])))).toBeUndefined();
});

it.each([
  [undefined, false],
  [{ phase: 'creating' }, true],
  [{ phase: 'ready', clusterId: 'c-1' }, true],
  [{ phase: 'ready', clusterId: 'c-2' }, false],
  [{ phase: 'settled', clusterId: 'c-1' }, false],
  [{ phase: 'teardown-owed', clusterId: 'c-1' }, false],
])('a cluster is owned by the lease %j: %s', (lease, owned) => {
  expect(owns(lease, 'c-1')).toBe(owned);
});
