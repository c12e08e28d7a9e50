import type * as z from 'zod';
import type { Sha256 } from '../model/ids.ts';

/** What our side found when it looked at a result. */
export type Verdict =
  | {
      readonly verified: true;
      /** How it was verified; recorded with the task. */
      readonly verifiedBy: string;
      /** What may be worth keeping, such as the hash of what was compared. */
      readonly evidence?: Readonly<Record<string, string>>;
      /** Facts this result uses up: no other task may be done on the strength of one of them. */
      readonly claims?: readonly string[];
    }
  | {
      readonly verified: false;
      /** `E_CODE: what is wrong`, fit for a person and a log. */
      readonly reason: string;
    };

/** A file a worker uploads for one task. */
export interface OutputFile {
  readonly name: string;
  readonly contentType: string;
  readonly maxBytes: number;
}

/** An object the tenant uploaded once for many tasks, named by its content. */
export interface Asset {
  readonly sha256: Sha256;
  readonly bytes: number;
}

/** What a worker image may have that not every one has; the operator says which a deployment's has. */
export type Ability = 'external-prover';

/** What Burst must know about a kind of task: nothing else in the pipeline names a kind. */
export interface TaskKind<Spec> {
  /** The word in a task's `kind`, such as `nft.generative`. */
  readonly name: string;
  /** What a task of this kind says; unknown input in, a complete spec out. */
  readonly spec: z.ZodType<Spec>;
  /** False: the executor runs on the CPU, and no GPU is rented for it unless that is allowed. */
  readonly gpuUsed: boolean;
  /** Whether a task can go on from where another worker left it. */
  readonly checkpoints: boolean;
  /** Seconds of one slot this task is expected to take (may be a fraction), before any was seen. */
  unitSeconds(spec: Spec): number;
  /** Tasks with equal keys share what a worker loads once: a model, a proving key. */
  affinityKey(spec: Spec): string;
  /** Abilities of the worker without which this task cannot be done. @default none */
  needs?(spec: Spec): readonly Ability[];
  /** Shared objects the worker must be given. @default none */
  assets?(spec: Spec): readonly Asset[];
  /** Names of the task's own inputs the worker must be given. @default none */
  inputs?(spec: Spec): readonly string[];
  /** Largest checkpoint of this task, bytes; 0: it writes none. @default 0 */
  maxCheckpointBytes?(spec: Spec): number;
  /** The files a worker uploads for a task. */
  outputs(spec: Spec): readonly OutputFile[];
  /** Looks at the bytes that were uploaded, by file name. Never throws for their content. */
  verify(spec: Spec, files: ReadonlyMap<string, Uint8Array>): Verdict;
}
