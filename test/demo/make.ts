import type { ClusterLine, Report, Snapshot } from '../../infra/local/demo/snapshot.ts';

export const aCluster = (changes: Partial<ClusterLine> = {}): ClusterLine => ({
  name: 'burst-0123456789ab',
  phase: 'ready',
  gpuModel: 'RTX 4090',
  location: 'Finland',
  workers: 8,
  workersLost: 0,
  tasksDone: 0,
  paidSecondsLeft: 2820,
  ...changes,
});

/** Forty-two seconds after the first of 100 tasks was sent, nothing done. */
export const aSnapshot = ({
  tasks,
  ...changes
}: Partial<Omit<Snapshot, 'tasks'>> & { tasks?: Partial<Snapshot['tasks']> } = {}): Snapshot => ({
  elapsedSeconds: 42,
  tasks: { sent: 100, rejected: 0, accepted: 100, done: 0, failed: 0, cancelled: 0, ...tasks },
  waiting: [],
  clusters: [],
  money: { heldMicroUsd: 3_200_000, billedMicroUsd: 0, capMicroUsd: 20_000_000 },
  news: [],
  ...changes,
});

/** Two kinds, one cluster, one worker lost. */
export const aReport = (changes: Partial<Report> = {}): Report => ({
  tasks: { accepted: 1000, done: 997, failed: 3, rejected: 12, cancelled: 0 },
  byKind: {
    'nft.generative': {
      tasks: 940,
      attempts: 1003,
      verifiedBy: { 're-render': 930, sample: 7 },
      slotSeconds: 12_345,
      quotedUsd: 3.1,
      billedUsd: 2.9,
    },
    'zk.groth16': {
      tasks: 60,
      attempts: 61,
      verifiedBy: { proof: 60 },
      slotSeconds: 1345,
      quotedUsd: 0.0523,
      billedUsd: 0.041,
    },
  },
  verified: { 're-render': 930, sample: 7, proof: 60 },
  clusters: [
    {
      name: 'burst-0123456789ab',
      gpuModel: 'RTX 4090',
      location: 'Finland',
      gpus: 8,
      readyAfterSeconds: 600,
      aliveSeconds: 3600,
      billedUsd: 2.94,
      confirmedGone: true,
      timeline: [
        { atSeconds: 3, what: 'planned' },
        { atSeconds: 604, what: 'ready with 8 workers' },
        { atSeconds: 3675, what: 'confirmed gone' },
      ],
    },
  ],
  workersLost: 1,
  resumedFromCheckpoint: 0,
  resumed: [],
  staleWritesRefused: 3,
  staleWrites: { reports: 2, results: 1 },
  quotedUsd: 3.15,
  billedUsd: 2.94,
  spentOnUsd: { work: 1.47, idle: 1.45, 'failed-attempts': 0.02 },
  executions: [
    { name: 'burst-0123456789ab-1', status: 'SUCCEEDED', transitions: 132, historyEvents: 1790 },
  ],
  apiCalls: {
    S3: { PutObject: 1000, GetObject: 2000 },
    DynamoDB: { UpdateItem: 3100, GetItem: 900, Query: 1200 },
  },
  provenanceSha256: 'a1'.repeat(32),
  contactSheet: '/tmp/out/contact-sheet.png',
  outDir: '/tmp/out',
  finishSeconds: 2460,
  estimate: null,
  wallSeconds: 61,
  speed: 60,
  ...changes,
});
