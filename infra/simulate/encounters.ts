import type { Settings } from '../../shared/model/settings.ts';
import type { Chance } from './chance.ts';

/** States whose execution may stand still until its burst has been taken over. */
const STALLING_STATES = [
  'Take up the lease',
  'Plan burst',
  'Provision cluster',
  'Check cluster',
  'Run jobs',
  'Check jobs',
  'Collect results',
] as const;

/** A situation that chance alone brings about too seldom. It is planned, and happens as soon as it can, once. */
export type Encounter =
  /** An execution stands still in a state, is taken over, and goes on while its successor drives. */
  | { readonly kind: 'stall'; readonly state: string; readonly after: number }
  /** Work arrives between the decision to close a burst and its closing. */
  | { readonly kind: 'late work' }
  /** A tenant is stopped while a batch of it is being claimed, and whoever claims goes on as a zombie. */
  | {
      readonly kind: 'stop';
      readonly mode: 'finish' | 'cancel';
      readonly forSeconds: number;
      readonly zombieSeconds: number;
    }
  /** The provider takes the key no more, until there is a new one. */
  | { readonly kind: 'key expires'; readonly atSeconds: number; readonly forSeconds: number };

/** At most one a schedule. */
export function drawEncounter(chance: Chance, quietAtSeconds: number): Encounter | undefined {
  const draw = chance.at('encounter');
  if (draw < 0.12) {
    const state = chance.pick('stalls in', STALLING_STATES);
    return { kind: 'stall', state, after: chance.whole('stalls after', 0, 1) };
  }
  if (draw < 0.14) return { kind: 'late work' };
  if (draw < 0.2) {
    return {
      kind: 'stop',
      mode: chance.happens('stop cancels', 0.3) ? 'cancel' : 'finish',
      forSeconds: chance.between('stopped for', 60, 300),
      zombieSeconds: chance.between('zombie for', 15, 45),
    };
  }
  if (draw >= 0.25) return undefined;
  const atSeconds = chance.between('key expires at', 20, quietAtSeconds - 60);
  const forSeconds = chance.between('without a key for', 20, 240);
  return {
    kind: 'key expires',
    atSeconds,
    forSeconds: Math.min(forSeconds, quietAtSeconds - atSeconds),
  };
}

/** The settings of an operator whose stack meets it soon, and with whom it is over soon. */
export function meeting(encounter: Encounter | undefined, settings: Settings): Settings {
  const { looks, lease } = settings;
  switch (encounter?.kind) {
    case 'stall':
      return { ...settings, looks: { ...looks, graceSeconds: 30 } };
    case 'late work':
      return {
        ...settings,
        looks: { ...looks, idleSeconds: 40, surplusIdleSeconds: 40 },
        lease: { ...lease, bill: 'exact', drainBeforeSeconds: 180, extendBeforeSeconds: 2700 },
      };
    case 'stop':
      return { ...settings, lease: { ...lease, jobSeconds: 300 } };
    default:
      return settings;
  }
}
