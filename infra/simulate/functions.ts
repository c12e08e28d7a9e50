import type { Settings } from '../../shared/model/settings.ts';
import type { Log, Ports } from '../../shared/ports.ts';
import {
  functionNotFound,
  type InvokeAnswer,
  type InvokeFunction,
} from '../local/engine/invoke.ts';
import type { Timers } from '../local/engine/timers.ts';
import { STAGE_NAMES, type StageName, wireStage } from '../stages.ts';
import type { Actor, ActorFate, Actors, Pace } from './actor.ts';
import type { Disturbance } from './disturbance.ts';
import { type Fault, INVOCATION_FAULTS } from './faults.ts';
import { fateAt } from './rare-writes.ts';
import type { Silence } from './silence.ts';

export interface FunctionsOptions {
  readonly timers: Timers;
  readonly actors: Actors;
  readonly disturbance: Disturbance;
  readonly portsOf: (actor: Actor, log: Log) => Ports;
  /** Those of the code that is deployed now. */
  readonly settings: () => Settings;
  readonly note: ((who: string, what: string) => void) | undefined;
  /** What cuts executions off from their functions in this run. */
  readonly silences: readonly Silence[];
}

export interface Functions {
  /** As the state machine invokes one: waits for the answer. */
  readonly invoke: InvokeFunction;
  /** As a timer or a queue invokes one, under a name of its own. */
  run(stage: StageName, payload: unknown, name: string): Promise<InvokeAnswer>;
}

const NOT_RUN = {
  'lambda.throttled': { error: 'Lambda.TooManyRequestsException', cause: 'rate exceeded' },
  'lambda.refused': { error: 'Lambda.ServiceException', cause: 'service is not available' },
  'lambda.outage': { error: 'Lambda.ServiceException', cause: 'service is not available' },
} as const;

/** Lambda, as it is on a bad day: throttles, dies anywhere, runs twice, loses answers, leaves zombies. */
export function createFunctions(options: FunctionsOptions): Functions {
  const { timers, actors, disturbance, settings, note, silences } = options;
  const { chance } = disturbance;
  const invocations = new Map<string, number>();

  const numbered = (name: string): string => {
    const number = (invocations.get(name) ?? 0) + 1;
    invocations.set(name, number);
    return `${name} #${number}`;
  };

  /** Starts one invocation. The answer is what its caller hears, who may hear it before the work is over. */
  function start(
    begun: Begun,
    changes: Partial<Pick<Actor, 'fate' | 'pace'>> = {},
  ): Promise<InvokeAnswer> {
    const { stage, payload, name, caller } = begun;
    const { functionSeconds } = settings().limits;
    const actor: Actor = {
      name,
      who: stage,
      state: caller.state,
      burst: caller.burst,
      startedMs: timers.now(),
      deadlineMs: timers.now() + functionSeconds * 1000,
      pace: paceOf(chance.at(`${name} pace`)),
      fate: undefined,
      calls: 0,
      dead: false,
      ...changes,
    };
    const answer = actors.answered(actor);
    const log: Log = (event, facts) => note?.(name, `${event} ${JSON.stringify(facts)}`);
    const handler = wireStage(stage, options.portsOf(actor, log), settings());
    const invocation = { remainingSeconds: () => (actor.deadlineMs - timers.now()) / 1000 };
    handler(payload, invocation).then(
      (value) => actors.answer(actor, { payload: value }),
      (error: unknown) => actors.answer(actor, failureOf(error)),
    );
    return answer;
  }

  async function run(stage: StageName, payload: unknown, given: string): Promise<InvokeAnswer> {
    const name = numbered(given);
    const caller = callerOf(payload);
    const where = { who: stage, state: caller.state };
    const key = `${name} fate`;
    const fault =
      disturbance.outageOf('lambda', key) ?? disturbance.draw(INVOCATION_FAULTS, key, where);
    if (fault !== undefined) note?.(name, fault);
    if (fault === 'lambda.throttled' || fault === 'lambda.refused' || fault === 'lambda.outage') {
      return NOT_RUN[fault];
    }
    const begun = { stage, payload, name, caller };
    if (fault === 'lambda.runs twice') {
      void start({ ...begun, name: `${name} twin` }, { pace: SLUGGISH });
    }
    const answer = await start(begun, { fate: fateOf(fault, name) });
    return fault === 'lambda.answer lost' ? NOT_RUN['lambda.refused'] : answer;
  }

  function fateOf(fault: Fault | undefined, name: string): ActorFate | undefined {
    const at = chance.whole(`${name} at`, 0, chance.at(`${name} far`) < 0.3 ? 60 : 12);
    const forMs = chance.between(`${name} for`, 500, 60_000);
    return fateAt(fault, at, forMs);
  }

  return {
    run,
    invoke(functionName, payload) {
      const stage = STAGE_NAMES.find((one) => one === functionName);
      if (stage === undefined) return Promise.resolve(functionNotFound(functionName));
      const { burst, segment, state = stage } = callerOf(payload);
      const name = `${burst?.burstId.slice(-6) ?? '?'}-${segment} ${state}`;
      const execution = { burstId: '', leaseFence: 0, ...burst, segment };
      return silences.some((one) => one.isCutOff(execution, name, { who: stage, state }))
        ? Promise.resolve(NOT_RUN['lambda.refused'])
        : run(stage, payload, name);
    },
  };
}

const SLUGGISH: Pace = { kind: 'slow', upToMs: 4000 };

const paceOf = (draw: number): Pace =>
  draw < 0.8 ? { kind: 'swift' } : draw < 0.93 ? { kind: 'slow', upToMs: 100 } : SLUGGISH;

interface Begun {
  readonly stage: StageName;
  readonly payload: unknown;
  readonly name: string;
  readonly caller: Caller;
}

interface Caller {
  readonly state: string | undefined;
  readonly segment: number;
  readonly burst: Actor['burst'];
}

/** Which state of which burst asks; nothing for queue and timers. */
function callerOf(payload: unknown): Caller {
  const state = field(payload, 'state');
  const burst = field(payload, 'burst');
  const [burstId, leaseFence] = [field(burst, 'burstId'), field(burst, 'leaseFence')];
  return {
    state: typeof state === 'string' ? state : undefined,
    segment: Number(field(burst, 'segment') ?? 0),
    burst:
      typeof burstId === 'string' && typeof leaseFence === 'number'
        ? { burstId, leaseFence }
        : undefined,
  };
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

/** As Lambda reports what a handler throws, without the stack: a trace must read the same everywhere. */
function failureOf(thrown: unknown): InvokeAnswer {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown));
  const cause = JSON.stringify({ errorType: error.name, errorMessage: error.message });
  return { error: error.name, cause };
}
