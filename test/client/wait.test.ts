import { expect, it } from 'vitest';
import type { TaskState } from '../../shared/client/task-state.ts';
import { waitFor } from '../../shared/client/wait.ts';

it('looks soon again after news, and less and less often without', async () => {
  const endsAtLook = new Map([
    ['a', 3],
    ['b', 5],
  ]);
  const looks = new Map<string, number>();
  const pauses: number[] = [];
  await waitFor(
    {
      ids: { random: () => 0.5 },
      pause: async (seconds) => void pauses.push(seconds),
      look: async (reference): Promise<TaskState> => {
        const taskId = String(reference);
        const look = (looks.get(taskId) ?? 0) + 1;
        looks.set(taskId, look);
        return look < (endsAtLook.get(taskId) ?? 0)
          ? { state: 'unknown', taskId }
          : { state: 'rejected', taskId, code: 'E_RANGE', field: '', reason: '' };
      },
    },
    ['a', 'b'],
    { pollSeconds: 2, longestPollSeconds: 30 },
  );
  expect(pauses).toEqual([2, 3, 2, 3]);
  expect(Object.fromEntries(looks)).toEqual({ a: 3, b: 5 });
});
