import * as z from 'zod';
import { Sha256 } from './ids.ts';

/** Name of one file of a task. It cannot begin with a dot: those names are ours. */
export const FileName = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9.-]{0,63}$/,
    'a file name has 1 to 64 of a-z 0-9 . - and begins with a letter or digit; it is no path',
  );

/** Largest file a task may bring along, bytes. */
export const MAX_INPUT_BYTES = 64 * 1024 * 1024;

/** A file the dApp uploaded for one task alone. Deleted when the task ends. */
export const InputFile = z.strictObject({
  name: FileName,
  sha256: Sha256,
  bytes: z.int().nonnegative().max(MAX_INPUT_BYTES),
});
export type InputFile = z.infer<typeof InputFile>;

/** Largest file that tasks may share, bytes: the proving key of a circuit of 2^20 constraints. */
export const MAX_ASSET_BYTES = 1024 * 1024 * 1024;

/** A file the dApp uploaded once for many tasks, such as a proving key; its hash is its name. Kept. */
export const AssetRef = z.strictObject({
  sha256: Sha256,
  bytes: z.int().positive().max(MAX_ASSET_BYTES),
});
export type AssetRef = z.infer<typeof AssetRef>;
