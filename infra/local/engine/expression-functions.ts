import { createHash } from 'node:crypto';
import jsonata from 'jsonata';
import * as z from 'zod';

/** Where expressions get time and chance from. */
export interface ExpressionSources {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Uniform in [0, 1). */
  random(): number;
  uuid(): string;
}

/** Longest array `$range` makes; others measured this on AWS. */
const MAX_RANGE_ITEMS = 360_145;
const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/** Functions JSONata brings along. */
const STANDARD = [
  'sum count max min average string substring substringBefore substringAfter lowercase uppercase',
  'length trim pad match contains replace split join formatNumber formatBase formatInteger',
  'parseInteger number floor ceil round abs sqrt power random boolean not map zip filter single',
  'reduce sift keys lookup append exists spread merge reverse each error assert type sort shuffle',
  'distinct base64encode base64decode encodeUrlComponent encodeUrl decodeUrlComponent decodeUrl',
  'eval toMillis fromMillis clone now millis',
]
  .join(' ')
  .split(' ');

/** Every function name an expression may use; `$eval` is here so that its refusal names it. */
export const FUNCTION_NAMES: ReadonlySet<string> = new Set([
  ...STANDARD,
  ...['partition', 'range', 'hash', 'uuid', 'parse'],
]);

const LibraryFunction = z.object({
  implementation: z.custom<(this: unknown, ...given: unknown[]) => unknown>(
    (value) => typeof value === 'function',
  ),
});

/** The library's own implementations, for the functions that only need a different clock. */
const { fromMillis, toMillis } = z
  .object({ fromMillis: LibraryFunction, toMillis: LibraryFunction })
  .parse(await jsonata("{'fromMillis': $fromMillis, 'toMillis': $toMillis}").evaluate(undefined));

/**
 * Gives a compiled expression the functions AWS adds (`$partition $range $hash $random $uuid
 * $parse`), refuses `$eval`, and binds all that would otherwise read the host's clock or chance.
 */
export function bindFunctions(expression: jsonata.Expression, sources: ExpressionSources): void {
  const bind = expression.registerFunction;
  bind('millis', () => sources.now(), '<:n>');
  bind(
    'now',
    (picture, zone) => fromMillis.implementation(sources.now(), picture, zone),
    '<s?s?:s>',
  );
  bind(
    'toMillis',
    (timestamp, picture) => {
      const clock = { environment: { timestamp: new Date(sources.now()) } };
      return toMillis.implementation.call(clock, timestamp, picture);
    },
    '<s-s?:n>',
  );
  bind('shuffle', (items: unknown[]) => shuffle(items, sources.random), '<a:a>');
  bind('random', (seed) => (seed === undefined ? sources.random() : seeded(seed)), '<n?:n>');
  bind('uuid', () => sources.uuid(), '<:s>');
  bind('partition', partition, '<an?:a>');
  bind('range', range, '<nnn?:x>');
  bind('hash', hash, '<ss?:s>');
  bind('parse', (json) => (json === undefined ? undefined : JSON.parse(json)), '<s:x>');
  bind('eval', () => {
    throw new Error('$eval is not supported; use $parse for JSON text');
  });
}

/** As on AWS, these round towards zero and yield nothing where their arguments make no sense. */
function partition(items: unknown[] | undefined, size = 0): unknown[][] | undefined {
  const step = Math.trunc(size);
  if (items === undefined || items.length === 0 || step < 1) return undefined;
  const parts: unknown[][] = [];
  for (let at = 0; at < items.length; at += step) parts.push(items.slice(at, at + step));
  return parts;
}

function range(...given: (number | undefined)[]): number[] | number | undefined {
  const [first = Number.NaN, last = Number.NaN, step = Number.NaN] = given.map((value) =>
    value === undefined ? undefined : Math.trunc(value),
  );
  const count = Math.floor((last - first) / step) + 1;
  if (!(count >= 1 && Number.isFinite(count))) return undefined;
  if (count > MAX_RANGE_ITEMS) throw new Error(`$range makes at most ${MAX_RANGE_ITEMS} items`);
  return count === 1 ? first : Array.from({ length: count }, (_, index) => first + index * step);
}

function hash(data: string | undefined, algorithm: string | undefined): string | undefined {
  if (data === undefined || algorithm === undefined) return undefined;
  const known = HASHES[algorithm];
  if (known === undefined) {
    throw new Error(`$hash knows ${Object.keys(HASHES).join(', ')}, not ${algorithm}`);
  }
  return createHash(known).update(data).digest('hex');
}

/** The same seed always gives the same number; the sequence is not AWS's. */
function seeded(seed: number): number {
  return createHash('sha256').update(String(seed)).digest().readUInt32BE() / 2 ** 32;
}

/** Fisher–Yates on a copy. */
function shuffle(items: readonly unknown[] | undefined, random: () => number) {
  const shuffled = [...(items ?? [])];
  for (let at = shuffled.length - 1; at > 0; at -= 1) {
    const other = Math.floor(random() * (at + 1));
    [shuffled[at], shuffled[other]] = [shuffled[other], shuffled[at]];
  }
  return items === undefined ? undefined : shuffled;
}
