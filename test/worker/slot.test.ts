import { afterEach, describe, expect, it } from 'vitest';
import { createSlot, type Slot, threadEntry } from '../../worker/slot.ts';

const NEVER = new AbortController().signal;
const ORDER = { kind: 'any', spec: {}, inputs: new Map(), resume: undefined };

/** No test here expects one. */
const NONE = () => expect.unreachable('a checkpoint');

const slots: Slot[] = [];
afterEach(async () => {
  await Promise.all(slots.splice(0).map((slot) => slot.close()));
});

/** A slot whose thread runs this code. */
function slotOf(code: string): Slot {
  const slot = createSlot(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
  slots.push(slot);
  return slot;
}

/** Counts the orders it gets; what it does with one is the code in `onOrder`. */
const threadOf = (onOrder: string) => `
  import { parentPort } from 'node:worker_threads';
  let orders = 0;
  const answer = () => parentPort.postMessage({ outcome: { done: true, files: new Map([['orders', orders]]) } });
  parentPort.on('message', () => { orders += 1; ${onOrder} });`;

describe('a slot', () => {
  it('keeps its thread from task to task', async () => {
    const slot = slotOf(threadOf('answer()'));
    await slot.run(ORDER, NEVER, NONE);
    expect(await slot.run(ORDER, NEVER, NONE)).toEqual({
      done: true,
      files: new Map([['orders', 2]]),
    });
  });

  it.each([
    { name: 'does not load', code: 'import "./nowhere.js"' },
    { name: 'throws', code: threadOf('throw new Error("boom")') },
    { name: 'exits', code: threadOf('process.exit(7)') },
  ])('fails the task at hand, and the next one too, when its thread $name', async ({ code }) => {
    const slot = slotOf(code);
    for (const _task of ['first', 'second']) {
      expect(await slot.run(ORDER, NEVER, NONE)).toMatchObject({ done: false, class: 'executor' });
    }
  });

  it('passes checkpoints on in order before the outcome', async () => {
    const say = (n: number) =>
      `parentPort.postMessage({ checkpoint: { stage: 's${n}', payload: ${n} } });`;
    const slot = slotOf(threadOf(`${say(1)} ${say(2)} answer()`));
    const seen: unknown[] = [];
    const outcome = await slot.run(ORDER, NEVER, (stage, payload) => seen.push([stage, payload]));
    expect(seen).toEqual([
      ['s1', 1],
      ['s2', 2],
    ]);
    expect(outcome).toMatchObject({ done: true });
  });

  it('ends a task that never ends when it is told to, and begins none after that', async () => {
    const busy = slotOf(threadOf('for (;;);'));
    const stop = new AbortController();
    const running = busy.run(ORDER, stop.signal, NONE);
    stop.abort('cancelled');
    await expect(running).rejects.toBe('cancelled');
    await expect(busy.run(ORDER, stop.signal, NONE)).rejects.toBe('cancelled');
  });
});

describe('threadEntry', () => {
  it('is the module itself where Node can load it', () => {
    const bundled = new URL('file:///app/executor-thread.js');
    expect(threadEntry(bundled)).toBe(bundled);
  });

  it('is a line that registers a loader before a TypeScript module', () => {
    const source = decodeURIComponent(threadEntry(new URL('file:///app/executor-thread.ts')).href);
    expect(source).toMatch(
      /^data:.*register\(\);\s*await import\("file:\/\/\/app\/executor-thread\.ts"\)/s,
    );
  });
});
