import type { WorkerId } from '../model/ids.ts';
import { ProviderView, WorkerRow } from '../model/rows.ts';
import type { Instant } from '../model/time.ts';
import type { Ledger } from '../ports.ts';
import { PROVIDER_KEY, workerKey } from './keys.ts';
import { assignments, changeRow, readRow } from './rows.ts';

/** What the provider listed last, for everyone who may not ask it for every question. */
export const readProviderView = (ledger: Ledger) => readRow(ledger, PROVIDER_KEY, ProviderView);

/** Replaces the shared view. An older list never replaces a newer one. */
export async function writeProviderView(
  ledger: Ledger,
  seen: ProviderView | undefined,
  view: Pick<ProviderView, 'asOf' | 'clusters'>,
): Promise<boolean> {
  const outcome = await changeRow(ledger, ProviderView, {
    key: PROVIDER_KEY,
    when: [seen === undefined ? { is: 'absent' } : { is: 'equal', path: 'asOf', value: seen.asOf }],
    set: assignments({ v: 1, ...view }),
  });
  return outcome.done;
}

/** Gives a worker no work for a while: what it delivered was wrong. */
export const quarantineWorker = (
  ledger: Ledger,
  worker: { workerId: WorkerId; quarantinedUntil: Instant; reason: string },
) =>
  changeRow(ledger, WorkerRow, {
    key: workerKey(worker.workerId),
    when: [],
    set: assignments({ v: 1, ...worker }),
  });

export const readQuarantine = (ledger: Ledger, workerId: WorkerId) =>
  readRow(ledger, workerKey(workerId), WorkerRow);
