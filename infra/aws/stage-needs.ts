import type { StageName } from '../stages.ts';

/** What below `t/<tenant>/` of the artifact bucket a function touches. */
export type Prefix =
  | 'assets'
  | 'bodies'
  | 'checkpoints'
  | 'inputs'
  | 'manifests'
  | 'results'
  | 'uploads'
  | 'votes';

/** Rows of the ledger by what their partition key begins with; `shared/ledger/keys.ts` builds the keys. */
export const ROWS = {
  tasks: 'T#',
  rejections: 'R#',
  /** Their batches too. */
  profiles: 'P#',
  /** Their jobs too. */
  leases: 'L#',
  money: '$#',
  stops: 'S#',
  workers: 'W#',
  checkpoints: 'C#',
  claims: 'U#',
  votes: 'Q#',
  knowledge: 'K#',
  provider: 'V#',
} as const;
export type RowKind = keyof typeof ROWS;

/** What one function may do, and how large it is. Its role is made of this and nothing else. */
export interface StageNeeds {
  /** Lambda gives processor time by memory: 1,769 MiB are one processor. */
  readonly memoryMiB: number;
  /**
   * It calls io.net or its workers, and so reads the secret. io.net knows one kind of key for everything, so the
   * difference between these is made where the port is wired (`functions/provider-rights.ts`).
   */
  readonly provider?: 'asks' | 'buys' | 'destroys';
  /** Rows it makes and changes, and those it only reads. Whoever writes a row may read it: a refused write is looked at. */
  readonly changes: readonly RowKind[];
  readonly looksAt?: readonly RowKind[];
  /** Rows it reads by the range, within one partition. */
  readonly ranges?: readonly RowKind[];
  /** Reads the index `due`. */
  readonly due?: true;
  readonly startsBursts?: true;
  /** Writing covers the signing of upload URLs: S3 asks what their signer may do. */
  readonly reads?: readonly Prefix[];
  readonly writes?: readonly Prefix[];
  readonly deletes?: readonly Prefix[];
}

export const STAGE_NEEDS: Readonly<Record<StageName, StageNeeds>> = {
  // Parses and hashes up to a hundred messages of 256 KiB. Of inputs and assets it reads the length only.
  intake: {
    memoryMiB: 1024,
    changes: ['tasks', 'rejections', 'profiles', 'leases', 'checkpoints'],
    looksAt: ['stops'],
    ranges: ['profiles'],
    startsBursts: true,
    reads: ['assets', 'inputs'],
    writes: ['bodies'],
    // Of tasks that had ended when they were sent again.
    deletes: ['checkpoints', 'inputs', 'uploads', 'votes'],
  },
  plan: {
    memoryMiB: 512,
    provider: 'asks',
    changes: ['tasks', 'profiles', 'leases', 'money'],
    looksAt: ['stops', 'knowledge'],
    ranges: ['profiles', 'leases', 'knowledge'],
    startsBursts: true,
  },
  provision: { memoryMiB: 512, provider: 'buys', changes: ['leases', 'money'] },
  // Signs a URL for every file of up to two hundred tasks.
  run: {
    memoryMiB: 1024,
    provider: 'asks',
    changes: ['tasks', 'profiles', 'leases', 'checkpoints'],
    looksAt: ['workers', 'votes', 'stops'],
    ranges: ['profiles', 'leases'],
    startsBursts: true,
    reads: ['assets', 'bodies', 'checkpoints', 'inputs', 'manifests'],
    writes: ['manifests', 'uploads'],
  },
  poll: {
    memoryMiB: 512,
    provider: 'asks',
    changes: ['tasks', 'profiles', 'leases', 'knowledge'],
    looksAt: ['provider'],
    ranges: ['profiles', 'leases'],
  },
  // Does the work of every task again, on one processor.
  collect: {
    memoryMiB: 1769,
    changes: ['tasks', 'profiles', 'leases', 'workers', 'checkpoints', 'claims', 'votes'],
    ranges: ['leases', 'votes'],
    reads: ['inputs', 'manifests', 'uploads', 'votes'],
    writes: ['checkpoints', 'results', 'votes'],
    deletes: ['checkpoints', 'inputs', 'results', 'uploads', 'votes'],
  },
  teardown: {
    memoryMiB: 512,
    provider: 'destroys',
    changes: ['tasks', 'profiles', 'leases', 'money', 'knowledge'],
    ranges: ['profiles', 'leases'],
  },
  sweep: {
    memoryMiB: 512,
    changes: ['tasks', 'profiles', 'leases', 'money', 'checkpoints'],
    looksAt: ['provider', 'stops'],
    ranges: ['profiles', 'leases'],
    due: true,
    startsBursts: true,
    deletes: ['checkpoints', 'inputs', 'uploads', 'votes'],
  },
  reap: { memoryMiB: 512, provider: 'destroys', changes: ['provider', 'leases'] },
};
