import { createClock } from './clock.ts';
import type { Executors } from './execute.ts';
import { askNvidiaSmi, watchGpus } from './gpus.ts';
import { createJobRunner } from './job-runner.ts';
import { createLog } from './log.ts';
import { createJobServer } from './server.ts';
import { environmentOfSlot, type WorkerSettings } from './settings.ts';
import { createSlot, threadEntry } from './slot.ts';
import { gpusOfSlot } from './slot-gpus.ts';
import { createTransfers } from './transfer.ts';

/** Exit code of a worker that gave work back; it is to be done elsewhere. */
const EXIT_HANDED_BACK = 75;

/**
 * Makes this process a worker: wires its parts, prints `{"listening": port}`, and on SIGTERM ends with
 * exit code 0, or 75 when work was handed back.
 *
 * @param executors - What the module behind `thread` runs; here only their need for a GPU is looked at.
 * @param thread - Module of an executor thread.
 */
export async function startWorker(
  settings: WorkerSettings,
  executors: Executors,
  thread: URL,
): Promise<void> {
  const clock = createClock(settings.clock);
  const log = createLog(clock);
  const entry = threadEntry(thread);
  const { token, slots, gpus, visibleGpus } = settings;
  const gpuUsed = Object.values(executors).some((executor) => executor.gpuUsed);
  const told = gpus && { gpus, gpusFrom: 'BURST_GPUS' };
  const watch = await watchGpus(
    async () => told ?? askNvidiaSmi(),
    () => performance.now(),
  );
  const counts = { slots, gpus: watch.reading().gpus.length };
  const runner = createJobRunner({
    slots: Array.from({ length: slots }, (_, slot) =>
      createSlot(entry, environmentOfSlot(gpusOfSlot(slot, counts, visibleGpus))),
    ),
    clock,
    transfers: createTransfers(clock),
    log,
  });
  const hardware = () => ({ slots, gpuUsed, ...watch.reading() });
  const server = createJobServer({ runner, token, hardware });

  server.listen(settings.port, settings.host, () => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('not listening on a port');
    process.stdout.write(`${JSON.stringify({ listening: address.port })}\n`);
  });
  if (settings.endWithStdin) process.stdin.once('end', () => process.exit(0)).resume();
  process.once('SIGTERM', async () => {
    const handedBack = await runner.shutDown();
    log('worker ended', { handedBack });
    process.exit(handedBack.length === 0 ? 0 : EXIT_HANDED_BACK);
  });
}
