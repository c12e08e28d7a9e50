import type { BatchRow, TaskRow } from '../../shared/model/rows.ts';
import { quantile } from './measures.ts';

/** Puts under way at a time: as many as a client of the SDK has connections, and intake goes through the same one. */
export const PUTS_AT_ONCE = 50;
/** Invocations of intake at a time, as the stack sets it for a tenant. */
export const EVENTS_AT_ONCE = 5;

/** Every message once, and some of them once more at any place behind their first. */
export function withDuplicates<Message>(
  messages: readonly Message[],
  share: number,
  random: () => number,
): Message[] {
  const places = messages.map((message, place) => ({ message, place }));
  const again = shuffled(places, random)
    .slice(0, Math.round(share * messages.length))
    .map(({ message, place }) => ({
      message,
      place: place + random() * (messages.length - place),
    }));
  return [...places, ...again].sort((a, b) => a.place - b.place).map(({ message }) => message);
}

function shuffled<Item>(items: readonly Item[], random: () => number): Item[] {
  return items
    .map((item) => ({ item, by: random() }))
    .sort((a, b) => a.by - b.by)
    .map(({ item }) => item);
}

/** What became of the tasks of one queue, from the rows of the ledger alone. */
export interface Account {
  readonly sent: number;
  readonly taskRows: number;
  /** Entries of all batches. */
  readonly listed: number;
  /** Tasks sent that have no row, or that no batch lists. */
  readonly lost: number;
  /** Tasks that more than one entry lists. */
  readonly doubled: number;
  /** Tasks listed by another batch than their row names, and rows and entries of tasks that nobody sent. */
  readonly astray: number;
}

export function accountOf(
  sent: readonly string[],
  tasks: readonly Pick<TaskRow, 'taskId' | 'batch'>[],
  batches: readonly { readonly batchId: string; readonly tasks: readonly Entry[] }[],
): Account {
  const rows = new Map(tasks.map(({ taskId, batch }): [string, string] => [taskId, batch]));
  const listings = new Map<string, string[]>();
  for (const { batchId, tasks: entries } of batches) {
    for (const { taskId } of entries) {
      listings.set(taskId, [...(listings.get(taskId) ?? []), batchId]);
    }
  }
  const known = new Set(sent);
  const strange = [...rows.keys(), ...listings.keys()].filter((taskId) => !known.has(taskId));
  const elsewhere = sent.filter((taskId) => {
    const batch = rows.get(taskId);
    const by = listings.get(taskId);
    return batch !== undefined && by !== undefined && !by.includes(batch);
  });
  return {
    sent: known.size,
    taskRows: tasks.length,
    listed: [...listings.values()].reduce((sum, by) => sum + by.length, 0),
    lost: [...known].filter((taskId) => !rows.has(taskId) || !listings.has(taskId)).length,
    doubled: [...listings.values()].filter((by) => by.length > 1).length,
    astray: elsewhere.length + new Set(strange).size,
  };
}
type Entry = Pick<BatchRow['tasks'][number], 'taskId'>;

export const isSound = ({ sent, taskRows, listed, lost, doubled, astray }: Account): boolean =>
  taskRows === sent && listed === sent && lost === 0 && doubled === 0 && astray === 0;

/** What one round measured. */
export interface Round {
  /** Messages of one event. */
  readonly perEvent: number;
  readonly putsPerSecond: number;
  readonly tasksPerSecond: number;
  readonly ratio: number;
  /** Messages given back and delivered again. */
  readonly again: number;
  /** Requests sent while tasks were taken in, by name. */
  readonly calls: Readonly<Record<string, number>>;
  readonly account: Account;
}

/** Rounds of one event size as one row: medians, the worst ratio, sums of the counts. */
export function rowOf(perEvent: number, all: readonly Round[]) {
  const rounds = all.filter((round) => round.perEvent === perEvent);
  const values = (of: (round: Round) => number) => rounds.map(of).sort((a, b) => a - b);
  const median = (of: (round: Round) => number) => quantile(values(of), 0.5);
  const sum = (of: (round: Round) => number) => values(of).reduce((total, one) => total + one, 0);
  const sent = sum(({ account }) => account.sent);
  const names = [...new Set(rounds.flatMap(({ calls }) => Object.keys(calls)))];
  const perTask = names
    .map((name): [string, number] => [name, sum(({ calls }) => calls[name] ?? 0) / sent])
    .sort(([, a], [, b]) => b - a);
  return {
    perEvent,
    putsPerSecond: median(({ putsPerSecond }) => putsPerSecond),
    tasksPerSecond: median(({ tasksPerSecond }) => tasksPerSecond),
    ratio: median(({ ratio }) => ratio),
    worstRatio: values(({ ratio }) => ratio)[0] ?? Number.NaN,
    callsPerTask: Object.fromEntries(perTask),
    again: sum(({ again }) => again),
    account: {
      sent,
      taskRows: sum(({ account }) => account.taskRows),
      listed: sum(({ account }) => account.listed),
      lost: sum(({ account }) => account.lost),
      doubled: sum(({ account }) => account.doubled),
      astray: sum(({ account }) => account.astray),
    },
  };
}
