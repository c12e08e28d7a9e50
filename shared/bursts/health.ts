import { inParallel } from '../concurrency.ts';
import type { LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import type { HealthOfWorker } from '../poll/cluster-look.ts';
import type { ClusterView, Ports } from '../ports.ts';
import { tokenOf } from '../provision/token.ts';

/** Asks the workers the provider names for their health, those that have an address yet. */
export async function healthOf(
  { jobs }: Pick<Ports, 'jobs'>,
  settings: Settings,
  lease: LeaseRow,
  workers: ClusterView['workers'],
): Promise<HealthOfWorker[]> {
  const token = tokenOf(settings.workerSecret, lease);
  const asked = await inParallel(workers, 16, async ({ workerId, url }) =>
    url === undefined
      ? []
      : [{ workerId, url, answer: await jobs.health({ workerId, url, token }) }],
  );
  return asked.flat();
}
