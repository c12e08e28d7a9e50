import { beforeEach, describe, expect, it } from 'vitest';
import type { Queue, QueueEntry } from '../../shared/ports.ts';

/** A queue, and every body on it in any order. */
export interface ObservedQueue {
  readonly queue: Queue;
  bodies(): Promise<string[]>;
}

/** What every intake queue does for those who send. */
export function queueContract(name: string, make: () => Promise<ObservedQueue>): void {
  describe(`the queue (${name})`, () => {
    let observed: ObservedQueue;
    beforeEach(async () => {
      observed = await make();
    });
    const entries = (count: number): QueueEntry[] =>
      Array.from({ length: count }, (_, n) => ({ id: `task ${n} / ä`, body: `{"n":${n}}` }));

    it.each([0, 1, 10])('takes %i entries at once', async (count) => {
      expect(await observed.queue.send(entries(count))).toEqual({ failed: [] });
      expect((await observed.bodies()).sort()).toEqual(entries(count).map(({ body }) => body));
    });

    it('refuses eleven entries', async () => {
      await expect(observed.queue.send(entries(11))).rejects.toThrow(RangeError);
      expect(await observed.bodies()).toEqual([]);
    });

    it.each([
      ['a control character', 'a\u0000b'],
      ['U+FFFE', 'a\ufffeb'],
    ])('refuses an entry with %s and takes its neighbours', async (_name, body) => {
      const [first, last] = [
        { id: 'first', body: 'one\n\t' },
        { id: 'last', body: 'ä€' },
      ];
      const { failed } = await observed.queue.send([first, { id: 'bad', body }, last]);
      expect(failed).toEqual([
        { id: 'bad', reason: expect.stringContaining('InvalidMessageContents'), retry: false },
      ]);
      expect((await observed.bodies()).sort()).toEqual([first.body, last.body]);
    });

    it('throws when the call as a whole is too large', async () => {
      const body = 'x'.repeat(600_000);
      await expect(
        observed.queue.send([
          { id: 'a', body },
          { id: 'b', body },
        ]),
      ).rejects.toThrow();
      expect(await observed.bodies()).toEqual([]);
    });
  });
}
