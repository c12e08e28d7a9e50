import type { MessagePort } from 'node:worker_threads';
import * as z from 'zod';
import type { TaskFailureClass } from '../shared/model/job.ts';

/** Files a task produced, by name. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** How one kind of task is done on this machine. */
interface Executor {
  /** Whether it uses the GPU it is paid for. */
  readonly gpuUsed: boolean;
  /**
   * Does one task. Deterministic kinds give the same files for the same spec everywhere.
   * @throws ZodError or {@link BadSpec} when the spec can be done nowhere; anything else may be tried again.
   */
  run(spec: Readonly<Record<string, unknown>>): Files | Promise<Files>;
}

export type Executors = Readonly<Record<string, Executor>>;

/** The spec asks for something that no machine can do. Never tried again. */
export class BadSpec extends Error {
  override readonly name = 'BadSpec';
}

export interface TaskOrder {
  readonly kind: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

export type TaskOutcome =
  | { readonly done: true; readonly files: Files }
  | { readonly done: false; readonly class: TaskFailureClass; readonly message: string };

/** Does one task and turns whatever goes wrong into an outcome. Never rejects. */
async function execute(executors: Executors, { kind, spec }: TaskOrder): Promise<TaskOutcome> {
  const executor = Object.hasOwn(executors, kind) ? executors[kind] : undefined;
  if (executor === undefined) {
    return {
      done: false,
      class: 'executor',
      message: `this image has no executor for kind ${kind}`,
    };
  }
  try {
    return { done: true, files: await executor.run(spec) };
  } catch (error) {
    return { done: false, ...failureOf(error) };
  }
}

function failureOf(error: unknown): { readonly class: TaskFailureClass; readonly message: string } {
  if (error instanceof z.ZodError) {
    const faults = error.issues.map(
      ({ path, message }) => `${['spec', ...path].join('.')}: ${message}`,
    );
    return { class: 'bad-spec', message: faults.join('; ') };
  }
  if (error instanceof BadSpec) return { class: 'bad-spec', message: error.message };
  return { class: 'executor', message: error instanceof Error ? error.message : String(error) };
}

/** Answers each order that comes through `port`, one at a time: the life of an executor thread. */
export function answerOrders(port: MessagePort, executors: Executors): void {
  port.on('message', async (order: TaskOrder) => port.postMessage(await execute(executors, order)));
}
