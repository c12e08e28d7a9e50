import { startArrivals } from './arrivals.ts';
import type { Strike } from './disturbance.ts';
import { edgesOf } from './edges.ts';
import { endViolations } from './end.ts';
import { startEvents } from './events.ts';
import type { Violation } from './invariants/invariant.ts';
import { type Schedule, withRaisedCaps } from './schedule.ts';
import { createWorld, type Note, START_AT, type World } from './world.ts';

/** What one run of one schedule showed. */
export interface Outcome {
  readonly seed: number;
  readonly violations: readonly (Violation & { readonly atMs: number })[];
  readonly strikes: readonly Strike[];
  readonly virtualSeconds: number;
  readonly tasks: number;
  readonly clusters: number;
  readonly surplusClusters: number;
  readonly edges: ReadonlyMap<string, number>;
}

/** EventBridge's rate of sweep and reap, seconds. */
const TICK_SECONDS = 60;

/** While there is nothing to do one pass in so many is made all the same. */
const LIGHT_SLEEP = 10;

/** Everything must be over so long after the last fault: two terms, cooldowns, take-overs and their grace. */
const PATIENCE_SECONDS = 10 * 3600;

export interface RunOptions {
  /** Chances that go well whatever the rates say. */
  readonly leftOut?: ReadonlySet<string>;
  readonly note?: (atSeconds: number, who: string, what: string) => void;
}

/** Runs a schedule to its end and checks everything. The same schedule always gives the same outcome. */
export async function runSchedule(schedule: Schedule, options: RunOptions = {}): Promise<Outcome> {
  const note: Note | undefined =
    options.note && ((who, what) => options.note?.(world.secondsNow(), who, what));
  const world: World = createWorld({ schedule, leftOut: options.leftOut ?? new Set(), note });
  const { timers, watch, disturbance } = world;
  const arrivals = startArrivals(world);
  startEvents(world);
  let over = false;

  const isOver = () =>
    world.secondsNow() > Math.max(...schedule.arrivals.map(({ atSeconds }) => atSeconds)) + 120 &&
    arrivals.waiting() === 0 &&
    watch.dueCount() === 0 &&
    watch.heldCount() === 0 &&
    watch.livingClusters() === 0;

  const ticks = (stage: 'sweep' | 'reap', offsetSeconds: number) => {
    let number = 0;
    const tick = () => {
      number += 1;
      over ||= isOver();
      const asleep = number % LIGHT_SLEEP !== 0 && watch.isAsleep();
      if (!asleep && disturbance.outageOf('ticks', `${stage} ${number}`) === undefined) {
        void world.functions.run(stage, {}, `${stage} ${number}`);
      }
      timers.after(TICK_SECONDS * 1000, tick);
    };
    timers.after(offsetSeconds * 1000, tick);
  };
  ticks('sweep', 40);
  ticks('reap', 40);
  timers.after(schedule.quietAtSeconds * 1000, () => {
    world.setPriceFactor(1);
    world.deploy(withRaisedCaps(world.settings()));
  });

  const untilMs = Date.parse(START_AT) + (schedule.quietAtSeconds + PATIENCE_SECONDS) * 1000;
  await timers.run({ until: untilMs, done: () => over });
  const atMs = timers.now();
  const atEnd = await endViolations(world, arrivals, over);
  return {
    seed: schedule.seed,
    violations: [...watch.violations, ...atEnd.map((violation) => ({ ...violation, atMs }))],
    strikes: disturbance.strikes,
    virtualSeconds: world.secondsNow(),
    tasks: arrivals.sent.size,
    clusters: world.market.all().length,
    surplusClusters: watch.surplus.size,
    edges: edgesOf(world.machine),
  };
}
