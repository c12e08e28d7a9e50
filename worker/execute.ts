import type { MessagePort } from 'node:worker_threads';
import * as z from 'zod';
import type { TaskFailureClass } from '../shared/model/job.ts';

/** Files a task produced, by name. */
export type Files = ReadonlyMap<string, Uint8Array>;

/** A place to go on from. The payload is what this kind's executor left there, here or on another machine. */
export interface Resume {
  readonly sequence: number;
  readonly stage: string;
  readonly payload: Uint8Array;
}

/** One task, with everything that was fetched for it. */
export interface Work {
  readonly spec: Readonly<Record<string, unknown>>;
  /** The task's own files by name, and shared ones as `asset:<sha256>`. All of them have their hashes. */
  readonly inputs: ReadonlyMap<string, Uint8Array>;
  /** Undefined: from the beginning. What cannot be read is ignored: start over, never fail. */
  readonly resume: Resume | undefined;
  /** Hands out a payload to go on from when this machine dies. Only the newest is kept. */
  readonly checkpoint: (stage: string, payload: Uint8Array) => void;
}

/** Name in {@link Work.inputs} of a file that tasks share. */
export const assetName = (sha256: string): string => `asset:${sha256}`;

/** How one kind of task is done on this machine. */
export interface Executor {
  /** Whether it uses the GPU it is paid for. */
  readonly gpuUsed: boolean;
  /**
   * Does one task. Deterministic kinds give the same files for the same spec everywhere.
   * @throws ZodError or {@link BadSpec} when the spec can be done nowhere; anything else may be tried again.
   */
  run(work: Work): Files | Promise<Files>;
}

export type Executors = Readonly<Record<string, Executor>>;

/** The spec asks for something that no machine can do. Never tried again. */
export class BadSpec extends Error {
  override readonly name = 'BadSpec';
}

export type TaskOrder = Omit<Work, 'checkpoint'> & { readonly kind: string };

/** What an executor thread says: any number of checkpoints, then the outcome. */
export type ThreadMessage =
  | { readonly checkpoint: { readonly stage: string; readonly payload: Uint8Array } }
  | { readonly outcome: TaskOutcome };

export type TaskOutcome =
  | { readonly done: true; readonly files: Files }
  | { readonly done: false; readonly class: TaskFailureClass; readonly message: string };

/** Does one task and turns whatever goes wrong into an outcome. Never rejects. */
async function execute(
  executors: Executors,
  { kind, ...order }: TaskOrder,
  checkpoint: Work['checkpoint'],
): Promise<TaskOutcome> {
  const executor = Object.hasOwn(executors, kind) ? executors[kind] : undefined;
  if (executor === undefined) {
    return {
      done: false,
      class: 'executor',
      message: `this image has no executor for kind ${kind}`,
    };
  }
  try {
    return { done: true, files: await executor.run({ ...order, checkpoint }) };
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
  const say = (message: ThreadMessage) => port.postMessage(message);
  port.on('message', async (order: TaskOrder) => {
    const outcome = await execute(executors, order, (stage, payload) =>
      say({ checkpoint: { stage, payload } }),
    );
    say({ outcome });
  });
}
