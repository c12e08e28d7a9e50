import type { Ledger, Value } from '../../shared/ports.ts';

/** Writes a row as it stands; of its sets only `uploaded`, which the ledger adds to. */
export const putRow = (
  ledger: Ledger,
  pk: string,
  sk: string,
  row: object,
  uploaded: ReadonlySet<number> = new Set(),
) =>
  ledger.write({
    key: { pk, sk },
    when: [],
    set: Object.entries(row).filter(
      ([, value]) => value !== undefined && !(value instanceof Set),
    ) as [string, Value][],
    add: uploaded.size > 0 ? [['uploaded', uploaded]] : [],
  });
