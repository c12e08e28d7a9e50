import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { realTimers } from '../../infra/local/engine/timers.ts';
import { NothingLeftToRun, virtualTime } from '../../infra/local/engine/virtual-time.ts';

describe('virtualTime', () => {
  const aClock = () => virtualTime({ startAt: 0 });

  it('fires timers in order of time, and ties in order of scheduling', async () => {
    const time = aClock();
    const fired: string[] = [];
    for (const [name, at] of [
      ['c', 20],
      ['a', 10],
      ['d', 20],
      ['b', 10],
      ['e', 5],
    ] as const) {
      time.after(at, () => fired.push(`${name}@${time.now()}`));
    }
    await time.run();
    expect(fired).toEqual(['e@5', 'a@10', 'b@10', 'c@20', 'd@20']);
  });

  it('keeps the order of many timers scheduled in any order', async () => {
    const time = aClock();
    const fired: number[] = [];
    for (let n = 0; n < 1000; n += 1) time.after((n * 7919) % 1009, () => fired.push(time.now()));
    await time.run();
    expect(fired).toEqual(fired.toSorted((a, b) => a - b));
    expect(fired).toHaveLength(1000);
  });

  it('never fires a cancelled timer, nor moves to its time', async () => {
    const time = aClock();
    const cancel = time.after(1000, () => expect.unreachable());
    time.after(10, cancel);
    await time.run();
    expect(time.now()).toBe(10);
  });

  it('drains promise chains of any length before the next timer', async () => {
    const time = aClock();
    const log: string[] = [];
    time.after(10, async () => {
      for (let n = 0; n < 5000; n += 1) await null;
      await new Promise<void>((resolve) => process.nextTick(resolve));
      log.push(`chain@${time.now()}`);
      time.after(0, () => log.push(`scheduled by it@${time.now()}`));
    });
    time.after(11, () => log.push(`next@${time.now()}`));
    await time.run();
    expect(log).toEqual(['chain@10', 'scheduled by it@10', 'next@11']);
  });

  it('stands still while work off the thread is pending', async () => {
    const time = aClock();
    const log: string[] = [];
    time.after(10, async () => {
      let digest = new ArrayBuffer(1 << 20);
      const rounds = async () => {
        for (let n = 0; n < 20; n += 1) digest = await crypto.subtle.digest('SHA-256', digest);
      };
      await time.during(rounds());
      log.push(`digest@${time.now()}`);
    });
    time.after(11, () => log.push('next'));
    await time.run();
    expect(log).toEqual(['digest@10', 'next']);
  });

  it('stops before the first timer after `until` and stands at it', async () => {
    const time = aClock();
    const fired: number[] = [];
    for (const at of [10, 20, 21]) time.after(at, () => fired.push(at));
    await time.run({ until: 20 });
    expect({ fired, now: time.now() }).toEqual({ fired: [10, 20], now: 20 });
    await time.run({ until: 500 });
    expect(time.now()).toBe(500);
  });

  it('stops as soon as `done` says so', async () => {
    const time = aClock();
    let ticks = 0;
    const tick = () => {
      ticks += 1;
      time.after(60_000, tick);
    };
    tick();
    await time.run({ done: () => ticks === 5 });
    expect(time.now()).toBe(4 * 60_000);
  });

  it('settles a promise, passing on its rejection', async () => {
    const time = aClock();
    const later = <T>(settle: (done: (value: T) => void) => void) =>
      new Promise<T>((resolve) => time.after(5, () => settle(resolve)));
    expect(await time.settle(later<number>((done) => done(7)))).toBe(7);
    const rejects = later<number>((done) => done(1)).then(() => Promise.reject(new Error('no')));
    await expect(time.settle(rejects)).rejects.toThrow('no');
  });

  it('says so when nothing is left that could settle a promise', async () => {
    await expect(aClock().settle(new Promise(() => {}))).rejects.toThrow(NothingLeftToRun);
  });

  it('refuses to be run twice at once', async () => {
    const time = aClock();
    const first = time.run();
    await expect(time.run()).rejects.toThrow('already running');
    await first;
  });

  it('refuses a start that is no instant', () => {
    expect(() => virtualTime({ startAt: 'soon' })).toThrow(RangeError);
  });
});

describe('realTimers', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it.each([
    { speed: 1, realMs: 6000, engineMs: 6000 },
    { speed: 60, realMs: 100, engineMs: 6000 },
    { speed: 0.5, realMs: 12_000, engineMs: 6000 },
  ])('at speed $speed waits $realMs ms for $engineMs ms', ({ speed, realMs, engineMs }) => {
    const timers = realTimers({ speed, originMs: 1_000_000 });
    const fired: number[] = [];
    timers.after(engineMs, () => fired.push(timers.now()));
    vi.advanceTimersByTime(realMs - 1);
    expect(fired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(fired).toEqual([1_000_000 + engineMs]);
  });

  it('fires nothing that was cancelled', () => {
    const cancel = realTimers().after(10, () => expect.unreachable());
    cancel();
    vi.advanceTimersByTime(100);
  });

  it('waits longer than one host timer can hold', () => {
    const days = 40 * 86_400_000;
    let fired = false;
    realTimers().after(days, () => {
      fired = true;
    });
    vi.advanceTimersByTime(days - 1);
    expect(fired).toBe(false);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(true);
  });

  it('begins at the host’s clock when no origin is given', () => {
    vi.setSystemTime(123_000);
    expect(realTimers().now()).toBe(123_000);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses speed %d', (speed) => {
    expect(() => realTimers({ speed })).toThrow(RangeError);
  });
});
