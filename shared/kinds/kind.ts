import type * as z from 'zod';
import type { AssetRef } from '../model/files.ts';
import type { Sha256 } from '../model/ids.ts';

/** What our side found when it looked at a result. */
export type Verdict =
  | {
      readonly verified: true;
      /** How it was verified; recorded with the task. */
      readonly verifiedBy: string;
      /** What may be worth keeping, such as the hash of what was compared. */
      readonly evidence?: Readonly<Record<string, string>>;
      /** Facts no other task of the tenant may rest on. */
      readonly claims?: readonly Claim[];
    }
  | {
      /** Our side cannot tell: what `votes` workers deliver alike is the result. */
      readonly verified: 'vote';
      /** Equal for equal results. */
      readonly digest: Sha256;
      /** Where results need not be equal: they are alike when their hashes differ in at most so many bits. */
      readonly likeness?: { readonly hash: string; readonly mostBits: number };
      readonly votes: number;
      /** How it is verified once they agree. */
      readonly verifiedBy: string;
    }
  | {
      readonly verified: false;
      /** `E_CODE: what is wrong`, fit for a person and a log. */
      readonly reason: string;
    };

/** Something only one task may rest on, such as a proof or a nullifier. */
export interface Claim {
  readonly fact: string;
  /**
   * When another task has it already. rejected: another worker may do better · failed: no worker can, the
   * task itself is at fault
   */
  readonly ifTaken: 'rejected' | 'failed';
}

/** A file a worker uploads for one task. */
export interface OutputFile {
  readonly name: string;
  readonly contentType: string;
  readonly maxBytes: number;
}

/** What a worker image may have that not every one has; a deployment says which its image has. */
export type Ability = 'external-prover' | 'diffusion';

/** What Burst must know about a kind of task: nothing else in the pipeline names a kind. */
export interface TaskKind<Spec> {
  /** The word in a task's `kind`, such as `nft.generative`. */
  readonly name: string;
  /** What a task of this kind says; unknown input in, a complete spec out. */
  readonly spec: z.ZodType<Spec>;
  /** False: the executor runs on the CPU, and no GPU is rented for it unless that is allowed. */
  readonly gpuUsed: boolean;
  /** Abilities its executor uses where the worker image has them. @default none */
  readonly abilities?: readonly Ability[];
  /** Whether a task can go on from where another worker left it. */
  readonly checkpoints: boolean;
  /** Seconds of one slot this task is expected to take (may be a fraction), before any was seen. */
  unitSeconds(spec: Spec): number;
  /** Tasks with equal keys share what a worker loads once: a model, a proving key. */
  affinityKey(spec: Spec): string;
  /** Its inputs are secrets: a task must say who may see them. */
  readonly needsConfidentiality?: boolean;
  /** Names of the task's own files that it reads. @default none */
  inputs?(spec: Spec): readonly string[];
  /** Files it shares with other tasks. @default none */
  assets?(spec: Spec): readonly AssetRef[];
  /** The image that does it, where every task names its own. @default the one the operator set for the kind */
  image?(spec: Spec): string;
  /** Different workers that must do it: a cluster of fewer is of no use. @default 1 */
  workers?(spec: Spec): number;
  /** Share of its tasks that those workers must all do; the others are done by one. @default 1 */
  sample?(spec: Spec): number;
  /** Digest of the model the worker image must bring. @default none */
  model?(spec: Spec): Sha256;
  /** Abilities of the worker without which it cannot be done. @default none */
  needs?(spec: Spec): readonly Ability[];
  /** Largest checkpoint payload, bytes; of a kind with checkpoints. Undefined: this task writes none. */
  maxCheckpointBytes?(spec: Spec): number | undefined;
  /** The files a worker uploads for a task. */
  outputs(spec: Spec): readonly OutputFile[];
  /**
   * Looks at the bytes that were uploaded, by file name. Never throws for their content.
   *
   * @param inSample - Whether this task is of the sample that several workers do. @default true
   */
  verify(spec: Spec, files: ReadonlyMap<string, Uint8Array>, inSample?: boolean): Verdict;
}
