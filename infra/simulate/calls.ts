import { type Actor, type ActorFate, type Actors, never } from './actor.ts';
import type { Disturbance, Where } from './disturbance.ts';
import type { Fault } from './faults.ts';

type Rates = Readonly<Partial<Record<Fault, number>>>;

/** What one kind of call does when something goes wrong with it. */
export interface CallRules<T> {
  readonly port: string;
  readonly rates: Rates;
  /** The answer, or the error to throw, when the call was not carried out. */
  readonly refused: (fault: Fault) => T;
  /** The same when it was carried out and its answer is lost; undefined: it threw. */
  readonly lost: (value: T | undefined) => T | Promise<T>;
  /** Longest time the call may take, seconds; an adapter gives up after it. */
  readonly patienceSeconds: number;
}

export interface Calls {
  /** Carries a call out on behalf of an actor, with everything that may go wrong with it. */
  make<T>(actor: Actor, method: string, rules: CallRules<T>, effect: () => Promise<T>): Promise<T>;
}

const DEAD = { error: 'Runtime.ExitError', cause: '{"errorMessage":"the function died"}' };
const UNREACHED = {
  error: 'Lambda.SdkClientException',
  cause: '{"errorMessage":"the answer was lost"}',
};

const isLost = (fault: Fault) => fault.endsWith('answer lost');
const isLate = (fault: Fault) => fault.endsWith('late');

export function createCalls({
  actors,
  disturbance,
  note,
}: {
  readonly actors: Actors;
  readonly disturbance: Disturbance;
  readonly note: ((who: string, what: string) => void) | undefined;
}): Calls {
  const { chance } = disturbance;

  /** The actor's own fate, when it has come to that. @returns false when it is dead. */
  async function meetFate(actor: Actor, fate: ActorFate, where: Where): Promise<boolean> {
    if (fate.kind === 'dies') {
      if (fate.when === 'after') return true;
      actors.die(actor, DEAD);
      note?.(actor.name, `dies before ${where.call}`);
      return false;
    }
    note?.(actor.name, `${fate.kind} at ${where.call} for ${Math.round(fate.forMs / 1000)} s`);
    if (fate.kind === 'zombie') actors.answer(actor, UNREACHED);
    await actors.sleep(actor, fate.forMs);
    return !actor.dead;
  }

  async function make<T>(
    actor: Actor,
    method: string,
    rules: CallRules<T>,
    effect: () => Promise<T>,
  ): Promise<T> {
    const number = actor.calls;
    actor.calls += 1;
    if (actor.dead) return never();
    if (actor.fate === undefined && actor.pace.kind === 'swift' && disturbance.isCalm()) {
      const value = await effect();
      return actor.dead ? never() : value;
    }
    const call = `${rules.port}.${method}`;
    const where = { who: actor.who, state: actor.state, call };
    const key = `${actor.name}/${number} ${call}`;
    const { fate } = actor;
    if (fate?.at === number && !(await meetFate(actor, fate, where))) return never();

    if (actor.pace.kind === 'slow') {
      await actors.sleep(actor, chance.between(`${key} takes`, 0, actor.pace.upToMs));
      // What was on its way when the caller died arrives or does not.
      if (actor.dead) {
        if (chance.at(`${key} arrives`) < 0.5) await effect().catch(() => undefined);
        return never();
      }
    }
    const fault =
      disturbance.outageOf(rules.port, key) ?? disturbance.draw(rules.rates, key, where);
    if (fault !== undefined) note?.(actor.name, `${call}: ${fault}`);
    const value =
      fault === undefined ? await effect() : await carriedOut(actor, rules, effect, fault, key);
    if (fate?.kind === 'dies' && fate.at === number) {
      note?.(actor.name, `dies after ${call}`);
      actors.die(actor, DEAD);
    }
    return actor.dead ? never() : value;
  }

  async function carriedOut<T>(
    actor: Actor,
    rules: CallRules<T>,
    effect: () => Promise<T>,
    fault: Fault,
    key: string,
  ): Promise<T> {
    if (isLate(fault)) {
      const before = chance.at(`${key} when`) < 0.5;
      const seconds = chance.between(`${key} late`, 1, rules.patienceSeconds);
      if (before) await actors.sleep(actor, seconds * 1000);
      const value = await effect();
      if (!before) await actors.sleep(actor, seconds * 1000);
      return value;
    }
    if (isLost(fault) || (fault.endsWith('outage') && chance.at(`${key} done`) < 0.2)) {
      const value = await effect().catch(() => undefined);
      if (chance.at(`${key} slow`) < 0.5) {
        await actors.sleep(actor, chance.between(`${key} waits`, 100, 3000));
      }
      return rules.lost(value);
    }
    return rules.refused(fault);
  }

  return { make };
}
