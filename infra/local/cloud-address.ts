import * as z from 'zod';

/** What the process of the local cloud announces: where its services and resources are. */
export const CloudAddress = z.object({
  url: z.string(),
  region: z.string(),
  stateMachineArn: z.string(),
  tableName: z.string(),
  bucket: z.string(),
  queues: z.array(z.object({ name: z.string(), url: z.string(), arn: z.string() })),
});
