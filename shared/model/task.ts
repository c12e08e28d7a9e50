import * as z from 'zod';
import { COMPLIANCE } from './compliance.ts';
import { InputFile } from './files.ts';
import { GpuNeed } from './gpu.ts';
import { TaskId } from './ids.ts';

/** ISO 3166-1 alpha-2 country code, as the provider names its locations. */
export const Location = z.string().regex(/^[A-Z]{2}$/);

/** When a result is worth nothing any more, as every instant of the ledger is written. */
const DeadlineAt = z.iso
  .datetime({ precision: 3, error: 'write UTC with milliseconds, as 2026-11-27T09:00:00.000Z' })
  .brand<'Instant'>();

/**
 * One GPU task as it arrives on the intake queue. Unknown fields are rejected, not dropped. The tenant
 * is the queue it came through and never a field. `spec` is checked by the kind it names.
 * The descriptions end up in `task.schema.json`.
 */
export const TaskEnvelope = z.strictObject({
  v: z.literal(1).default(1).describe('Version of this envelope.'),
  taskId: TaskId.describe(
    'Name of the task, chosen by the sender. The same id twice is the same task, never a second run: lower-case letters, digits, and . _ - inside, at most 80 characters, no two dots in a row.',
  ),
  kind: z.string().min(1).max(64).describe('Which kind of work this is.'),
  spec: z.record(z.string(), z.unknown()).describe('What to do, in the words of the kind.'),
  resources: GpuNeed.prefault({}).describe(
    'What the task needs of a machine. Tasks with equal needs may share a cluster.',
  ),
  locations: z
    .array(Location)
    .min(1)
    .max(32)
    .optional()
    .describe(
      'Countries the work may run in, as ISO 3166-1 alpha-2 codes; absent: any. Order does not matter.',
    ),
  compliance: z
    .array(z.enum([...COMPLIANCE.keys()]))
    .min(1)
    .max(8)
    .optional()
    .describe(
      'Rules the place of work must satisfy, all of them, on top of `locations`. GDPR and EEA: the European Economic Area. EU: the member states. UK-GDPR: the United Kingdom. A rule about countries, not a certification.',
    ),
  inputs: z
    .array(InputFile)
    .min(1)
    .max(16)
    .refine((files) => new Set(files.map(({ name }) => name)).size === files.length, {
      message: 'names a file twice',
    })
    .optional()
    .describe(
      'Files uploaded for this task alone, by name; its kind says which it needs. They are deleted when the task ends.',
    ),
  confidentiality: z
    .enum(['public', 'witness-visible', 'tee-required'])
    .optional()
    .describe(
      "Who may see the inputs. public: anyone · witness-visible: the owner of the machine that runs the task may read them, and you accept that · tee-required: refused, because no machine's enclave is verified yet.",
    ),
  estimatedSeconds: z
    .number()
    .positive()
    .max(86_400)
    .optional()
    .describe(
      "Seconds the task is expected to take on the GPUs it asks for; absent: the kind's own estimate.",
    ),
  timeoutSeconds: z
    .int()
    .min(1)
    .max(86_400)
    .optional()
    .describe(
      'Seconds one attempt may run on a worker, and no more than a job of the deployment may: what it loads for the task is in it, fetching and storing its files is not. A worker ends what takes longer; another one tries again, from the last checkpoint where the kind has them. Absent: as long as the job.',
    ),
  priority: z
    .int()
    .min(0)
    .max(9)
    .optional()
    .describe(
      'Tasks of a higher priority are started before those of a lower one on the same cluster; absent: 5. Nothing that runs is interrupted.',
    ),
  deadlineAt: DeadlineAt.optional().describe(
    'When the result is worth nothing any more, in UTC with milliseconds. What is nearest to its deadline is started first; a task that is not being run when it has passed ends as failed.',
  ),
  ifUnreachable: z
    .enum(['wait', 'fail'])
    .optional()
    .describe(
      'What to do with a task that can no longer be done by `deadlineAt`, by its estimate: wait (default) and try all the same until it has passed, or fail at once.',
    ),
  maxPriceUsd: z
    .number()
    .min(0.000_001)
    .max(1_000_000)
    .optional()
    .describe(
      'The most the task may cost: its estimated seconds at the price of a slot, of every worker that must do it. It waits while no cluster is as cheap. What a cluster costs beside its work, such as idle time, is not in it.',
    ),
  maxAttempts: z
    .int()
    .min(1)
    .max(20)
    .optional()
    .describe(
      "Attempts after which the task fails; absent, or more than the deployment's own: as many as that.",
    ),
});
export type TaskEnvelope = z.infer<typeof TaskEnvelope>;

/** What a dApp may write: the envelope before defaults are filled in. */
export type Task = z.input<typeof TaskEnvelope>;

/**
 * Fields of the envelope whose mechanism does not exist yet. They are refused by name, because a limit
 * that is accepted and ignored is worse than none.
 */
export const UNSUPPORTED_FIELDS = [
  'callback',
  'checkpoint',
  'image',
  'labels',
  'output',
  'verification',
] as const;

/** Largest message the intake queue carries, bytes of UTF-8 (SQS's own limit is 1 MiB). */
export const MAX_MESSAGE_BYTES = 262_144;

/** Deepest nesting of a message. */
export const MAX_MESSAGE_DEPTH = 32;
