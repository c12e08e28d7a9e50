import type { Write } from '../../shared/ports.ts';
import type { Actor, ActorFate } from './actor.ts';
import type { Disturbance } from './disturbance.ts';
import { type Fault, RARE_WRITE_FAULTS } from './faults.ts';

/** So many writes of a shape are rare in a run. */
const RARE = 3;

/** Statuses and phases are what tells one write of a row from another. */
const NAMES: ReadonlySet<unknown> = new Set(['status', 'phase']);

/** What a write is about: the kind of row and the fields it touches, whatever is in them. */
export function shapeOf({ key, set = [], add = [], remove = [] }: Write): string {
  const kind = key.pk.slice(0, 2) + key.sk.slice(0, 1);
  const fields = set.map(([path, value]) =>
    NAMES.has(path) ? `${path}=${String(value)}` : [path].flat()[0],
  );
  const others = [...add.map(([path]) => path), ...remove].map((path) => [path].flat()[0]);
  return [kind, ...fields.sort(), '-', ...others.sort()].join(' ');
}

/** Who makes one of the first writes of its shape may not outlive it: every place to crash has its turn. */
export function rareWrites({ draw, chance, isQuiet }: Disturbance) {
  const seen = new Map<string, number>();
  return {
    meet(actor: Actor, write: Write): void {
      if (actor.who === 'dapp' || actor.fate !== undefined || isQuiet()) return;
      const shape = shapeOf(write);
      const before = seen.get(shape) ?? 0;
      seen.set(shape, before + 1);
      if (before >= RARE) return;
      const key = `${actor.name}/${actor.calls} rare`;
      const where = { who: actor.who, state: actor.state, call: 'ledger.write' };
      const forMs = chance.between(`${key} for`, 500, 60_000);
      actor.fate = fateAt(draw(RARE_WRITE_FAULTS, key, where), actor.calls, forMs);
    },
  };
}

/** What an invocation's fault makes of it at its call number `at`. */
export function fateAt(fault: Fault | undefined, at: number, forMs: number): ActorFate | undefined {
  switch (fault) {
    case 'lambda.dies before a call':
      return { kind: 'dies', at, when: 'before' };
    case 'lambda.dies after a call':
      return { kind: 'dies', at, when: 'after' };
    case 'lambda.stalls':
      return { kind: 'stalls', at, forMs };
    case 'lambda.runs on as a zombie':
      return { kind: 'zombie', at, forMs };
    default:
      return undefined;
  }
}
