import * as z from 'zod';
import { Sha256, Tenant } from './ids.ts';
import { MicroUsd } from './money.ts';
import { Location } from './task.ts';

const seconds = (byDefault: number) => z.number().positive().default(byDefault);

/** A registry reference that names its content: `registry/name@sha256:…`. */
export const ImageRef = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.:/_-]{0,180}@sha256:[0-9a-f]{64}$/)
  .refine((text) => !text.includes('//'), 'must be registry/name@sha256:… without a protocol');

/**
 * Everything an operator may set. `shared/config.ts` fills it from the environment; decisions get it as
 * an argument. Durations are in seconds of the clock the stages are given.
 */
export const Settings = z.strictObject({
  /** Prefix of every cluster name, and how the reaper knows which clusters are ours. */
  stackName: z.string().regex(/^[a-z][a-z0-9-]{0,24}$/),
  /** Tenant by the name of its intake queue. */
  tenantOfQueue: z.record(z.string(), Tenant),
  /** Parts of what tenants share, where that is short; a tenant not named here has 1. */
  tenantWeights: z.record(Tenant, z.int().min(1).max(1000)).default({}),
  /** Worker image by task kind. A kind without an image is refused at intake. */
  images: z.record(z.string(), ImageRef),
  /** Images that tasks of kind `container` may name, whoever sends them. Others are refused at intake. */
  containers: z.array(ImageRef).default([]),
  /** Countries clusters may be rented in; absent: any. A task no one of them suits is refused at intake. */
  allowedLocations: z.array(Location).min(1).max(249).optional(),
  /** Port the job server listens on inside the container. */
  workerPort: z.int().min(1).max(65_535).default(8080),
  /** Root of the workers' bearer tokens. */
  workerSecret: z.string().min(16),
  /** Rent GPUs for executors that do not use them. Only for demonstrations. */
  allowCpuExecutor: z.boolean().default(false),
  /**
   * What the worker images have beyond what every one has. `external-prover`: a program that makes proofs in
   * place of the built-in prover (BURST_ZK_PROVER), which alone takes circuits beyond 2^17; `gpuUsed` says
   * whether it uses the GPU. `diffusion`: the models it brings, by the digest of their folder, each with the least
   * memory of a GPU it runs on, GB; tasks that name another one are refused at intake.
   */
  abilities: z
    .strictObject({
      'external-prover': z.strictObject({ gpuUsed: z.boolean() }).optional(),
      diffusion: z
        .strictObject({
          models: z
            .array(z.strictObject({ sha256: Sha256, vramGb: z.int().min(1).max(1024) }))
            .min(1)
            .max(64),
        })
        .optional(),
    })
    .default({}),
  /** Variables every worker gets; shown by the provider. */
  workerEnv: z.record(z.string(), z.string()).default({}),

  caps: z
    .strictObject({
      /** Whole stack, over its life. */
      stackMicroUsd: MicroUsd.default(500_000_000),
      /** Per UTC day. */
      dayMicroUsd: MicroUsd.default(50_000_000),
      /** Per tenant, over the stack's life; tenants not named here have the default. */
      tenantMicroUsd: z.record(Tenant, MicroUsd).default({}),
      defaultTenantMicroUsd: MicroUsd.default(500_000_000),
      /**
       * Per UTC day, for second orders beside clusters that take longer to come than nine in ten like them; each counts
       * against the other caps too. 0: none is placed.
       */
      hedgeDayMicroUsd: MicroUsd.default(0),
    })
    .prefault({}),

  batches: z
    .strictObject({
      /** Slot time one batch aims at (5 to 20 minutes: below it provisioning dominates, above it a loss hurts). */
      targetSeconds: seconds(600),
      maxTasks: z.int().min(1).max(200).default(100),
      maxAttempts: z.int().min(1).max(20).default(5),
      /**
       * A batch of several tasks is halved when so many attempts at it were cut short: one of its tasks may be
       * what ends them, and its neighbours must not fail with it.
       */
      splitAfterAttempts: z.int().min(1).max(20).default(2),
      /** Multiplies the kinds' own estimates: for machines slower than those they were measured on. */
      estimateFactor: z.number().positive().default(1),
      /**
       * Share of a burst's slot time that may go into second attempts at batches whose worker is much slower than
       * the others, while slots are free; 0: none. What of it was in vain is waste, counted as duplicates.
       */
      duplicateShare: z.number().min(0).max(1).default(0.05),
      /** Wait after the first lost attempt; doubles with each further one. */
      backoffSeconds: seconds(30),
    })
    .prefault({}),

  clusters: z
    .strictObject({
      /** Backlog one slot should find, seconds: fewer slots for less work. */
      secondsPerSlot: seconds(1200),
      maxWorkers: z.int().min(1).max(64).default(4),
      /** Workers a cluster may have, where the provider rents whole blocks only; absent: any number. */
      sizes: z.array(z.int().min(1).max(64)).min(1).max(64).optional(),
      /** Share of the smallest cluster that waiting batches must fill before one is rented for them. */
      fillShare: z.number().gt(0).max(1).default(0.6),
      /** Waiting batches are rented for, however few, when the oldest has waited this long. */
      patienceSeconds: seconds(3600),
      /** Live bursts of one profile. */
      maxBursts: z.int().min(1).max(100).default(4),
      /** Share of the workers that must be ready for the cluster to be used. */
      quorum: z.number().gt(0).max(1).default(0.5),
      /** From the create call to the quorum. */
      provisioningSeconds: seconds(2700),
      /** From the quorum until workers still missing are given up. */
      stragglerSeconds: seconds(600),
      /** Wait before a profile may open again after no capacity or no money; doubles to sixteen times. */
      cooldownSeconds: seconds(60),
      /** A tenant over its share of a cap that is short lets others go first for so long; then it may take once. */
      yieldSeconds: seconds(3600),
    })
    .prefault({}),

  lease: z
    .strictObject({
      /** Hours of one prepaid term: more than one only where a provider's clusters cannot be extended. */
      termHours: z.int().min(1).max(24).default(1),
      /**
       * What the provider bills. ionet: the first hour in any case, then the exact time · exact: to the second ·
       * hourly: begun hours. An idle cluster is held for what is paid already.
       */
      bill: z.enum(['ionet', 'exact', 'hourly']).default('ionet'),
      /** Seconds in one prepaid hour. */
      hourSeconds: seconds(3600),
      /** Extension is possible from this long before the paid edge. */
      extendBeforeSeconds: seconds(2700),
      /** Without an extension the burst drains this long before the paid edge. */
      drainBeforeSeconds: seconds(180),
      /** A burst in use this long before it would drain is extended; a look must fall into it. */
      lastCallSeconds: seconds(180),
      /** A job ends at most this long after its URLs were signed. */
      jobSeconds: seconds(1800),
    })
    .prefault({}),

  looks: z
    .strictObject({
      shortestSeconds: seconds(15),
      longestSeconds: seconds(60),
      /** Longest wait for jobs that are all expected to run for longer than it. */
      steadySeconds: seconds(120),
      /**
       * What running jobs have uploaded is verified by the first look after it has lain there so long, or as soon as
       * it fills an invocation of Collect.
       */
      unreadSeconds: seconds(120),
      holdSeconds: seconds(12),
      /** Longest wait of an idle cluster or slot: waits grow with the time it has been idle. */
      longestHoldSeconds: seconds(90),
      /**
       * An idle cluster is kept this long once its first hour is over: what is left of later hours comes back,
       * what is left of the first does not.
       */
      idleSeconds: seconds(450),
      /** The same for one beside which others of its profile are open. */
      surplusIdleSeconds: seconds(90),
      /** A worker is lost when it was asked this often, over this long, and stayed silent. */
      lostAfterMisses: z.int().min(1).default(3),
      lostAfterSeconds: seconds(60),
      /** Grace after `nextLookBy` before the sweep calls a segment silent. */
      graceSeconds: seconds(300),
      /** Older than this, the shared view of the provider is no evidence. */
      viewSeconds: seconds(180),
      /** A cluster missing from the provider's lists for this long is gone. */
      goneSeconds: seconds(120),
    })
    .prefault({}),

  limits: z
    .strictObject({
      /** Timeout of every function. */
      functionSeconds: seconds(60),
      /** Timeout of one call to the provider. */
      providerSeconds: seconds(20),
      /** Longest time a new cluster may be missing from the provider's list. */
      listLagSeconds: seconds(60),
      /** Results verified by one invocation of Collect. */
      verifyPerLook: z.int().min(1).default(200),
      /** Looks that wait for a confirmed end before the reaper takes over. */
      confirmLooks: z.int().min(1).default(40),
      takeOvers: z.int().min(1).default(3),
      quarantineSeconds: seconds(3600),
      rejectionDays: z.int().min(1).default(14),
    })
    .prefault({}),
});
export type Settings = z.infer<typeof Settings>;

/**
 * After a paid call whose answer was lost, no second one may be made before this has passed: the function
 * that made it is dead, its request has been answered or dropped, and the provider's list shows the result.
 */
export const quarantineSeconds = ({ limits }: Settings): number =>
  limits.functionSeconds + limits.providerSeconds + limits.listLagSeconds;

/** Times the pause of a profile whose bursts cannot be had doubles. */
export const MAX_COOLDOWN_DOUBLINGS = 4;

export const longestCooldownSeconds = ({ clusters }: Pick<Settings, 'clusters'>): number =>
  clusters.cooldownSeconds * 2 ** MAX_COOLDOWN_DOUBLINGS;

/** A deployment of one tenant has nothing to share. */
export const hasSeveralTenants = ({ tenantOfQueue }: Pick<Settings, 'tenantOfQueue'>): boolean =>
  new Set(Object.values(tenantOfQueue)).size > 1;
