import * as z from 'zod';

/**
 * A change of one ledger row as DynamoDB's stream tells it, as far as an ending can be seen in it. Values
 * come as `{S: …}`, `{N: …}`; rows are loose, and so is this.
 */
const text = z.object({ S: z.string() }).transform(({ S }) => S);
const number = z.object({ N: z.string() }).transform(({ N }) => Number(N));

const TaskImage = z.object({
  tenant: text,
  taskId: text,
  kind: text,
  status: text,
  endedAt: text.optional(),
  reason: text.optional(),
  verifiedBy: text.optional(),
  burst: text.optional(),
  attempts: number.optional(),
});
const LeaseImage = z.object({
  burstId: text,
  tenant: text,
  profile: text,
  phase: text,
  closeReason: text.optional(),
  failure: z.object({ M: z.object({ Error: text }) }).optional(),
  billedMicroUsd: number.optional(),
});
const Change = z.object({
  Keys: z.object({ pk: text, sk: text }),
  NewImage: z.unknown().optional(),
  OldImage: z.unknown().optional(),
});

/** Something in Burst is over. The ledger is the truth; an event may come more than once and is only a hint to look. */
export interface Ended {
  readonly type: 'Task Ended' | 'Burst Closed';
  readonly detail: {
    readonly v: 1;
    /** The same ending always has the same id: who saw it may drop the event. */
    readonly id: string;
    readonly [field: string]: string | number;
  };
}

const TASK_ENDS = new Set(['done', 'failed', 'cancelled']);
const BURST_ENDS = new Set(['settled', 'teardown-owed']);

/**
 * What has ended with a change of a row; undefined: nothing. Only the change into an ending counts: rows
 * are touched afterwards too.
 *
 * @throws z.ZodError for a row of ours that has not the shape of one.
 */
export function endedIn(change: unknown): Ended | undefined {
  const { Keys, NewImage, OldImage } = Change.parse(change);
  if (NewImage === undefined) return undefined;
  if (Keys.pk.startsWith('T#')) return taskEnded(NewImage, OldImage);
  if (Keys.pk.startsWith('L#') && Keys.sk === '#') return burstClosed(NewImage, OldImage);
  return undefined;
}

function taskEnded(now: unknown, before: unknown): Ended | undefined {
  const { status, tenant, taskId, ...rest } = TaskImage.parse(now);
  if (!TASK_ENDS.has(status) || was(before, 'status', TASK_ENDS)) return undefined;
  const id = `${tenant}/${taskId}`;
  return { type: 'Task Ended', detail: { v: 1, id, tenant, taskId, status, ...told(rest) } };
}

function burstClosed(now: unknown, before: unknown): Ended | undefined {
  const { phase, burstId, failure, ...rest } = LeaseImage.parse(now);
  if (!BURST_ENDS.has(phase) || was(before, 'phase', new Set([phase]))) return undefined;
  const error = failure?.M.Error;
  return {
    type: 'Burst Closed',
    detail: { v: 1, id: `${burstId}/${phase}`, burstId, phase, ...told({ ...rest, error }) },
  };
}

const was = (image: unknown, field: string, values: ReadonlySet<string>): boolean => {
  const before = z.object({ [field]: text }).safeParse(image);
  return before.success && values.has(before.data[field] ?? '');
};

/** Longest reason an event carries; the row has the rest. */
const LONGEST_TEXT = 1000;

const told = (
  fields: Readonly<Record<string, string | number | undefined>>,
): Record<string, string | number> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === undefined
        ? []
        : [[name, typeof value === 'string' ? value.slice(0, LONGEST_TEXT) : value]],
    ),
  );
