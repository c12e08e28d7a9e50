import { Worker } from 'node:worker_threads';
import type { TaskOrder, TaskOutcome, ThreadMessage, Work } from './execute.ts';

/** One thread that does tasks one at a time. */
export interface Slot {
  /**
   * Does a task. When `signal` aborts, the thread is ended in the middle of it and the promise rejects
   * with the signal's reason; the next task gets a new thread.
   */
  run(order: TaskOrder, signal: AbortSignal, checkpoint: Work['checkpoint']): Promise<TaskOutcome>;
  close(): Promise<void>;
}

/**
 * Where a thread starts that runs `module`. Node gives a thread no loader of its own, so TypeScript
 * sources are run through a line of code that registers tsx first; a bundle needs no loader.
 */
export function threadEntry(module: URL): URL {
  if (!module.pathname.endsWith('.ts')) return module;
  const source = [
    `import { register } from ${JSON.stringify(import.meta.resolve('tsx/esm/api'))};`,
    'register();',
    `await import(${JSON.stringify(module.href)});`,
  ];
  return new URL(`data:text/javascript,${encodeURIComponent(source.join('\n'))}`);
}

type End =
  | { readonly by: 'answer'; readonly outcome: TaskOutcome }
  | { readonly by: 'crash'; readonly why: string }
  | { readonly by: 'stop' };

/** Gives the thread one order and waits for the first of: its answer, its death, the signal. */
function nextEnd(
  thread: Worker,
  order: TaskOrder,
  signal: AbortSignal,
  checkpoint: Work['checkpoint'],
): Promise<End> {
  return new Promise((resolve) => {
    const end = (how: End) => {
      thread.off('message', said).off('error', failed).off('exit', exited);
      signal.removeEventListener('abort', stopped);
      resolve(how);
    };
    const said = (message: ThreadMessage) =>
      'outcome' in message
        ? end({ by: 'answer', outcome: message.outcome })
        : checkpoint(message.checkpoint.stage, message.checkpoint.payload);
    const failed = (error: unknown) =>
      end({ by: 'crash', why: error instanceof Error ? error.message : String(error) });
    const exited = (code: number) => end({ by: 'crash', why: `exit code ${code}` });
    const stopped = () => end({ by: 'stop' });
    thread.on('message', said).on('error', failed).on('exit', exited);
    signal.addEventListener('abort', stopped, { once: true });
    thread.postMessage(order);
  });
}

/**
 * The thread starts with the first task and stays warm. A crash fails the task at hand and no other.
 *
 * @param env - Environment of the thread, and of the programs it starts; absent: that of this process.
 */
export function createSlot(entry: URL, env?: NodeJS.ProcessEnv): Slot {
  let thread: Worker | undefined;

  const startThread = (): Worker => {
    const started = new Worker(entry, { env });
    // A thread that dies between two tasks is simply replaced by the next one.
    started.on('error', () => {});
    started.once('exit', () => {
      if (thread === started) thread = undefined;
    });
    return started;
  };

  async function run(
    order: TaskOrder,
    signal: AbortSignal,
    checkpoint: Work['checkpoint'],
  ): Promise<TaskOutcome> {
    signal.throwIfAborted();
    thread ??= startThread();
    const end = await nextEnd(thread, order, signal, checkpoint);
    if (end.by === 'answer') return end.outcome;
    await close();
    if (end.by === 'stop') throw signal.reason;
    return { done: false, class: 'executor', message: `executor thread ended: ${end.why}` };
  }

  async function close(): Promise<void> {
    const closing = thread;
    thread = undefined;
    await closing?.terminate();
  }

  return { run, close };
}
