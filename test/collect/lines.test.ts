import { expect, it } from 'vitest';
import { heldTogether, type Line, lineAt } from '../../lambdas/collect/lines.ts';
import { TaskId } from '../../shared/model/ids.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import { containerSpec } from '../kinds/container/make.ts';
import { aBatch, aJob } from '../support/burst-rows.ts';

const MIB = 1024 * 1024;

const taskOf = (line: number, more: Partial<ManifestTask>): ManifestTask => ({
  ...{ line, batchId: aBatch(1).batchId, batchFence: 1, index: line, attempt: 1, uploads: [] },
  ...{ taskId: TaskId.parse(`task-${line}`), kind: 'container', spec: containerSpec() },
  ...more,
});

/** Lines whose programs may deliver files of so many bytes each. */
const delivering = (...sizes: readonly (readonly number[])[]): Line[] => {
  const tasks = sizes.map((bytes, line) =>
    taskOf(line, {
      spec: containerSpec({
        outputs: bytes.map((maxBytes, n) => ({ name: `out-${n}`, maxBytes })),
      }),
    }),
  );
  return tasks.map((_, line) => lineAt(line, aJob(1, { uploaded: new Set([0, 1, 2, 3]) }), tasks));
};

it.each([
  ['all where they fit', [[1], [1], [1], [1]], 4],
  ['as many as come to 128 MiB', [[64 * MIB], [63 * MIB, 1 * MIB], [1], [1]], 2],
  ['no more than that', [[64 * MIB], [64 * MIB, 1], [1]], 1],
  ['one in any case', [[64 * MIB, 64 * MIB], [1]], 1],
])('of lines, Collect holds %s', (_what, sizes, count) => {
  expect(heldTogether(delivering(...sizes))).toHaveLength(count);
});

it('the inputs that failed lines complain of count too, which are read one after the other', () => {
  const inputs = [64 * MIB, 64 * MIB].map((bytes, n) => ({
    ...{ name: `in-${n}`, sha256: 'ab'.repeat(32) as never, bytes, url: 'https://inputs.test/' },
  }));
  const failures = [0, 1, 2].map((line) => ({ line, class: 'input', message: 'gone' }));
  const tasks = [0, 1, 2].map((line) => taskOf(line, { inputs }));
  const job = aJob(1, { failures });
  expect(heldTogether(tasks.map((_, line) => lineAt(line, job, tasks)))).toHaveLength(2);
});

it('a line the manifest has not holds nothing', () => {
  expect(lineAt(7, aJob(1), [])).toEqual({ line: 7, is: 'unknown' });
});
