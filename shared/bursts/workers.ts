import type { WorkerId } from '../model/ids.ts';
import type { LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import type { WorkerAddress } from '../ports.ts';
import { tokenOf } from '../provision/token.ts';

/** How to reach a worker of a burst; undefined when the lease has no such worker. */
export function addressOf(
  lease: LeaseRow,
  workerId: WorkerId,
  settings: Settings,
): WorkerAddress | undefined {
  const worker = lease.workers.find((one) => one.workerId === workerId);
  return worker === undefined
    ? undefined
    : { workerId, url: worker.url, token: tokenOf(settings.workerSecret, lease) };
}
