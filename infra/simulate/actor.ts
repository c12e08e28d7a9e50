import type { InvokeAnswer } from '../local/engine/invoke.ts';
import type { Timers } from '../local/engine/timers.ts';

/**
 * Whoever calls ports: an invocation of a function, or a dApp. Every call is a point at which it may be held
 * up while others go on, and at which it may die. Time moves only while everybody waits.
 */
export interface Actor {
  /** Names it within the run; the same in every run of the same seed. */
  readonly name: string;
  readonly who: string;
  readonly state: string | undefined;
  /** The burst and fence it was sent out with. */
  readonly burst: { readonly burstId: string; readonly leaseFence: number } | undefined;
  readonly startedMs: number;
  /** When the platform kills it. */
  readonly deadlineMs: number;
  readonly pace: Pace;
  /** What becomes of it at its call number `at`. */
  fate: ActorFate | undefined;
  calls: number;
  dead: boolean;
}

/** How long its calls take: nothing at all, so that nobody comes between them, or a draw up to so much. */
export type Pace = { readonly kind: 'swift' } | { readonly kind: 'slow'; readonly upToMs: number };

export type ActorFate =
  | { readonly kind: 'dies'; readonly at: number; readonly when: 'before' | 'after' }
  | { readonly kind: 'stalls'; readonly at: number; readonly forMs: number }
  /** Its caller is told that it failed; it goes on after a pause. */
  | { readonly kind: 'zombie'; readonly at: number; readonly forMs: number };

/** Never settles: nobody is there any more to hear of it. */
export const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

export interface Actors {
  /** Waits; never returns when the actor's time is up before. */
  sleep(actor: Actor, milliseconds: number): Promise<void>;
  /** Ends an actor on the spot. */
  die(actor: Actor, answer: InvokeAnswer): void;
  /** Tells the caller of an actor something; only the first word counts. */
  answer(actor: Actor, answer: InvokeAnswer): void;
  /** What the caller waits for. */
  answered(actor: Actor): Promise<InvokeAnswer>;
}

const TIMED_OUT: InvokeAnswer = {
  error: 'Sandbox.Timedout',
  cause: '{"errorMessage":"the function ran out of time"}',
};

export function createActors(timers: Timers): Actors {
  const callers = new Map<Actor, (answer: InvokeAnswer) => void>();

  const answer = (actor: Actor, value: InvokeAnswer) => {
    callers.get(actor)?.(value);
    callers.delete(actor);
  };
  const die = (actor: Actor, value: InvokeAnswer) => {
    actor.dead = true;
    answer(actor, value);
  };

  return {
    answer,
    die,
    answered: (actor) => new Promise((resolve) => callers.set(actor, resolve)),
    sleep(actor, milliseconds) {
      return new Promise((resolve) => {
        const leftMs = actor.deadlineMs - timers.now();
        if (milliseconds >= leftMs) timers.after(leftMs, () => die(actor, TIMED_OUT));
        timers.after(milliseconds, resolve);
      });
    },
  };
}
