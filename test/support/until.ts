import { setTimeout as wait } from 'node:timers/promises';

/** Longest a condition may take to come true before the test fails: generous, since machines are shared. */
const LIMIT_MILLISECONDS = 45_000;

/** Asks `look` again and again until it answers something other than `undefined` or `false`. */
export async function until<T>(
  what: string,
  look: () => Promise<T> | T,
): Promise<Exclude<T, undefined | false>> {
  const endsAt = performance.now() + LIMIT_MILLISECONDS;
  for (;;) {
    const seen = await look();
    if (isThere(seen)) return seen;
    if (performance.now() > endsAt) throw new Error(`never came true: ${what}`);
    await wait(10);
  }
}

const isThere = <T>(seen: T): seen is Exclude<T, undefined | false> =>
  seen !== undefined && seen !== false;
