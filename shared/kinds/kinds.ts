import type * as z from 'zod';
import type { AssetRef } from '../model/files.ts';
import type { Sha256 } from '../model/ids.ts';
import { container } from './container.ts';
import type { Ability, OutputFile, TaskKind, Verdict } from './kind.ts';
import { nftDiffusion } from './nft-diffusion.ts';
import { nftGenerative } from './nft-generative.ts';
import { vdfWesolowski } from './vdf-wesolowski.ts';
import { zkGroth16 } from './zk-groth16.ts';

/** A spec together with what its kind says about it: the spec's own type is no longer needed. */
export interface KnownTask {
  readonly unitSeconds: number;
  readonly affinityKey: string;
  /** Names of the task's own files that it reads. */
  readonly inputs: readonly string[];
  readonly assets: readonly AssetRef[];
  /** The image it names itself; undefined: the operator's for its kind. */
  readonly image: string | undefined;
  /** Different workers that must do it. */
  readonly workers: number;
  /** Share of such tasks that all of those workers must do. */
  readonly sample: number;
  /** Digest of the model the worker image must bring. */
  readonly model: Sha256 | undefined;
  /** What not every worker image has. */
  readonly needs: readonly Ability[];
  /** Undefined: it has no checkpoints. */
  readonly maxCheckpointBytes: number | undefined;
  readonly outputs: readonly OutputFile[];
  /** @param inSample - Whether it is of that share. @default true */
  verify(files: ReadonlyMap<string, Uint8Array>, inSample?: boolean): Verdict;
}

/** The outcome of reading a spec nobody has looked at yet. */
type ReadSpec =
  | { readonly ok: true; readonly task: KnownTask }
  | { readonly ok: false; readonly issues: readonly z.core.$ZodIssue[] };

/** A kind whose spec type is known to itself only. */
export interface KnownKind {
  readonly name: string;
  readonly gpuUsed: boolean;
  readonly abilities: readonly Ability[];
  readonly checkpoints: boolean;
  readonly needsConfidentiality: boolean;
  /** Its tasks name their images themselves. */
  readonly namesImage: boolean;
  /** Parses a spec and binds it to its kind. */
  read(spec: unknown): ReadSpec;
}

function known<Spec>(kind: TaskKind<Spec>): KnownKind {
  return {
    name: kind.name,
    gpuUsed: kind.gpuUsed,
    abilities: kind.abilities ?? [],
    checkpoints: kind.checkpoints,
    needsConfidentiality: kind.needsConfidentiality === true,
    namesImage: kind.image !== undefined,
    read(input) {
      const parsed = kind.spec.safeParse(input);
      if (!parsed.success) return { ok: false, issues: parsed.error.issues };
      const spec = parsed.data;
      return {
        ok: true,
        task: {
          unitSeconds: kind.unitSeconds(spec),
          affinityKey: kind.affinityKey(spec),
          inputs: kind.inputs?.(spec) ?? [],
          assets: kind.assets?.(spec) ?? [],
          image: kind.image?.(spec),
          workers: kind.workers?.(spec) ?? 1,
          sample: kind.sample?.(spec) ?? 1,
          model: kind.model?.(spec),
          needs: kind.needs?.(spec) ?? [],
          maxCheckpointBytes: kind.checkpoints ? kind.maxCheckpointBytes?.(spec) : undefined,
          outputs: kind.outputs(spec),
          verify: (files, inSample) => kind.verify(spec, files, inSample),
        },
      };
    },
  };
}

/** Every kind Burst can run. Adding one is a line here and a file beside this one. */
export const KINDS: readonly KnownKind[] = [
  known(nftGenerative),
  known(zkGroth16),
  known(vdfWesolowski),
  known(container),
  known(nftDiffusion),
];

/** Whether a task of this kind leaves anything behind that must be deleted when it ends. */
export const hasSecrets = ({ inputs, maxCheckpointBytes, workers }: KnownTask): boolean =>
  inputs.length > 0 || maxCheckpointBytes !== undefined || workers > 1;

/** The kind of that name, if there is one. */
export const kindNamed = (name: string): KnownKind | undefined =>
  KINDS.find((kind) => kind.name === name);
