import * as z from 'zod';
import { TaskEnvelope } from '../model/task.ts';
import { container } from './container.ts';
import { nftGenerative } from './nft-generative.ts';

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
    kind: z.literal(container.name).describe(TaskEnvelope.shape.kind.description ?? ''),
    spec: container.spec.meta({
      description: 'One run of a program that lies prepared in an image the operator allows.',
    }),
  }).meta({
    title: container.name,
    examples: [
      {
        taskId: 'chain-1',
        kind: container.name,
        spec: {
          image: `registry.example/hash-chain@sha256:${'0'.repeat(64)}`,
          args: ['--rounds', '100000'],
          outputs: [{ name: 'chain.json', contentType: 'application/json', maxBytes: 4096 }],
          verification: { policy: 'redundancy', k: 2 },
        },
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
