import * as z from 'zod';
import { Failure } from '../burst.ts';
import { BurstId, ClusterId, ProfileId, Tenant, WorkerId } from '../ids.ts';
import { MicroUsd } from '../money.ts';
import { Location } from '../task.ts';
import { Instant } from '../time.ts';
import { Requirement } from './profile.ts';

/** A paid call: written before it, settled after it. One without outcome is a call nobody knows about. */
export const Intent = z.looseObject({
  kind: z.enum(['create', 'extend']),
  attempt: z.int().positive(),
  /** The prepaid term it buys, from 1. */
  term: z.int().positive(),
  at: Instant,
  outcome: z.enum(['unknown', 'granted', 'refused', 'not-sent', 'absent']),
  /** First look after its quarantine that did not show what it may have bought. */
  missingSince: Instant.optional(),
});
export type Intent = z.infer<typeof Intent>;

/** The offer a burst chose, as it was quoted. */
export const ChosenOffer = z.looseObject({
  offerId: z.string(),
  gpuModel: z.string(),
  location: Location,
  locationId: z.string(),
  gpusPerWorker: z.int().positive(),
  workers: z.int().positive(),
  /** Price of one prepaid term of the whole cluster. */
  termMicroUsd: MicroUsd,
  /** How long tasks take there over how long they were estimated to; absent: as long. */
  pace: z.number().positive().optional(),
});
export type ChosenOffer = z.infer<typeof ChosenOffer>;

/** A worker of the burst's cluster as we know it. */
export const LeaseWorker = z.looseObject({
  workerId: WorkerId,
  url: z.string(),
  slots: z.int().positive(),
  /** What it said it stands on when it was admitted, for people. */
  hardware: z.string().optional(),
  /** Set while it is given up for lost; cleared when it answers again. */
  lostAt: Instant.optional(),
});
export type LeaseWorker = z.infer<typeof LeaseWorker>;

export const LeasePhase = z.enum([
  'planned',
  'creating',
  'provisioning',
  'ready',
  'closing',
  'tearing-down',
  'teardown-owed',
  'settled',
]);
export type LeasePhase = z.infer<typeof LeasePhase>;

/** `L#<burst>` / `#`: the lease of one burst. */
export const LeaseRow = z.looseObject({
  v: z.literal(1),
  burstId: BurstId,
  tenant: Tenant,
  profile: ProfileId,
  requirement: Requirement,
  phase: LeasePhase,
  /** Slots the opening decision asked for. */
  wantedSlots: z.int().positive(),
  createdAt: Instant,
  segment: z.int().positive(),
  /** Who may drive, extend, destroy. */
  leaseFence: z.int().positive(),
  /** Which invocation of its driver may change the lease: rises whenever one reports in. */
  look: z.int().positive().optional(),
  /** The newest segment that ever reported; 0: none did. */
  heardSegment: z.int().nonnegative(),
  /** By when the next sign of life is due. */
  nextLookBy: Instant,
  /** Sweep passes in a row that found `nextLookBy` passed. */
  latePasses: z.int().nonnegative().default(0),
  /** Take-overs since the burst last made progress. */
  takeOvers: z.int().nonnegative().default(0),
  refusedOffers: z.array(z.string()).default([]),
  /** The burst with an overdue cluster that it stands in for. */
  hedges: BurstId.optional(),
  offer: ChosenOffer.optional(),
  intents: z.array(Intent).default([]),
  /** Money held for prepaid terms, written here before it is held, so that no hold is ever forgotten. */
  holds: z
    .array(
      z.object({
        term: z.int().positive(),
        day: z.string(),
        microUsd: MicroUsd,
        /** The look that took it: one that was given up ends its own hold, never its successor's. */
        attempt: z.int().positive().optional(),
        /** Of a create that showed nothing: it may have been spent all the same, which the bill will tell. */
        kept: z.literal(true).optional(),
      }),
    )
    .default([]),
  clusterId: ClusterId.optional(),
  /** The create attempt whose worker token the cluster carries. */
  tokenAttempt: z.int().positive().optional(),
  /** What a term costs, where what was paid for the first shows that it is more than was quoted. */
  chargedTermMicroUsd: MicroUsd.optional(),
  createdClusterAt: Instant.optional(),
  readyBy: Instant.optional(),
  /** Nine in ten clusters like it were ready within this, from the order on, as Plan knew it. */
  usualSeconds: z.number().positive().optional(),
  readyAt: Instant.optional(),
  workers: z.array(LeaseWorker).default([]),
  /** What each worker was last given to load, by affinity key, and when. A hint: nothing rests on it. */
  loaded: z.record(z.string(), z.object({ key: z.string(), at: Instant })).optional(),
  /** Jobs before this one are over and looked at: no look reads them again. */
  firstJob: z.int().positive().default(1),
  /** Prepaid terms bought. */
  terms: z.int().nonnegative().default(0),
  /** Since when the provider charges for it. */
  paidFrom: Instant.optional(),
  /** End of the prepaid time: the provider kills the cluster then. */
  paidUntil: Instant.optional(),
  /** Newest of its jobs that were done: seconds each took for every second estimated. */
  paces: z.array(z.number().positive()).default([]),
  /** Estimated slot time of all jobs it submitted, and of those of them that did again what a slow one does. */
  issuedSeconds: z.number().nonnegative().default(0),
  duplicateSeconds: z.number().nonnegative().default(0),
  /** When Run wants to see its jobs again although nothing is new: one of them may be slow by then. */
  reviewAt: Instant.optional(),
  /** Since when it has neither a job nor a batch to run. */
  idleSince: Instant.optional(),
  /** No extension is asked for before this: the last one was refused. */
  extendNotBefore: Instant.optional(),
  /** Why that was: the name of the provider's refusal before its words, or what a cap of ours says. */
  extendRefusal: z.string().optional(),
  /** Cluster missing from the provider's list since, and in how many lists. */
  goneSince: Instant.optional(),
  goneLists: z.int().nonnegative().default(0),
  closeReason: z.string().optional(),
  failure: Failure.optional(),
  destroyAskedAt: Instant.optional(),
  /** Lists in a row without the cluster, while its end is being confirmed. */
  absentLooks: z.int().nonnegative().default(0),
  confirmLooks: z.int().nonnegative().default(0),
  confirmedGoneAt: Instant.optional(),
  quotedMicroUsd: MicroUsd.default(0),
  /** The provider's figure when it called the cluster over: lists and answers blink, and may know it no more. */
  endedMicroUsd: MicroUsd.optional(),
  billedMicroUsd: MicroUsd.optional(),
  /** The part of it that other clusters of the burst's name cost, which nobody had learned of. */
  surplusMicroUsd: MicroUsd.optional(),
  aliveSeconds: z.number().nonnegative().optional(),
});
export type LeaseRow = z.infer<typeof LeaseRow>;
