import * as z from 'zod';
import { canonicalJson, sha256Of } from '../model/digest.ts';
import { FileName } from '../model/files.ts';
import { ImageRef } from '../model/settings.ts';
import { environmentProblems } from './container/environment.ts';
import type { TaskKind, Verdict } from './kind.ts';

/** Longest argument, and all of them together, characters. */
const MAX_ARGUMENT = 4096;
const MAX_ARGUMENTS = 16_384;

/** Largest output file, and all of one task together: Collect holds them in memory. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;
const MAX_ALL_OUTPUT_BYTES = 128 * 1024 * 1024;

/** Seconds of a slot, where the task does not say: nothing is known about the program. */
const UNIT_SECONDS = 60;

const Output = z.strictObject({
  name: FileName.describe('The program writes it to `out/<name>`.'),
  contentType: z
    .string()
    .max(100)
    .regex(/^[a-z0-9][a-z0-9!#$&^_.+-]*\/[a-z0-9][a-z0-9!#$&^_.+-]*$/, 'is not a media type')
    .default('application/octet-stream'),
  maxBytes: z.int().min(1).max(MAX_OUTPUT_BYTES).describe('A larger file is no result.'),
});

const namedOnce = (names: readonly string[]): boolean => new Set(names).size === names.length;

/** What one run of a prepared program is asked for. */
export const ContainerSpec = z.strictObject({
  image: ImageRef.describe(
    'One of the images the operator allows, by its digest. It embeds the job server and a program.',
  ),
  args: z
    .array(z.string().max(MAX_ARGUMENT))
    .max(64)
    .refine((args) => args.join('').length <= MAX_ARGUMENTS, {
      message: `has more than ${MAX_ARGUMENTS} characters in all`,
    })
    .default([])
    .describe('Put behind the arguments the image itself gives its program. No shell reads them.'),
  env: z
    .record(z.string(), z.string())
    .superRefine((env, context) => {
      for (const { name, message } of environmentProblems(env)) {
        context.addIssue({ code: 'custom', path: name === undefined ? [] : [name], message });
      }
    })
    .default({})
    .describe(
      'Variables of the program, beside `PATH`, `HOME` and `CUDA_VISIBLE_DEVICES`, which the worker sets.',
    ),
  inputs: z
    .array(FileName)
    .max(16)
    .refine(namedOnce, { message: 'names a file twice' })
    .default([])
    .describe(
      'Names of the files in the `inputs` of the task: the program finds them as `in/<name>`.',
    ),
  outputs: z
    .array(Output)
    .min(1)
    .max(16)
    .refine((outputs) => namedOnce(outputs.map(({ name }) => name)), {
      message: 'names a file twice',
    })
    .refine((outputs) => sumOfBytes(outputs) <= MAX_ALL_OUTPUT_BYTES, {
      message: `may be more than ${MAX_ALL_OUTPUT_BYTES} bytes in all`,
    })
    .describe('Every file the program leaves. What else it writes is thrown away.'),
  verification: z
    .discriminatedUnion('policy', [
      z.strictObject({
        policy: z.literal('redundancy'),
        k: z.int().min(2).max(5).describe('Workers whose files must be equal, byte by byte.'),
      }),
      z.strictObject({ policy: z.literal('worker-declared') }),
    ])
    .describe(
      'redundancy: the result is what k different workers deliver alike; it is paid k times · worker-declared: nobody checks it, and the record says so.',
    ),
});
export type ContainerSpec = z.infer<typeof ContainerSpec>;

const sumOfBytes = (outputs: readonly { readonly maxBytes: number }[]): number =>
  outputs.reduce((sum, { maxBytes }) => sum + maxBytes, 0);

/**
 * A program of the operator's choice. Burst cannot know what is right, so it says what it does know: that k
 * workers agree, or that one worker says so. Workers are told apart by the ids the provider gives them: two
 * machines of one owner may agree on a lie, and one machine may be rented twice.
 *
 * That the program uses the GPU is the word of the operator, who allows its image.
 */
export const container: TaskKind<ContainerSpec> = {
  name: 'container',
  spec: ContainerSpec,
  gpuUsed: true,
  checkpoints: false,
  unitSeconds: () => UNIT_SECONDS,
  affinityKey: ({ image }) => image,
  image: ({ image }) => image,
  workers: ({ verification }) => (verification.policy === 'redundancy' ? verification.k : 1),
  inputs: ({ inputs }) => inputs,
  outputs: ({ outputs }) => outputs,
  verify,
};

function verify(
  { outputs, verification }: ContainerSpec,
  files: ReadonlyMap<string, Uint8Array>,
): Verdict {
  const found: [name: string, bytes: number, sha256: string][] = [];
  for (const { name, maxBytes } of outputs) {
    const bytes = files.get(name);
    if (bytes === undefined) return refused('E_RESULT_MISSING', `no ${name}`);
    if (bytes.length > maxBytes) {
      return refused('E_RESULT_SIZE', `${name} has ${bytes.length} bytes, above ${maxBytes}`);
    }
    found.push([name, bytes.length, sha256Of(bytes)]);
  }
  const digest = sha256Of(canonicalJson(found));
  return verification.policy === 'redundancy'
    ? {
        verified: 'vote',
        digest,
        votes: verification.k,
        verifiedBy: `redundancy-${verification.k}`,
      }
    : { verified: true, verifiedBy: 'worker-declared', evidence: { outputsSha256: digest } };
}

const refused = (code: string, detail: string): Verdict => ({
  verified: false,
  reason: `${code}: ${detail}`,
});
