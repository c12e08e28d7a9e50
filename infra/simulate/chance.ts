/**
 * Chance as a function of a seed and a name, not as a sequence: whether one fault strikes does not depend on
 * how often anyone else has drawn before, so that a fault taken out of a schedule leaves the others in place.
 */
export interface Chance {
  /** Uniform in [0, 1). The same name always gives the same number. */
  at(name: string): number;
  happens(name: string, probability: number): boolean;
  /** Uniform in [low, high). */
  between(name: string, low: number, high: number): number;
  /** Uniform over whole numbers from `low` to `high`, both included. */
  whole(name: string, low: number, high: number): number;
  pick<Item>(name: string, items: readonly [Item, ...Item[]]): Item;
}

/** FNV-1a over the name, started by the mixed seed and finished as MurmurHash3 does. For simulation only. */
export function chanceFrom(seed: number): Chance {
  const start = mixed(seed ^ 0x9e3779b9) ^ 0x811c9dc5;
  const at = (name: string): number => {
    let hash = start;
    for (let index = 0; index < name.length; index += 1) {
      hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
    }
    return (mixed(hash) >>> 0) / 2 ** 32;
  };
  const whole = (name: string, low: number, high: number): number =>
    low + Math.floor(at(name) * (high - low + 1));
  return {
    at,
    happens: (name, probability) => probability > 0 && at(name) < probability,
    between: (name, low, high) => low + at(name) * (high - low),
    whole,
    pick: (name, items) => items[whole(name, 0, items.length - 1)] ?? items[0],
  };
}

function mixed(value: number): number {
  let bits = value ^ (value >>> 16);
  bits = Math.imul(bits, 0x85ebca6b);
  bits ^= bits >>> 13;
  bits = Math.imul(bits, 0xc2b2ae35);
  return bits ^ (bits >>> 16);
}
