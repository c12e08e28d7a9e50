import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that take longest, those that compute among those that wait for processes. */
const LONG = [
  'simulate/campaign',
  'worker/python-worker',
  'infra/cdk-out',
  'local/real-faults',
  'world/crashes',
  'worker/node-worker',
  'world/hand-over',
  'local/ionet-url',
  'explain/virtual-world',
  'local/clusters-flavour',
  'machine/walks',
  'local/whole-burst',
  'world/paid-time',
  'world/provisioning',
];

/** Begins with the long files, so that none of them is left alone at the end. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const place = LONG.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
      return place < 0 ? LONG.length : place;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // One more than there are cores on a small machine: some tests wait for processes in real time.
    maxWorkers: 3,
    // Files share their worker's modules: nothing in them keeps state, and loading them anew cost minutes.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
