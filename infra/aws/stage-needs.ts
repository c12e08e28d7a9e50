import type { StageName } from '../stages.ts';

/** What below `t/<tenant>/` of the artifact bucket a function touches. */
export type Prefix =
  | 'assets'
  | 'bodies'
  | 'checkpoints'
  | 'inputs'
  | 'manifests'
  | 'results'
  | 'uploads';

/** What one function may do, and how large it is. Its role is made of this and nothing else. */
export interface StageNeeds {
  readonly memoryMiB: number;
  /** It calls io.net or its workers. */
  readonly secret?: true;
  /** Reading and changing single rows every function may; this is the range read of one partition. */
  readonly queries?: true;
  /** Reads the index `due`. */
  readonly due?: true;
  readonly startsBursts?: true;
  /** Writing covers the signing of upload URLs: S3 asks what their signer may do. */
  readonly reads?: readonly Prefix[];
  readonly writes?: readonly Prefix[];
  readonly deletes?: readonly Prefix[];
}

export const STAGE_NEEDS: Readonly<Record<StageName, StageNeeds>> = {
  // It reads nothing of inputs and assets but their length.
  intake: {
    memoryMiB: 512,
    queries: true,
    startsBursts: true,
    reads: ['assets', 'inputs'],
    writes: ['bodies'],
  },
  plan: { memoryMiB: 512, secret: true, queries: true, startsBursts: true },
  provision: { memoryMiB: 512, secret: true },
  run: {
    memoryMiB: 512,
    secret: true,
    queries: true,
    startsBursts: true,
    reads: ['assets', 'bodies', 'checkpoints', 'inputs', 'manifests'],
    writes: ['manifests', 'uploads'],
  },
  poll: { memoryMiB: 512, secret: true, queries: true },
  // Renders every image again; Lambda gives processor time by memory.
  collect: {
    memoryMiB: 1024,
    queries: true,
    reads: ['inputs', 'manifests', 'uploads'],
    writes: ['checkpoints', 'results'],
    deletes: ['checkpoints', 'inputs', 'results', 'uploads'],
  },
  teardown: { memoryMiB: 512, secret: true },
  sweep: {
    memoryMiB: 512,
    queries: true,
    due: true,
    startsBursts: true,
    deletes: ['checkpoints', 'inputs', 'uploads'],
  },
  reap: { memoryMiB: 512, secret: true },
};
