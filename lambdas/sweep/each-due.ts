import type * as z from 'zod';
import type { Instant } from '../../shared/model/time.ts';
import type { DueKind } from '../../shared/ports.ts';
import type { SweepPorts } from './sweep-ports.ts';

/** Rows of each kind looked at in one pass. */
const ROWS_PER_PASS = 100;

/**
 * Looks at the due rows of one kind, oldest first. A row that cannot be read or dealt with is said in the log
 * and keeps no other waiting.
 *
 * @param act - Says whether the row needed something.
 * @returns how many did.
 */
export async function eachDue<T>(
  { ledger, log }: SweepPorts,
  of: DueKind,
  now: Instant,
  schema: z.ZodType<T>,
  act: (row: T) => Promise<boolean>,
): Promise<number> {
  let repaired = 0;
  for (const key of await ledger.due({ of, until: now, limit: ROWS_PER_PASS })) {
    try {
      const row = await ledger.read(key);
      if (row !== undefined && (await act(schema.parse(row)))) repaired += 1;
    } catch (error) {
      log('sweep failed', { of, row: key.pk, error: String(error) });
    }
  }
  return repaired;
}
