import { setMaxListeners } from 'node:events';
import type { InlineMap, Parallel } from './definition.ts';
import { MAX_INLINE_CONCURRENCY } from './definition.ts';
import { type Document, documentOf } from './document.ts';
import { StateFailure } from './failures.ts';
import {
  evaluate,
  evaluationFailed,
  type RunScope,
  record,
  type Thread,
  type Visit,
} from './visit.ts';

/** Runs all branches at once, each on the state's input. The first failure aborts the others. */
export async function performParallel(
  visit: Visit<Parallel>,
  runScope: RunScope,
): Promise<Document> {
  const { run, thread, state, input } = visit;
  record(run, thread, 'ParallelStateStarted');
  const outputs = await fanOut(visit, {
    count: state.Branches.length,
    atOnce: state.Branches.length,
    work: async (child, index) => {
      const branch = state.Branches[index];
      if (branch === undefined) throw new RangeError(`no branch ${index}`);
      return runScope(run, child, branch, input);
    },
  });
  record(run, thread, 'ParallelStateSucceeded');
  return gather(visit, outputs);
}

/** Runs the item processor on each item, in their order, at most `MaxConcurrency` at a time. */
export async function performMap(visit: Visit<InlineMap>, runScope: RunScope): Promise<Document> {
  const { run, thread, state, name } = visit;
  const items = await itemsOf(visit);
  const atOnce = await concurrencyOf(visit);
  record(run, thread, 'MapStateStarted', { mapStateStartedEventDetails: { length: items.length } });

  const outputs = await fanOut(visit, {
    count: items.length,
    atOnce,
    threadOf: (index) => ({ map: { Item: { Index: index, Value: items[index] } } }),
    work: async (child, index) => {
      const iteration = { name, index };
      record(run, child, 'MapIterationStarted', { mapIterationStartedEventDetails: iteration });
      const input = await itemInput(visit, child, items[index]);
      const output = await runScope(run, child, state.ItemProcessor, input);
      record(run, child, 'MapIterationSucceeded', {
        mapIterationSucceededEventDetails: iteration,
      });
      return output;
    },
  });
  record(run, thread, 'MapStateSucceeded');
  return gather(visit, outputs);
}

const gather = ({ run, name }: Visit, outputs: readonly Document[]): Document =>
  documentOf(
    outputs.map(({ value }) => value),
    `result of state '${name}'`,
    run.maxPayloadBytes,
  );

async function itemsOf(visit: Visit<InlineMap>): Promise<readonly unknown[]> {
  const { Items } = visit.state;
  const items = Items === undefined ? visit.input.value : await evaluate(visit, Items, 'Items');
  if (Array.isArray(items)) return items;
  throw evaluationFailed(visit, 'Items', 'The items of a Map state must be an array.');
}

/** Zero, and everything above the inline limit, means the limit. */
async function concurrencyOf(visit: Visit<InlineMap>): Promise<number> {
  const given = await evaluate(visit, visit.state.MaxConcurrency ?? 0, 'MaxConcurrency');
  if (typeof given !== 'number' || !Number.isInteger(given) || given < 0) {
    const message = 'MaxConcurrency must be a whole number, 0 or more.';
    throw evaluationFailed(visit, 'MaxConcurrency', message);
  }
  return given === 0 ? MAX_INLINE_CONCURRENCY : Math.min(given, MAX_INLINE_CONCURRENCY);
}

/** `ItemSelector` belongs to the Map state, but sees the item in its context. */
async function itemInput(visit: Visit<InlineMap>, child: Thread, item: unknown): Promise<Document> {
  const { ItemSelector } = visit.state;
  const context = { ...visit.context, Map: child.map };
  const value =
    ItemSelector === undefined
      ? item
      : await evaluate({ ...visit, thread: child, context }, ItemSelector, 'ItemSelector');
  return documentOf(value, `item of state '${visit.name}'`, visit.run.maxPayloadBytes);
}

interface FanOut {
  readonly count: number;
  readonly atOnce: number;
  readonly work: (child: Thread, index: number) => Promise<Document>;
  readonly threadOf?: (index: number) => Pick<Thread, 'map'>;
}

/**
 * Runs `count` threads, `atOnce` at a time, and gives their outputs in order of index. Each starts
 * with the variables of its parent and keeps its own changes. The first one to fail stops the rest.
 */
function fanOut(visit: Visit<Parallel | InlineMap>, plan: FanOut): Promise<readonly Document[]> {
  const { thread } = visit;
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // one listener for each thread that waits
  const running = new Map<number, Thread>();
  const outputs: Document[] = [];
  let started = 0;
  let ended = false;

  return new Promise((resolve, reject) => {
    const stopAll = () => controller.abort();
    thread.signal.addEventListener('abort', stopAll, { once: true });

    const end = (settle: () => void) => {
      ended = true;
      thread.signal.removeEventListener('abort', stopAll);
      controller.abort();
      settle();
    };

    const start = (index: number) => {
      const child: Thread = {
        signal: controller.signal,
        variables: thread.variables,
        lastEventId: thread.lastEventId,
        ...(thread.map && { map: thread.map }),
        ...plan.threadOf?.(index),
      };
      running.set(index, child);
      plan.work(child, index).then(
        (output) => {
          if (ended) return;
          running.delete(index);
          outputs[index] = output;
          thread.lastEventId = child.lastEventId;
          fill();
        },
        (error) => {
          if (ended) return;
          running.delete(index);
          end(() => reject(afterFailure(visit, error, { child, index }, running)));
        },
      );
    };

    const fill = () => {
      while (running.size < plan.atOnce && started < plan.count) start(started++);
      if (running.size === 0) end(() => resolve(outputs));
    };
    fill();
  });
}

/** State types whose interruption is an event of its own. */
const ABORTABLE: ReadonlySet<string> = new Set(['Task', 'Wait', 'Parallel', 'Map']);
type Abortable = 'Task' | 'Wait' | 'Parallel' | 'Map';
const isAbortable = (type: string | undefined): type is Abortable => ABORTABLE.has(type ?? '');

/**
 * Records that one thread failed and the others stop, all pointing at the event that started it.
 *
 * @returns the error to pass on: the given one, or that the history ran out over this.
 */
function afterFailure(
  { run, thread, name, state }: Visit<Parallel | InlineMap>,
  error: unknown,
  failed: { child: Thread; index: number },
  siblings: ReadonlyMap<number, Thread>,
): unknown {
  if (!(error instanceof StateFailure) || thread.signal.aborted) return error;
  const isMap = state.Type === 'Map';
  const { history } = run;
  const origin = failed.child.lastEventId;
  try {
    if (isMap) {
      const mapIterationFailedEventDetails = { name, index: failed.index };
      history.append('MapIterationFailed', origin, { mapIterationFailedEventDetails });
    }
    for (const [index, { at }] of siblings) {
      if (isAbortable(at)) history.append(`${at}StateAborted`, origin);
      if (isMap) {
        const mapIterationAbortedEventDetails = { name, index };
        history.append('MapIterationAborted', origin, { mapIterationAbortedEventDetails });
      }
    }
    thread.lastEventId = history.append(`${state.Type}StateFailed`, origin);
    return error;
  } catch (historyFull) {
    return historyFull;
  }
}
