import fc from 'fast-check';
import { expect, it } from 'vitest';
import { deploymentFor } from '../../infra/estimate/deployment.ts';
import type { RunOptions, RunResult } from '../../infra/estimate/run-once.ts';
import { DEFAULT_CATALOGUE } from '../../infra/local/ionet/catalogue.ts';
import { buildEstimate } from '../../infra/simulate/build.ts';

const { runOnce }: { runOnce: (options: RunOptions) => Promise<RunResult> } = await import(
  await buildEstimate()
);

/** A kind that draws, one with checkpoints, one that several workers must agree on. */
const SPECS = {
  'nft.generative': (n: number) => ({
    collection: { name: 'Test', seed: 'abc', supply: 100, size: 64 },
    tokenId: n,
  }),
  'vdf.wesolowski': () => ({ seed: 'one beacon', squarings: 400_000, stages: 20 }),
  container: () => ({
    image: `registry.test/program@sha256:${'cd'.repeat(32)}`,
    outputs: [{ name: 'out.txt', maxBytes: 100 }],
    verification: { policy: 'redundancy', k: 2 },
  }),
};

const anyTask = fc.record({
  kind: fc.constantFrom('nft.generative', 'vdf.wesolowski', 'container'),
  vramGb: fc.constantFrom(24, 48),
  seconds: fc.double({ min: 0.1, max: 1700, noNaN: true }),
});

it('every task of a set that can run ends, and the cost is the bill of the provider and of the ledger', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(anyTask, { minLength: 1, maxLength: 5 }),
      fc.nat(1000),
      async (drawn, seed) => {
        const tasks = drawn.map(({ kind, vramGb, seconds }, n) => ({
          ...{ taskId: `task-${n + 1}`, kind, resources: { vramGb }, estimatedSeconds: seconds },
          spec: kind in SPECS ? SPECS[kind](n + 1) : {},
        }));
        const run = await runOnce({
          ...{ seed, catalogue: DEFAULT_CATALOGUE, extendable: true, announced: new Map() },
          settings: deploymentFor('deployed', 'caas', tasks).settings,
          bodies: tasks.map((task) => JSON.stringify(task)),
          taskSeconds: new Map(
            tasks.map(({ taskId, estimatedSeconds }) => [taskId, estimatedSeconds]),
          ),
          provisioningSeconds: () => 300,
        });
        expect({ done: run.done, failed: run.failed, unended: run.unended }).toEqual({
          ...{ done: tasks.length, failed: 0, unended: 0 },
        });
        expect(run.chargedMicroUsd).toBeGreaterThan(0);
        expect(run.billedMicroUsd).toBe(run.chargedMicroUsd);
        expect(run.finishSeconds).toBeGreaterThan(300);
      },
    ),
    { numRuns: 6 },
  );
});
