import { isClusterOver } from '../../shared/model/cluster.ts';
import type { Cluster } from '../virtual/market.ts';
import type { EventFault } from './faults.ts';
import type { PlannedEvent } from './schedule.ts';
import type { World } from './world.ts';

/** A planned event without a victim looks for one again after so long, seconds. */
const LOOK_SECONDS = 20;

/** Which dependency an outage cuts off. */
const OUTAGES: Readonly<Partial<Record<EventFault, string>>> = {
  'lambda.outage': 'lambda',
  'queue.outage': 'queue',
  'ledger.outage': 'ledger',
  'artifacts.outage': 'artifacts',
  'provider.outage': 'clusters',
  'worker.unreachable': 'jobs',
  'platform.tick missed': 'ticks',
};

/** Lets the planned events of a schedule happen. */
export function startEvents(world: World): void {
  const { schedule, timers } = world;
  schedule.events.forEach((event, index) => {
    const attempt = () => {
      if (world.disturbance.isQuiet()) return;
      if (!happens(world, event, `event ${index}`)) timers.after(LOOK_SECONDS * 1000, attempt);
    };
    timers.after(event.atSeconds * 1000, attempt);
  });
  expireKey(world);
}

/** The key of the provider expires where the schedule says so, and there is a new one after a while. */
function expireKey({ schedule: { encounter }, timers, disturbance }: World): void {
  if (encounter?.kind !== 'key expires') return;
  const { atSeconds, forSeconds } = encounter;
  const fault = 'provider.key expires';
  timers.after(atSeconds * 1000, () => {
    if (!disturbance.strike(fault, fault, { who: 'world' })) return;
    const untilMs = timers.now() + forSeconds * 1000;
    disturbance.beginOutage({ key: fault, of: 'clusters', fault, untilMs, severity: 1 });
  });
}

/** @returns false when there is no victim yet. */
function happens(world: World, event: PlannedEvent, key: string): boolean {
  const { disturbance, timers } = world;
  const { fault } = event;
  const strike = () => disturbance.strike(fault, key, { who: 'world' });
  const untilMs = Math.min(
    timers.now() + event.forSeconds * 1000,
    Date.parse('2026-01-01T00:00:00.000Z') + world.schedule.quietAtSeconds * 1000,
  );
  const of = OUTAGES[fault];
  if (of !== undefined) {
    if (strike()) disturbance.beginOutage({ key, of, fault, untilMs, severity: event.severity });
    const harmAll = () => {
      for (const { id } of world.market.all()) world.watch.harm(id);
    };
    if (of === 'jobs') {
      harmAll();
      timers.after(untilMs - timers.now(), harmAll);
    }
    return true;
  }
  switch (fault) {
    case 'provider.price rises':
      if (strike()) movePrices(world, event, key, untilMs);
      return true;
    case 'provider.nothing free':
      if (strike()) {
        world.setNothingFree(true);
        timers.after(untilMs - timers.now(), () => world.setNothingFree(false));
      }
      return true;
    case 'platform.deploy':
      if (strike()) world.deploy({ ...world.schedule.nextSettings, caps: world.settings().caps });
      return true;
    case 'platform.abort':
      return abort(world, key, strike);
    case 'provider.console delete':
      return onCluster(world, key, strike, (cluster) => world.market.remove(cluster));
    case 'provider.vanish':
      return onCluster(world, key, strike, (cluster) => world.market.vanish(cluster));
    default:
      return onWorker(world, event, key, strike);
  }
}

/** Between two moves of the prices, seconds. */
const PRICE_SECONDS = 45;

/** Prices rise, and go on moving until it is over. */
function movePrices(world: World, { severity }: PlannedEvent, key: string, untilMs: number): void {
  const { timers, disturbance } = world;
  let moves = 0;
  const move = () => {
    world.setPriceFactor(1 + 4 * severity * disturbance.chance.at(`${key} move ${moves++}`));
    if (timers.now() < untilMs) timers.after(PRICE_SECONDS * 1000, move);
  };
  move();
}

function abort({ machine, disturbance }: World, key: string, strike: () => boolean): boolean {
  const [first, ...rest] = machine.list({ status: 'RUNNING' }).executions;
  if (first === undefined) return false;
  const { executionArn } = disturbance.chance.pick(`${key} victim`, [first, ...rest]);
  if (strike()) machine.stop(executionArn);
  return true;
}

function livingCluster({ market, disturbance }: World, key: string): Cluster | undefined {
  const [first, ...rest] = market.all().filter(({ phase }) => !isClusterOver(phase));
  return first && disturbance.chance.pick(`${key} victim`, [first, ...rest]);
}

function onCluster(
  world: World,
  key: string,
  strike: () => boolean,
  act: (cluster: Cluster) => void,
): boolean {
  const cluster = livingCluster(world, key);
  if (cluster === undefined) return false;
  if (!strike()) return true;
  world.watch.harm(cluster.id);
  act(cluster);
  return true;
}

function onWorker(
  world: World,
  { fault, forSeconds }: PlannedEvent,
  key: string,
  strike: () => boolean,
): boolean {
  const cluster = livingCluster(world, key);
  const [first, ...rest] = [...(cluster?.workers.values() ?? [])].filter((one) => one.alive());
  if (cluster === undefined || first === undefined) return false;
  const worker = world.disturbance.chance.pick(`${key} worker`, [first, ...rest]);
  if (!strike()) return true;
  world.watch.harm(cluster.id);
  if (fault === 'worker.dies') worker.kill();
  if (fault === 'worker.forgets') worker.forget();
  if (fault === 'worker.freezes') {
    worker.freeze();
    world.timers.after(forSeconds * 1000, () => worker.thaw());
  }
  return true;
}
