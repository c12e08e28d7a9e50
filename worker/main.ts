import { executorsOf } from './executors.ts';
import { SettingsRejected, settingsOfThisProcess } from './settings.ts';
import { startWorker } from './worker.ts';

/** Exit code for a specification that no machine can run: starting again changes nothing. */
const EXIT_BAD_SPEC = 64;

try {
  const thread = new URL(import.meta.url.replace(/main(\.[a-z]+)$/, 'executor-thread$1'));
  const settings = settingsOfThisProcess();
  await startWorker(settings, executorsOf(settings), thread);
} catch (error) {
  if (!(error instanceof SettingsRejected)) throw error;
  process.stderr.write(
    `${JSON.stringify({ event: 'settings rejected', reason: error.message })}\n`,
  );
  process.exitCode = EXIT_BAD_SPEC;
}
