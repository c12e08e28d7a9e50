import * as z from 'zod';
import { TaskEnvelope } from '../model/task.ts';
import { container } from './container.ts';
import { nftDiffusion } from './nft-diffusion.ts';
import { nftGenerative } from './nft-generative.ts';
import { vdfWesolowski } from './vdf-wesolowski.ts';
import { G1, G2, writeG1, writeG2 } from './zk/points.ts';
import { zkGroth16 } from './zk-groth16.ts';

/** A verification key of the right form for the example. It is of no circuit, and anyone can forge under it. */
const EXAMPLE_KEY = {
  protocol: 'groth16',
  curve: 'bn128',
  nPublic: 1,
  vk_alpha_1: writeG1(G1.BASE),
  vk_beta_2: writeG2(G2.BASE.multiply(2n)),
  vk_gamma_2: writeG2(G2.BASE),
  vk_delta_2: writeG2(G2.BASE.multiply(3n)),
  IC: [writeG1(G1.BASE.multiply(4n)), writeG1(G1.BASE.multiply(5n))],
};

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
  TaskEnvelope.extend({
    kind: z.literal(nftDiffusion.name).describe(TaskEnvelope.shape.kind.description ?? ''),
    spec: nftDiffusion.spec.meta({
      description: 'One picture to make with a diffusion model the worker image brings.',
    }),
  }).meta({
    title: nftDiffusion.name,
    examples: [
      {
        taskId: 'harbour-1',
        kind: nftDiffusion.name,
        spec: {
          model: { name: 'stable-diffusion-v1-5', sha256: 'd'.repeat(64) },
          prompt: 'a harbour full of paper lanterns, woodcut',
          negativePrompt: 'text, watermark',
          seed: 20_261_126,
          steps: 30,
          guidance: 7.5,
          size: { width: 512, height: 512 },
          metadata: { name: 'Harbour #1', description: 'Lanterns at the quay.' },
        },
        resources: { vramGb: 24 },
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
  TaskEnvelope.extend({
    kind: z.literal(zkGroth16.name).describe(TaskEnvelope.shape.kind.description ?? ''),
    spec: zkGroth16.spec.meta({
      description:
        'One proof to make: a circuit with its keys, and the public signals it must have.',
    }),
  }).meta({
    title: zkGroth16.name,
    examples: [
      {
        taskId: 'square-root-of-49',
        kind: zkGroth16.name,
        spec: {
          circuit: {
            id: 'square',
            domainPower: 2,
            wasm: { sha256: 'a'.repeat(64), bytes: 40_000 },
            zkey: { sha256: 'b'.repeat(64), bytes: 3_000 },
            vk: EXAMPLE_KEY,
          },
          witness: { from: 'input', file: 'input.json' },
          expectedPublic: ['49'],
        },
        inputs: [{ name: 'input.json', sha256: 'c'.repeat(64), bytes: 12 }],
        confidentiality: 'witness-visible',
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
    {
      io: 'input',
      override({ zodSchema, jsonSchema }) {
        // Left out by zod where something inside is transformed; ours show what goes in.
        const examples = z.globalRegistry.get(zodSchema)?.examples;
        if (Array.isArray(examples)) jsonSchema.examples = examples;
      },
    },
  );

/** The schema as the text of its file. */
export const taskJsonSchemaText = (): string => `${JSON.stringify(taskJsonSchema(), null, 2)}\n`;
