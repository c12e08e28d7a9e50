import * as z from 'zod';
import { TaskEnvelope } from '../model/task.ts';
import { nftGenerative } from './nft-generative.ts';
import { vdfWesolowski } from './vdf-wesolowski.ts';

/** Every kind with what its tasks say, for people and editors that read JSON Schema. */
const SCHEMAS = [
  TaskEnvelope.extend({
    kind: z.literal(nftGenerative.name).describe(TaskEnvelope.shape.kind.description ?? ''),
    spec: nftGenerative.spec.meta({
      description: 'One token to render, with the collection it belongs to.',
    }),
  }).meta({
    title: nftGenerative.name,
    examples: [
      {
        taskId: 'lantern-keepers-1',
        kind: nftGenerative.name,
        spec: {
          collection: { name: 'Lantern Keepers', seed: 'a secret of yours', supply: 1000 },
          tokenId: 1,
        },
      },
    ],
  }),
  TaskEnvelope.extend({
    kind: z.literal(vdfWesolowski.name).describe(TaskEnvelope.shape.kind.description ?? ''),
    spec: vdfWesolowski.spec.meta({
      description:
        'One output of the delay function: where it starts and how many squarings it takes.',
    }),
  }).meta({
    title: vdfWesolowski.name,
    examples: [
      {
        taskId: 'beacon-1042',
        kind: vdfWesolowski.name,
        spec: { seed: 'what nobody knew before slot 1042', squarings: 500_000 },
      },
    ],
  }),
] as const;

/**
 * A task as a dApp may write it, as JSON Schema 2020-12. What JSON Schema cannot say (that a token's number
 * is within its supply, for instance) is checked by the client and again at intake.
 */
export const taskJsonSchema = (): Record<string, unknown> =>
  z.toJSONSchema(
    z.discriminatedUnion('kind', SCHEMAS).meta({
      title: 'Burst task',
      description:
        'One GPU task: one line of a tasks file, or one message of the intake queue. Unknown fields are refused.',
    }),
    { io: 'input' },
  );

/** The schema as the text of its file. */
export const taskJsonSchemaText = (): string => `${JSON.stringify(taskJsonSchema(), null, 2)}\n`;
