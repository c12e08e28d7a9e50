import {
  BatchRow,
  JobRow,
  KnowledgeRow,
  LeaseRow,
  ProfileRow,
  TaskRow,
} from '../../shared/model/rows.ts';
import { Instant, plusSeconds } from '../../shared/model/time.ts';

type Fields = Readonly<Record<string, unknown>>;

export const NOW = Instant.parse('2026-01-01T12:00:00.000Z');

/** The instant that many seconds after (or before) now. */
export const at = (seconds: number): Instant => plusSeconds(NOW, seconds);

const TENANT = 'default';
const PROFILE = '0123456789ab';
const BATCH = '0mjuohvuw-00000001';
export const BURST = 'burst-0123456789ab';
const SHA256 = 'a'.repeat(64);

export const taskRow = (fields: Fields = {}): TaskRow =>
  TaskRow.parse({
    v: 1,
    tenant: TENANT,
    taskId: 'a',
    kind: 'nft.generative',
    bodySha256: SHA256,
    profile: PROFILE,
    batch: BATCH,
    status: 'accepted',
    acceptedAt: at(-1000),
    placedAt: at(-1000),
    ...fields,
  });

export const batchRow = (fields: Fields = {}): BatchRow =>
  BatchRow.parse({
    v: 1,
    tenant: TENANT,
    profile: PROFILE,
    batchId: BATCH,
    kind: 'nft.generative',
    affinityKey: 'x',
    bodiesKey: 'x',
    tasks: [{ taskId: 'a', line: 0, unitSeconds: 1 }],
    slotSeconds: 1,
    status: 'open',
    openedAt: at(-1000),
    batchFence: 0,
    attempts: 0,
    ...fields,
  });

export const claimedBatch = (fields: Fields = {}): BatchRow =>
  batchRow({ status: 'claimed', batchFence: 1, burst: BURST, job: `${BURST}-1`, ...fields });

const requirement = {
  tenant: TENANT,
  image: 'x',
  need: { gpus: 1, vramGb: 1 },
  gpuUsed: true,
};

export const profileRow = (fields: Fields = {}): ProfileRow =>
  ProfileRow.parse({ v: 1, profile: PROFILE, requirement, seq: 1, bursts: [], ...fields });

export const leaseRow = (fields: Fields = {}): LeaseRow =>
  LeaseRow.parse({
    v: 1,
    burstId: BURST,
    tenant: TENANT,
    profile: PROFILE,
    requirement,
    phase: 'ready',
    wantedSlots: 1,
    createdAt: at(-900),
    segment: 1,
    leaseFence: 1,
    heardSegment: 1,
    nextLookBy: at(60),
    offer: {
      offerId: 'x',
      gpuModel: 'RTX 4090',
      location: 'DE',
      locationId: '2',
      gpusPerWorker: 1,
      workers: 2,
      termMicroUsd: 1,
    },
    ...fields,
  });

export const jobRow = (fields: Fields = {}): JobRow =>
  JobRow.parse({
    v: 1,
    burstId: BURST,
    n: 1,
    jobId: `${BURST}-1`,
    worker: 'w1',
    batches: [{ batchId: BATCH, batchFence: 1 }],
    tasks: 3,
    manifestKey: 'x',
    manifestSha256: SHA256,
    submittedAt: at(-100),
    deadlineAt: at(1000),
    status: 'running',
    started: true,
    ...fields,
  });

/** Provisioning times, seconds. */
export const knowledgeRow = (...seconds: number[]): KnowledgeRow =>
  KnowledgeRow.parse({ v: 1, samples: seconds.map((one) => ({ at: NOW, seconds: one })) });
