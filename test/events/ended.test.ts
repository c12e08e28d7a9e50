import { describe, expect, it } from 'vitest';
import { endedIn } from '../../shared/events/ended.ts';

const S = (text: string) => ({ S: text });
const task = (status: string, more: object = {}) => ({
  pk: S('T#studio#one'),
  sk: S('#'),
  v: { N: '1' },
  op: S('x'),
  tenant: S('studio'),
  taskId: S('one'),
  kind: S('nft.generative'),
  status: S(status),
  ...more,
});
const lease = (phase: string, more: object = {}) => ({
  pk: S('L#burst-0123456789ab'),
  sk: S('#'),
  burstId: S('burst-0123456789ab'),
  tenant: S('studio'),
  profile: S('0123456789ab'),
  phase: S(phase),
  ...more,
});
const change = (now: { pk: object; sk: object }, before?: object) => ({
  Keys: { pk: now.pk, sk: now.sk },
  NewImage: now,
  ...(before === undefined ? {} : { OldImage: before }),
});

describe('a task that ends', () => {
  it('done says how it was verified and where it ran', () => {
    const done = task('done', {
      endedAt: S('2026-11-22T10:00:00.000Z'),
      verifiedBy: S('re-render'),
      burst: S('burst-0123456789ab'),
      attempts: { N: '2' },
    });
    expect(endedIn(change(done, task('accepted')))).toEqual({
      type: 'Task Ended',
      detail: {
        v: 1,
        id: 'studio/one',
        tenant: 'studio',
        taskId: 'one',
        kind: 'nft.generative',
        status: 'done',
        endedAt: '2026-11-22T10:00:00.000Z',
        verifiedBy: 're-render',
        burst: 'burst-0123456789ab',
        attempts: 2,
      },
    });
  });

  it.each(['done', 'failed', 'cancelled'])('%s is told once', (status) => {
    expect(endedIn(change(task(status), task('accepted')))?.detail.status).toBe(status);
    expect(endedIn(change(task(status)))?.detail.status).toBe(status);
    expect(endedIn(change(task(status, { op: S('y') }), task(status)))).toBeUndefined();
  });

  it('failed has its reason, cut to what an event carries', () => {
    const failed = task('failed', { reason: S('x'.repeat(5000)) });
    expect(endedIn(change(failed, task('accepted')))?.detail.reason).toHaveLength(1000);
  });
});

describe('a burst that closes', () => {
  it('settled has its bill and why it closed', () => {
    const settled = lease('settled', {
      billedMicroUsd: { N: '1340000' },
      closeReason: S('the paid edge was reached'),
      failure: { M: { Error: S('WorkersLost'), Cause: S('none is left') } },
    });
    expect(endedIn(change(settled, lease('tearing-down')))).toEqual({
      type: 'Burst Closed',
      detail: {
        v: 1,
        id: 'burst-0123456789ab/settled',
        burstId: 'burst-0123456789ab',
        phase: 'settled',
        tenant: 'studio',
        profile: '0123456789ab',
        closeReason: 'the paid edge was reached',
        error: 'WorkersLost',
        billedMicroUsd: 1_340_000,
      },
    });
  });

  it('with its teardown owed is told, and told again when it is settled after all', () => {
    const owed = lease('teardown-owed');
    expect(endedIn(change(owed, lease('tearing-down')))?.detail.id).toMatch(/\/teardown-owed$/);
    expect(endedIn(change(owed, owed))).toBeUndefined();
    expect(endedIn(change(lease('settled'), owed))?.detail.id).toMatch(/\/settled$/);
  });
});

describe('nothing has ended', () => {
  it.each([
    ['with an accepted task', change(task('accepted'))],
    ['with a lease that is driven', change(lease('ready'), lease('provisioning'))],
    ['with a job of a burst', change({ ...lease('settled'), sk: S('J#000001') })],
    ['with a batch', change({ pk: S('P#studio#0123456789ab'), sk: S('B#1') })],
    ['with a row that was deleted', { Keys: { pk: S('T#studio#one'), sk: S('#') } }],
  ])('%s', (_what, seen) => {
    expect(endedIn(seen)).toBeUndefined();
  });
});

it('a row of ours that has not the shape of one is an error', () => {
  expect(() => endedIn(change({ pk: S('T#studio#one'), sk: S('#') }))).toThrow();
});
