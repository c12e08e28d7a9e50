import type { Ports } from '../../shared/ports.ts';
import type { StateMachine } from '../local/engine/state-machine.ts';
import type { StageName } from '../stages.ts';
import { type Counts, countCall, countingPorts, noCounts, type Took } from './counting-ports.ts';

/** What a run asked of AWS. */
export interface AskedOfAws {
  /** Tasks it was sent, and clusters it rented. */
  readonly tasks: number;
  readonly leases: number;
  /** States entered, and tasks tried again. */
  readonly transitions: number;
  /** How often each state was entered. */
  readonly states: Readonly<Record<string, number>>;
  /** By stage, `worker` and `sender`. */
  readonly counts: Readonly<Record<string, Counts>>;
  /** Invocations by stage. */
  readonly invocations: Readonly<Record<string, number>>;
  /** Seconds that they waited for answers, together, by stage. */
  readonly waitedSeconds: Readonly<Record<string, number>>;
}

/** Messages one request sends, receives or deletes. */
const MESSAGES_PER_REQUEST = 10;

/** Counts what the stages of one world, its workers and its sender ask of AWS. */
export function createAwsCounter() {
  const counts: Record<string, Counts> = {};
  const invocations: Record<string, number> = {};
  const waitedSeconds: Record<string, number> = {};
  const countsOf = (who: string): Counts => {
    const own = counts[who] ?? noCounts();
    counts[who] = own;
    return own;
  };
  const raise = (of: Record<string, number>, stage: StageName, by: number) => {
    of[stage] = (of[stage] ?? 0) + by;
  };
  let sent = 0;
  return {
    portsOf: (stage: StageName, ports: Ports, took: Took): Ports =>
      countingPorts(ports, countsOf(stage), took),
    invoked: (stage: StageName) => raise(invocations, stage, 1),
    waited: (stage: StageName, seconds: number) => raise(waitedSeconds, stage, seconds),
    workerObject: (operation: string) => countCall(countsOf('worker'), `S3 ${operation}`),
    /** So many messages were sent at once, and will be received and deleted. */
    messages(count: number) {
      sent += count;
      const requests = Math.ceil(count / MESSAGES_PER_REQUEST);
      for (const name of ['SendMessageBatch', 'ReceiveMessage', 'DeleteMessageBatch']) {
        countCall(countsOf('sender'), `SQS ${name}`, requests);
      }
    },
    asked: (machine: StateMachine, leases: number): AskedOfAws => ({
      ...{ tasks: sent, leases, counts, invocations, waitedSeconds },
      ...transitionsOf(machine),
    }),
  };
}

/** Step Functions bills every state entered, and every attempt of a Retry. */
function transitionsOf(machine: StateMachine): Pick<AskedOfAws, 'transitions' | 'states'> {
  const states: Record<string, number> = {};
  let [entered, tasks, attempts] = [0, 0, 0];
  for (const { name } of pages((request) => {
    const { executions: items, ...page } = machine.list(request);
    return { items, ...page };
  })) {
    for (const { type, stateEnteredEventDetails: at } of pages((request) => {
      const { events: items, ...page } = machine.history(name, request);
      return { items, ...page };
    })) {
      if (type === 'TaskScheduled') attempts += 1;
      if (type === 'TaskStateEntered') tasks += 1;
      if (at === undefined) continue;
      entered += 1;
      states[at.name] = (states[at.name] ?? 0) + 1;
    }
  }
  return { transitions: entered + attempts - tasks, states };
}

function* pages<Item>(
  next: (request: { nextToken?: string }) => {
    readonly items: readonly Item[];
    readonly nextToken?: string | undefined;
  },
): Generator<Item> {
  let nextToken: string | undefined;
  do {
    const page = next(nextToken === undefined ? {} : { nextToken });
    yield* page.items;
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
}
