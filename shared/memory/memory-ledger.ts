import type { DueKind, Key, Ledger, Row } from '../ports.ts';
import { applied, checkWrite, meets } from './apply-write.ts';
import { compareTexts, copied } from './stored-values.ts';

export interface MemoryLedgerOptions {
  /**
   * Whether `due` answers from the index as the previous `due` left it, the slowest an index may be
   * while it is still one. Otherwise it is up to date.
   *
   * @default true
   */
  readonly staleIndex?: boolean;
  /**
   * Whether what is given out is a copy. Without, a row that did not change is the same object each time, and
   * nobody may change it: for runs in which copies would take most of the time.
   *
   * @default true
   */
  readonly copies?: boolean;
}

export interface MemoryLedger extends Ledger {
  /** Every row, in order of pk and sk, for checks that look at the whole truth at once. */
  rows(): Row[];
}

interface Partition {
  readonly rows: Map<string, Row>;
  /** The sort keys, in order. */
  readonly order: string[];
}

/**
 * The ledger in memory: what DynamoDB accepts, answers and refuses, without its delays. A row is never
 * changed in place, and what comes in or goes out is a copy.
 */
export function memoryLedger({
  staleIndex = true,
  copies = true,
}: MemoryLedgerOptions = {}): MemoryLedger {
  const given = <Stored>(value: Stored): Stored => (copies ? copied(value) : value);
  const partitions = new Map<string, Partition>();
  const index = dueIndex();

  const rowAt = ({ pk, sk }: Key): Row | undefined => partitions.get(pk)?.rows.get(sk);

  const keep = (row: Row, { pk, sk }: Key) => {
    let partition = partitions.get(pk);
    if (partition === undefined) {
      partition = { rows: new Map(), order: [] };
      partitions.set(pk, partition);
    }
    if (!partition.rows.has(sk)) partition.order.splice(firstFrom(partition.order, sk), 0, sk);
    partition.rows.set(sk, row);
  };

  return {
    read: async (key) => given(rowAt(key)),

    write: async (write) => {
      checkWrite(write);
      const before = rowAt(write.key);
      if (!write.when.every((condition) => meets(before, condition))) {
        return { written: false, row: given(before) };
      }
      const row = applied(before, write);
      index.note(before, row, write.key);
      keep(row, write.key);
      return { written: true, row: given(row) };
    },

    query: async ({ pk, from, to, limit = Number.POSITIVE_INFINITY }) => {
      checkLimit(limit);
      if (pk === '' || from === '') throw new RangeError('a key must not be empty');
      const rows: Row[] = [];
      const { order, rows: bySortKey } = partitions.get(pk) ?? { order: [], rows: new Map() };
      for (let at = firstFrom(order, from); at < order.length && rows.length < limit; at++) {
        const sk = order[at];
        if (sk === undefined || compareTexts(sk, to) > 0) break;
        rows.push(given(bySortKey.get(sk)));
      }
      return rows;
    },

    due: async ({ of, until, limit }) => {
      checkLimit(limit);
      if (!staleIndex) index.catchUp();
      const keys = index.find(of, until).slice(0, limit);
      index.catchUp();
      return keys;
    },

    rows: () =>
      [...partitions]
        .sort(([a], [b]) => compareTexts(a, b))
        .flatMap(([, { rows, order }]) => order.map((sk) => copied(rows.get(sk) ?? {}))),
  };
}

interface Due {
  readonly key: Key;
  readonly of: string;
  readonly at: string;
}

/** The sparse index on (`dueOf`, `dueAt`). Changes are noted at once and shown at the next catching-up. */
function dueIndex() {
  const shown = new Map<string, Due>();
  const changes: { readonly id: string; readonly due: Due | undefined }[] = [];
  return {
    note(before: Row | undefined, row: Row, { pk, sk }: Key): void {
      const { dueOf: of, dueAt: at } = row;
      if (before?.dueOf === of && before?.dueAt === at) return;
      const key = { pk, sk };
      const due = typeof of === 'string' && typeof at === 'string' ? { key, of, at } : undefined;
      changes.push({ id: JSON.stringify([pk, sk]), due });
    },
    catchUp(): void {
      for (const { id, due } of changes.splice(0)) {
        if (due === undefined) shown.delete(id);
        else shown.set(id, due);
      }
    },
    /** Oldest first; of the same instant, in order of the key. */
    find: (of: DueKind, until: string): Key[] =>
      [...shown.values()]
        .filter((due) => due.of === of && compareTexts(due.at, until) <= 0)
        .sort(
          (a, b) =>
            compareTexts(a.at, b.at) ||
            compareTexts(a.key.pk, b.key.pk) ||
            compareTexts(a.key.sk, b.key.sk),
        )
        .map(({ key }) => ({ ...key })),
  };
}

/** Place of the first text that does not come before `text`. */
function firstFrom(order: readonly string[], text: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareTexts(order[middle] ?? '', text) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function checkLimit(limit: number): void {
  if (limit < 1) throw new RangeError(`limit must be at least 1, got ${limit}`);
}
