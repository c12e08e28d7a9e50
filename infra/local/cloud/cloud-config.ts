import * as z from 'zod';

export const QueueConfig = z.strictObject({
  name: z.string().min(1).max(67),
  /** At least the timeout of the function that reads it. */
  visibilitySeconds: z.int().min(0).max(43_200).default(360),
  /** Receipts after which a message becomes a dead letter. */
  maxReceives: z.int().min(1).max(1000).default(5),
});
export type QueueConfig = z.infer<typeof QueueConfig>;

/** What the local cloud consists of. */
export const CloudConfig = z.strictObject({
  region: z.string().default('us-east-1'),
  /** 0: a free one. */
  port: z.int().min(0).max(65_535).default(0),
  tableName: z.string().default('burst-ledger'),
  bucket: z.string().default('burst-artifacts'),
  queues: z.array(QueueConfig).default([]),
  stateMachineName: z.string().default('burst'),
  /** Values for the `${…}` tokens of the definition. */
  substitutions: z.record(z.string(), z.string()).default({}),
  /** Queues that feed functions. */
  eventSources: z
    .array(
      z.strictObject({
        queue: z.string(),
        functionName: z.string(),
        batchSize: z.int().min(1).max(10_000).default(10),
        windowSeconds: z.int().min(0).max(300).default(0),
        maxConcurrency: z.int().min(1).max(1000).default(2),
      }),
    )
    .default([]),
  /** Functions that run at a fixed rate, in the seconds of the local world's clock. */
  schedules: z
    .array(z.strictObject({ functionName: z.string(), everySeconds: z.number().positive() }))
    .default([]),
  /** Where functions run; may be told later. */
  lambdaHostUrl: z.url({ protocol: /^http$/ }).optional(),
});
export type CloudConfig = z.infer<typeof CloudConfig>;
