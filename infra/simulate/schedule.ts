import { Settings } from '../../shared/model/settings.ts';
import { type Chance, chanceFrom } from './chance.ts';
import { drawEncounter, type Encounter, meeting } from './encounters.ts';
import {
  CALL_FAULTS,
  EVENTS,
  type EventFault,
  type Fault,
  familyOf,
  PROVIDER_CALL_FAULTS,
} from './faults.ts';
import type { HandOverAt } from './machines.ts';

/** One task a dApp sends. */
export interface SimulatedTask {
  readonly taskId: string;
  readonly number: number;
  readonly vramGb: number;
  /** Seconds it takes on an honest worker; the dApp announces them. */
  readonly seconds: number;
  /** Checkpoints it leaves on its way. */
  readonly stages: number;
  readonly poison: boolean;
  /** It ends every worker it is given to. */
  readonly deadly: boolean;
}

/** What one dApp sends at one moment. */
export interface Arrival {
  readonly atSeconds: number;
  readonly tenant: string;
  readonly tasks: readonly SimulatedTask[];
}

/** Something that goes wrong at a time of its own; what needs a victim waits until there is one. */
export interface PlannedEvent {
  readonly fault: EventFault;
  readonly atSeconds: number;
  readonly forSeconds: number;
  /** How bad it is, in (0, 1]. */
  readonly severity: number;
}

/** `silent`: long enough for executions to fall silent and be taken over. */
type Size = 'usual' | 'large' | 'silent' | 'days';

/** All that is decided before a run begins. A function of seed and multiplier alone. */
export interface Schedule {
  readonly seed: number;
  readonly multiplier: number;
  /** Faults that may strike; absent: all. */
  readonly only?: ReadonlySet<Fault>;
  readonly size: Size;
  readonly settings: Settings;
  /** What a deploy in flight moves to. */
  readonly nextSettings: Settings;
  readonly encounter: Encounter | undefined;
  readonly arrivals: readonly Arrival[];
  /** Moments at which a dApp takes one of its tasks back. */
  readonly cancelsAtSeconds: readonly number[];
  readonly events: readonly PlannedEvent[];
  /** No fault begins after this. */
  readonly quietAtSeconds: number;
  readonly provisioningSeconds: number;
  /** Some segments end after few events, so that they hand over in a run of hours. */
  readonly handOverAt: HandOverAt;
  /** More workers than usual, of which more are slow or come and go. */
  readonly unevenWorkers: boolean;
}

export const TENANTS = ['amber', 'birch'] as const;
export const queueOf = (tenant: string): string => `intake-${tenant}`;

const IMAGE = `registry.test/worker@sha256:${'ab'.repeat(32)}`;
const MEMORIES_GB: readonly [number, ...number[]] = [24, 48, 80];
/** What the second profile may need beside the first one's need. */
const OTHER_MEMORIES_GB: Readonly<Record<number, readonly [number, ...number[]]>> = {
  24: [48, 80, 48],
  48: [24, 80, 24],
  80: [24, 48, 24],
};
const HAND_OVERS: readonly [HandOverAt, ...HandOverAt[]] = [
  ...([14_000, 14_000, 14_000, 14_000, 14_000] as const),
  ...([14_000, 14_000, 14_000, 450, 60] as const),
];
const HOUR = 3600;

/** Tasks longer than this leave a checkpoint about as often. */
const STAGE_SECONDS = 50;

/** Most schedules are as small as they may be: many small ones find more than few large ones. */
const SIZES: Readonly<Record<Size, SizeNumbers>> = {
  usual: { spanSeconds: 60, quietAfterSeconds: 420, groups: 2, moreGroups: 0, mostTasks: 5 },
  large: { spanSeconds: 300, quietAfterSeconds: 400, groups: 3, moreGroups: 2, mostTasks: 6 },
  silent: { spanSeconds: 60, quietAfterSeconds: 5000, groups: 2, moreGroups: 0, mostTasks: 5 },
  days: { spanSeconds: 26 * HOUR, quietAfterSeconds: 600, groups: 4, moreGroups: 2, mostTasks: 5 },
};

interface SizeNumbers {
  /** From the first arrival to the last. */
  readonly spanSeconds: number;
  /** From then to the last fault. */
  readonly quietAfterSeconds: number;
  readonly groups: number;
  readonly moreGroups: number;
  /** Of one group. */
  readonly mostTasks: number;
}

/** At least so many events of so many families are planned; the rates bring the rest. */
const MIN_EVENTS = 4;
const MIN_FAMILIES = 3;

/** Draws a schedule. Pure: equal arguments give equal schedules. */
export function drawSchedule(seed: number, multiplier: number): Schedule {
  const chance = chanceFrom(seed);
  const draw = chance.at('size');
  const size: Size = draw < 0.01 ? 'days' : draw < 0.1 ? 'large' : draw < 0.14 ? 'silent' : 'usual';
  const unevenWorkers = chance.happens('uneven workers', 0.2);
  const drawn = drawSettings(chance, 'settings');
  const { spanSeconds, quietAfterSeconds } = SIZES[size];
  const arrivals = drawArrivals(chance, size);
  const quietAtSeconds = spanSeconds + quietAfterSeconds;
  const encounter = drawEncounter(chance, quietAtSeconds);
  const suited = unevenWorkers ? withManyWorkers(drawn) : drawn;
  const handOverAt = chance.pick('hand over at', HAND_OVERS);
  const settings = meeting(encounter, inLargeBatches(arrivals, readingSlowly(handOverAt, suited)));
  return {
    seed,
    multiplier,
    size,
    settings,
    encounter,
    nextSettings: drawDeploy(chance, settings),
    arrivals,
    cancelsAtSeconds: Array.from({ length: chance.whole('cancels', 0, 2) }, (_, n) =>
      chance.between(`cancel ${n}`, 30, quietAtSeconds),
    ),
    events: drawEvents(chance, multiplier, quietAtSeconds),
    quietAtSeconds,
    provisioningSeconds: chance.between('provisioning', 5, 40),
    handOverAt,
    unevenWorkers,
  };
}

/** The sum of what befalls one call to the provider at the usual rates. */
const USUAL_PROVIDER_ERRORS = Object.values<number>(CALL_FAULTS.clusters).reduce(
  (sum, rate) => sum + rate,
);

/**
 * A schedule in which nothing is wrong but calls to the provider, of which this share fails: its clusters are
 * healthy, whatever is said of them.
 */
export function drawHealthySchedule(seed: number, providerErrors: number): Schedule {
  const schedule = drawSchedule(seed, providerErrors / USUAL_PROVIDER_ERRORS);
  const only = new Set<Fault>(PROVIDER_CALL_FAULTS);
  const arrivals = schedule.arrivals.map(({ tasks, ...arrival }) => ({
    ...arrival,
    tasks: tasks.map((task) => ({ ...task, poison: false })),
  }));
  return { ...schedule, only, arrivals };
}

function drawArrivals(chance: Chance, size: Size): Arrival[] {
  const { spanSeconds, mostTasks, moreGroups, groups: least } = SIZES[size];
  const groups = least + chance.whole('groups', 0, moreGroups);
  const memory = chance.pick('memory', MEMORIES_GB);
  const memories = [memory, chance.pick('other memory', OTHER_MEMORIES_GB[memory] ?? [48])];
  const minimum = Math.ceil(8 / groups);
  let next = 1;
  return Array.from({ length: groups }, (_, group) => {
    const long = chance.happens(`long ${group}`, 0.1);
    const deadly = chance.happens(`deadly ${group}`, 0.015);
    // The first two groups have two profiles between them, so that there are two bursts at least.
    const first = group < 2 ? group : chance.whole(`profile ${group}`, 0, 1);
    const tasks = Array.from(
      { length: deadly ? mostTasks : chance.whole(`tasks ${group}`, minimum, mostTasks) },
      (_, place): SimulatedTask => {
        const number = next++;
        const seconds = Math.round(chance.between(`seconds ${number}`, 5, long ? 600 : 30));
        return {
          taskId: `task-${number}`,
          number,
          vramGb: memories[first] ?? 24,
          seconds,
          stages: Math.floor(seconds / STAGE_SECONDS),
          poison: chance.happens(`poison ${number}`, 0.005),
          deadly: deadly && place === 0,
        };
      },
    );
    const tenant = group < 2 ? TENANTS[0] : chance.pick(`tenant ${group}`, [...TENANTS]);
    const atSeconds = group < 2 ? group * 20 : chance.between(`arrival ${group}`, 0, spanSeconds);
    return { atSeconds, tenant, tasks };
  });
}

function drawEvents(chance: Chance, multiplier: number, quietAtSeconds: number): PlannedEvent[] {
  const wanted = MIN_EVENTS + chance.whole('events', 0, Math.round(multiplier / 2));
  const events: PlannedEvent[] = [];
  const families = new Set<string>();
  for (let n = 0; events.length < wanted || families.size < MIN_FAMILIES; n += 1) {
    const fault = chance.pick(`event ${n}`, [...EVENTS]);
    const outage = fault.endsWith('outage') || fault === 'worker.unreachable';
    const long = outage && chance.happens(`long outage ${n}`, 0.1);
    families.add(familyOf(fault));
    events.push({
      fault,
      atSeconds: Math.round(chance.between(`event at ${n}`, 5, quietAtSeconds - 60)),
      forSeconds: Math.round(chance.between(`event for ${n}`, 20, long ? HOUR : 200)),
      severity: chance.between(`severity ${n}`, 0.3, 1.2),
    });
  }
  return events;
}

function drawSettings(chance: Chance, name: string): Settings {
  const pick = <Item>(what: string, ...items: [Item, ...Item[]]) =>
    chance.pick(`${name} ${what}`, items);
  const drainBeforeSeconds = pick(
    'drain',
    3350,
    3350,
    3350,
    3350,
    3350,
    3350,
    3200,
    3000,
    2400,
    180,
  );
  const tight = chance.happens(`${name} tight cap`, 0.05);
  return Settings.parse({
    stackName: 'burst-sim',
    tenantOfQueue: Object.fromEntries(TENANTS.map((tenant) => [queueOf(tenant), tenant])),
    images: { 'simulated.tiny': IMAGE },
    workerSecret: 'not-a-secret-in-a-simulation',
    caps: {
      ...(tight ? { stackMicroUsd: pick('cap', 700_000, 1_500_000, 3_000_000) } : {}),
      hedgeDayMicroUsd: pick('second orders', 0, 0, 2_000_000, 50_000_000),
    },
    batches: {
      maxTasks: pick('batch', 1, 2, 4, 8),
      targetSeconds: pick('target', 60, 300, 600),
      maxAttempts: pick('attempts', 3, 5, 8),
      splitAfterAttempts: pick('split', 1, 2, 3),
      duplicateShare: pick('duplicates', 0.05, 0.5, 1),
      backoffSeconds: pick('backoff', 10, 30),
    },
    clusters: {
      secondsPerSlot: pick('slot', 30, 120, 600),
      maxWorkers: pick('workers', 1, 2, 4),
      maxBursts: pick('bursts', 1, 2, 4),
      quorum: pick('quorum', 0.5, 1),
      provisioningSeconds: pick('provisioning', 900, 1800),
      stragglerSeconds: 300,
      cooldownSeconds: pick('cooldown', 10, 30),
    },
    lease: {
      // Some tasks are longer than a job then, and go on in the next one.
      jobSeconds: pick('job', 1800, 1800, 900, 300),
      // An idle cluster is seldom held for what is paid in any case, so that a run is not mostly waiting.
      bill: chance.happens(`${name} held`, 0.1) ? pick('bill', 'ionet', 'hourly') : 'exact',
      drainBeforeSeconds,
      extendBeforeSeconds: Math.max(2700, Math.min(drainBeforeSeconds + 550, 3550)),
    },
    looks: {
      shortestSeconds: pick('shortest', 20, 30, 45),
      longestSeconds: pick('longest', 60, 120),
      holdSeconds: pick('hold', 120, 240),
      // Where workers are given up late, a cluster that is gone is found missing before them.
      lostAfterSeconds: pick('lost after', 60, 60, 60, 60, 60, 60, 60, 240),
      idleSeconds: pick('idle', 1, 1, 1, 1, 450),
      surplusIdleSeconds: 1,
    },
    limits: {
      confirmLooks: pick('confirm', 4, 10, 40),
      listLagSeconds: pick('list lag', 20, 60),
      providerSeconds: pick('provider', 10, 20),
      verifyPerLook: pick('verify', 50, 50, 50, 2),
    },
  });
}

/** Small batches on many workers: there is a free one for what another one is slow at, or has lost. */
const withManyWorkers = ({ batches, clusters, ...settings }: Settings): Settings => ({
  ...settings,
  batches: { ...batches, maxTasks: Math.min(2, batches.maxTasks), splitAfterAttempts: 3 },
  clusters: { ...clusters, maxWorkers: 4, secondsPerSlot: 30 },
});

/** Some of what ends its worker has neighbours, which must not fail with it. */
const inLargeBatches = (arrivals: readonly Arrival[], settings: Settings): Settings =>
  arrivals.some(({ tasks }) => tasks.some(({ deadly }) => deadly))
    ? { ...settings, batches: { ...settings.batches, maxTasks: 8 } }
    : settings;

/** Where histories are short, some of them end while results are read. */
const readingSlowly = (handOverAt: HandOverAt, settings: Settings): Settings =>
  handOverAt === 60 ? { ...settings, limits: { ...settings.limits, verifyPerLook: 1 } } : settings;

/** A deploy changes what an operator tunes; the stack, its queues and images stay. Caps only rise. */
function drawDeploy(chance: Chance, before: Settings): Settings {
  const { batches, clusters, looks } = drawSettings(chance, 'deploy');
  return { ...before, batches, clusters, looks };
}

/** The caps an operator sets once work is seen to wait for money. */
export const withRaisedCaps = (settings: Settings): Settings => ({
  ...settings,
  caps: {
    ...settings.caps,
    stackMicroUsd: 2_000_000_000,
    dayMicroUsd: 2_000_000_000,
    defaultTenantMicroUsd: 2_000_000_000,
  },
});
