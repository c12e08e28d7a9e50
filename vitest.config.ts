import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    env: { AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true' },
    // One more than there are cores on a small machine: some tests wait for processes in real time.
    maxWorkers: 3,
    // Files share their worker's modules: nothing in them keeps state, and loading them anew cost minutes.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
