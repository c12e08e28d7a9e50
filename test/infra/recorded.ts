import * as z from 'zod';
import { StageInput } from '../../shared/model/burst.ts';
import {
  BatchRow,
  JobRow,
  KnowledgeRow,
  LeaseRow,
  MoneyRow,
  PaceRow,
  ProfileRow,
  ProviderView,
  RejectionRow,
  TaskRow,
  WorkerRow,
} from '../../shared/model/rows.ts';
import type { Row } from '../../shared/ports.ts';

/** The rows of the ledger by the words a recording calls them. */
export const SCHEMAS = {
  task: TaskRow,
  rejection: RejectionRow,
  profile: ProfileRow,
  batch: BatchRow,
  lease: LeaseRow,
  job: JobRow,
  money: MoneyRow,
  worker: WorkerRow,
  knowledge: KnowledgeRow,
  pace: PaceRow,
  provider: ProviderView,
  document: StageInput,
} as const;
export type Recorded = keyof typeof SCHEMAS;

const BY_KEY: readonly (readonly [RegExp, Recorded])[] = [
  [/^T#/, 'task'],
  [/^R#/, 'rejection'],
  [/^P#\S+ #$/, 'profile'],
  [/^P#\S+ B#/, 'batch'],
  [/^L#\S+ #$/, 'lease'],
  [/^L#\S+ J#/, 'job'],
  [/^\$#/, 'money'],
  [/^W#/, 'worker'],
  [/^K#provisioning#/, 'knowledge'],
  [/^K#/, 'pace'],
  [/^V#/, 'provider'],
];

/** What kind of row this is, by its key. */
export function kindOf(row: Row): Recorded {
  const key = `${String(row.pk).replaceAll(' ', '_')} ${row.sk}`;
  const found = BY_KEY.find(([pattern]) => pattern.test(key))?.[1];
  if (found === undefined) throw new Error(`no kind of row has the key ${key}`);
  return found;
}

/** What one release wrote and what it accepts. Sets of numbers are `{"$set": […]}`. */
export const Recording = z.object({
  /** What the recording was made from. */
  of: z.string(),
  /** The ledger in the middle of a burst, before its first result was collected. */
  rows: z.array(z.record(z.string(), z.unknown())),
  /** One input of each state. */
  documents: z.array(z.unknown()),
  /** JSON Schema of every kind of row and of the document, as this release reads them. */
  schemas: z.record(z.string(), z.record(z.string(), z.unknown())),
});
export type Recording = z.infer<typeof Recording>;

export const toJson = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, inner) => (inner instanceof Set ? { $set: [...inner] } : inner)),
  );

const NumberSet = z.strictObject({ $set: z.array(z.number()) });

/** A recorded row as the ledger holds it: its own values, sets as sets. */
export const fromJson = (row: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const set = NumberSet.safeParse(value);
      return [name, set.success ? new Set(set.data.$set) : value];
    }),
  );
