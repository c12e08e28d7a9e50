import { expect, it } from 'vitest';
import { benchGaps } from '../../infra/bench/gaps.ts';
import type { PolicyRun } from '../../infra/bench/policy-run.ts';
import { buildBenchmark } from '../../infra/simulate/build.ts';

it('gaps around the paid edge cost Burst at most twice the optimum, and never less than it', async () => {
  const { runOurs } = await import(await buildBenchmark());
  const ratios = await benchGaps(runOurs, [3610, 3700], [2]);
  expect(ratios.map(({ gapSeconds }) => gapSeconds)).toEqual([3610, 3700]);
  for (const { ratio } of ratios) {
    expect(ratio).toBeGreaterThanOrEqual(1);
    expect(ratio).toBeLessThanOrEqual(2);
  }
});

it('the ratio is what was paid over what had to be', async () => {
  const hourEach = async ({ tasks }: { tasks: PolicyRun['tasks'][number]['task'][] }) => ({
    policy: 'an hour each',
    leases: tasks.map(({ arrivalSeconds }) => ({
      ...{ startSeconds: arrivalSeconds, endSeconds: arrivalSeconds + 60, gpus: 8 },
    })),
    tasks: tasks.map((task) => ({ task, startSeconds: task.arrivalSeconds, endSeconds: 0 })),
    modelLoads: 0,
  });
  const ratios = await benchGaps((options) => hourEach({ tasks: [...options.tasks] }), [60]);
  expect(ratios).toEqual([
    { gapSeconds: 60, tasks: 2, paidHours: 2, optimalHours: 1, ratio: 2 },
    { gapSeconds: 60, tasks: 12, paidHours: 12, optimalHours: 1, ratio: 12 },
  ]);
});
