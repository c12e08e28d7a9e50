import { expect, it } from 'vitest';
import { runEvery } from '../../infra/local/cloud/run-every.ts';
import { virtualTime } from '../../infra/local/engine/virtual-time.ts';

const atSecond = (second: number) => ({ until: second * 1000 });

it.each([
  { second: 59.999, runs: 0 },
  { second: 60, runs: 1 },
  { second: 119.999, runs: 1 },
  { second: 120, runs: 2 },
  { second: 600, runs: 10 },
])('has run $runs times after $second seconds of one a minute', async ({ second, runs }) => {
  const time = virtualTime({ startAt: 0 });
  let count = 0;
  const run = async () => void count++;
  const stop = runEvery({ everySeconds: 60, timers: time, run, onFailure: () => {} });
  await time.run(atSecond(second));
  stop();
  expect(count).toBe(runs);
});

it('leaves out the ticks during a run that takes longer', async () => {
  const time = virtualTime({ startAt: 0 });
  const starts: number[] = [];
  const run = () => {
    starts.push(time.now() / 1000);
    return new Promise<void>((resolve) => {
      time.after(150_000, resolve);
    });
  };
  const stop = runEvery({ everySeconds: 60, timers: time, run, onFailure: () => {} });
  await time.run(atSecond(500));
  stop();
  expect(starts).toEqual([60, 240, 420]);
});

it('goes on after a failure and tells of it', async () => {
  const time = virtualTime({ startAt: 0 });
  const failures: unknown[] = [];
  const run = () => Promise.reject(new Error(`at ${time.now() / 1000}`));
  const onFailure = (error: unknown) => failures.push(error);
  const stop = runEvery({ everySeconds: 60, timers: time, run, onFailure });
  await time.run(atSecond(120));
  stop();
  expect(failures).toEqual([new Error('at 60'), new Error('at 120')]);
});

it('stops', async () => {
  const time = virtualTime({ startAt: 0 });
  let count = 0;
  const run = async () => void count++;
  const stop = runEvery({ everySeconds: 60, timers: time, run, onFailure: () => {} });
  await time.run(atSecond(60));
  stop();
  await time.run(atSecond(600));
  expect(count).toBe(1);
});
