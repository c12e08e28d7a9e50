import { jobsOf } from '../../shared/ledger/jobs.ts';
import { readPace, writePace } from '../../shared/ledger/knowledge.ts';
import type { LeaseRow } from '../../shared/model/rows.ts';
import type { Instant } from '../../shared/model/time.ts';
import { pacesSeen, taught } from '../../shared/plan/learned.ts';
import type { Ports } from '../../shared/ports.ts';

/**
 * What a burst has shown of how long tasks take. Called once it is settled, which happens once, so that no burst
 * counts twice; nothing rests on it, so what is lost by a crash, a race or an error is lost.
 */
export async function teach(
  { ledger, log }: Pick<Ports, 'ledger' | 'log'>,
  { burstId, offer, readyAt }: LeaseRow,
  now: Instant,
): Promise<void> {
  if (offer === undefined || readyAt === undefined) return;
  try {
    for (const [kind, ratio] of pacesSeen(await jobsOf(ledger, burstId))) {
      const seen = await readPace(ledger, kind, offer);
      const known = taught(seen, ratio, now);
      const learned = await writePace(ledger, kind, offer, seen, known);
      const { gpuModel, location } = offer;
      const pace = Math.round(1000 * ratio) / 1000;
      log('pace seen', { burst: burstId, kind, gpuModel, location, pace, learned });
    }
  } catch (error) {
    log('nothing learned', { burst: burstId, error: String(error) });
  }
}
