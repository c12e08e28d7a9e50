import type * as z from 'zod';
import { type Instant, secondsBetween } from '../../shared/model/time.ts';
import type { DueKind } from '../../shared/ports.ts';
import type { SweepPorts } from './sweep-ports.ts';

/** Rows of each kind asked for at once. */
const ROWS_PER_PAGE = 100;

/** A pass looks at further pages until it is this old: a long backlog must not keep a row behind it waiting. */
const PASS_SECONDS = 20;

/**
 * Looks at the due rows of one kind, oldest first. A row that cannot be read or dealt with is said in the log
 * and keeps no other waiting, unless a whole page cannot.
 *
 * @param act - Says whether the row needed something.
 * @returns how many did.
 */
export async function eachDue<T>(
  { ledger, clock, log }: SweepPorts,
  of: DueKind,
  now: Instant,
  schema: z.ZodType<T>,
  act: (row: T) => Promise<boolean>,
): Promise<number> {
  const seen = new Set<string>();
  let repaired = 0;
  for (;;) {
    const page = await ledger.due({ of, until: now, limit: ROWS_PER_PAGE });
    const fresh = page.filter(({ pk, sk }) => !seen.has(`${pk} ${sk}`));
    for (const key of fresh) {
      seen.add(`${key.pk} ${key.sk}`);
      try {
        const row = await ledger.read(key);
        if (row !== undefined && (await act(schema.parse(row)))) repaired += 1;
      } catch (error) {
        log('sweep failed', { of, row: key.pk, error: String(error) });
      }
    }
    const isLast = page.length < ROWS_PER_PAGE || fresh.length === 0;
    if (isLast || secondsBetween(now, clock.now()) >= PASS_SECONDS) return repaired;
  }
}
