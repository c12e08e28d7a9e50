import type * as z from 'zod';
import type { Ability, Asset, OutputFile, TaskKind, Verdict } from './kind.ts';
import { nftGenerative } from './nft-generative.ts';
import { zkGroth16 } from './zk-groth16.ts';

/** A spec together with what its kind says about it: the spec's own type is no longer needed. */
export interface KnownTask {
  readonly unitSeconds: number;
  readonly affinityKey: string;
  readonly needs: readonly Ability[];
  readonly assets: readonly Asset[];
  readonly inputs: readonly string[];
  readonly maxCheckpointBytes: number;
  readonly outputs: readonly OutputFile[];
  verify(files: ReadonlyMap<string, Uint8Array>): Verdict;
}

/** The outcome of reading a spec nobody has looked at yet. */
type ReadSpec =
  | { readonly ok: true; readonly task: KnownTask }
  | { readonly ok: false; readonly issues: readonly z.core.$ZodIssue[] };

/** A kind whose spec type is known to itself only. */
export interface KnownKind {
  readonly name: string;
  readonly gpuUsed: boolean;
  readonly checkpoints: boolean;
  /** Parses a spec and binds it to its kind. */
  read(spec: unknown): ReadSpec;
}

function known<Spec>(kind: TaskKind<Spec>): KnownKind {
  return {
    name: kind.name,
    gpuUsed: kind.gpuUsed,
    checkpoints: kind.checkpoints,
    read(input) {
      const parsed = kind.spec.safeParse(input);
      if (!parsed.success) return { ok: false, issues: parsed.error.issues };
      const spec = parsed.data;
      return {
        ok: true,
        task: {
          unitSeconds: kind.unitSeconds(spec),
          affinityKey: kind.affinityKey(spec),
          needs: kind.needs?.(spec) ?? [],
          assets: kind.assets?.(spec) ?? [],
          inputs: kind.inputs?.(spec) ?? [],
          maxCheckpointBytes: kind.maxCheckpointBytes?.(spec) ?? 0,
          outputs: kind.outputs(spec),
          verify: (files) => kind.verify(spec, files),
        },
      };
    },
  };
}

/** Every kind Burst can run. Adding one is a line here and a file beside this one. */
export const KINDS: readonly KnownKind[] = [known(nftGenerative), known(zkGroth16)];

/** The kind of that name, if there is one. */
export const kindNamed = (name: string): KnownKind | undefined =>
  KINDS.find((kind) => kind.name === name);
