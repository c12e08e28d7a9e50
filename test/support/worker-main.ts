import { settingsOfThisProcess } from '../../worker/settings.ts';
import { startWorker } from '../../worker/worker.ts';
import { TEST_EXECUTORS } from './worker-executors.ts';

// A real worker process whose executors do what a test tells them.
await startWorker(
  settingsOfThisProcess(),
  TEST_EXECUTORS,
  new URL(import.meta.url.replace(/worker-main(\.[a-z]+)$/, 'worker-thread$1')),
);
