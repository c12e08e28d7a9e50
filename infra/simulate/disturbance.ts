import type { Timers } from '../local/engine/timers.ts';
import { type Chance, chanceFrom } from './chance.ts';
import { drawnFrom, type Fault } from './faults.ts';

/** One fault that struck. `key` names the chance it had, so that a replay can leave it out. */
export interface Strike {
  readonly key: string;
  readonly fault: Fault;
  readonly atMs: number;
  /** Whom it struck, as far as coverage needs to know. */
  readonly where: Where;
}

/** Where in the pipeline something happens. */
export interface Where {
  /** A function, or `dapp`, `market`, `worker`, `world`. */
  readonly who: string;
  /** State of the machine, when one asked for it. */
  readonly state?: string | undefined;
  /** Port and method of a call. */
  readonly call?: string | undefined;
}

/** A stretch of time in which one dependency fails. */
interface Outage {
  readonly key: string;
  readonly of: string;
  readonly fault: Fault;
  readonly untilMs: number;
  readonly severity: number;
}

/** The one source of everything that goes wrong in a run, and the record of it. */
export interface Disturbance {
  readonly chance: Chance;
  readonly strikes: readonly Strike[];
  /** When what a strike began is over; undefined: at once. */
  endOf(strike: Strike): number | undefined;
  /** The fault a table's rates give to this chance, unless it is left out or the faults are over. */
  draw<Name extends Fault>(
    table: Readonly<Partial<Record<Name, number>>>,
    key: string,
    where: Where,
  ): Name | undefined;
  /** Records a fault that was planned; false when it is to be left out. */
  strike(fault: Fault, key: string, where: Where): boolean;
  beginOutage(outage: Outage): void;
  /** Whether an outage is on. */
  isOut(of: string): boolean;
  /** The fault an outage gives to this chance, if one is on. */
  outageOf(of: string, key: string): Fault | undefined;
  isQuiet(): boolean;
  /** Faults are over, and so are outages: nothing can go wrong with a call any more. */
  isCalm(): boolean;
}

export interface DisturbanceOptions {
  readonly seed: number;
  readonly multiplier: number;
  readonly timers: Pick<Timers, 'now'>;
  readonly quietAtMs: number;
  /** Keys of the chances that go well whatever the rates say. */
  readonly leftOut: ReadonlySet<string>;
  /** Faults that may strike; undefined: all. */
  readonly only?: ReadonlySet<Fault> | undefined;
  readonly onStrike: (strike: Strike) => void;
}

export function createDisturbance(options: DisturbanceOptions): Disturbance {
  const { multiplier, timers, quietAtMs, leftOut, only, onStrike } = options;
  const chance = chanceFrom(options.seed);
  const strikes: Strike[] = [];
  const outages: Outage[] = [];
  const isQuiet = () => timers.now() >= quietAtMs;
  const isCalm = () => isQuiet() && outages.every(({ untilMs }) => untilMs <= timers.now());

  const strike = (fault: Fault, key: string, where: Where): boolean => {
    if (leftOut.has(key) || only?.has(fault) === false) return false;
    const struck = { key, fault, atMs: timers.now(), where };
    strikes.push(struck);
    onStrike(struck);
    return true;
  };

  return {
    chance,
    strikes,
    strike,
    isQuiet,
    isCalm,
    draw(table, key, where) {
      if (isQuiet()) return undefined;
      const fault = drawnFrom(table, multiplier, chance.at(key));
      return fault !== undefined && strike(fault, key, where) ? fault : undefined;
    },
    endOf: ({ key }) => outages.find((outage) => outage.key === key)?.untilMs,
    beginOutage: (outage) => void outages.push(outage),
    isOut: (of) => outages.some((one) => one.of === of && one.untilMs > timers.now()),
    outageOf(of, key) {
      if (outages.length === 0) return undefined;
      const on = outages.find(
        (one) =>
          one.of === of &&
          one.untilMs > timers.now() &&
          !leftOut.has(one.key) &&
          chance.at(`${key} out`) < one.severity,
      );
      return on?.fault;
    },
  };
}
