import type { Tenant } from '../model/ids.ts';
import { StopRow } from '../model/rows.ts';
import type { Instant } from '../model/time.ts';
import type { Ledger } from '../ports.ts';
import { stopKey } from './keys.ts';
import { assignments, changeRow, readRow } from './rows.ts';

/** A stop that holds for a tenant. Of two, the one that cancels. */
export interface Stop {
  readonly mode: 'finish' | 'cancel';
  readonly of: 'tenant' | 'stack';
  readonly reason: string;
  readonly at: Instant;
}

/** Whether anything new may be begun for a tenant; undefined: it may. */
export async function readStop(ledger: Ledger, tenant: Tenant): Promise<Stop | undefined> {
  const [stack, own] = await Promise.all([
    readRow(ledger, stopKey(''), StopRow),
    readRow(ledger, stopKey(tenant), StopRow),
  ]);
  const stops = [standing(stack, 'stack'), standing(own, 'tenant')];
  return stops.find((stop) => stop?.mode === 'cancel') ?? stops.find((stop) => stop !== undefined);
}

const standing = (row: StopRow | undefined, of: Stop['of']): Stop | undefined =>
  row === undefined || row.mode === 'none'
    ? undefined
    : { mode: row.mode, of, reason: row.reason, at: row.at };

/** Stops a tenant, or the stack where none is named; `none` takes a stop back. */
export const writeStop = (
  ledger: Ledger,
  tenant: Tenant | undefined,
  stop: Pick<StopRow, 'mode' | 'reason' | 'at'>,
) =>
  changeRow(ledger, StopRow, {
    key: stopKey(tenant ?? ''),
    when: [],
    set: assignments({ v: 1, ...stop }),
  });

/** As it is said to whoever waits. */
export const stopInWords = ({ of, reason }: Stop): string => `the ${of} was stopped: ${reason}`;
