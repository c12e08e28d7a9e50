import type { Driver } from '../../shared/bursts/drive.ts';
import type { LeasePhase } from '../../shared/model/rows.ts';

/** Where a segment goes on, by what the lease says. A new burst stands at `planned`. */
const NEXT: Readonly<Record<LeasePhase, string>> = {
  planned: 'plan',
  creating: 'provision',
  provisioning: 'check-cluster',
  ready: 'run',
  closing: 'close',
  'tearing-down': 'tear-down',
  'teardown-owed': 'superseded',
  settled: 'superseded',
};

export const takeUpLease: Driver = async (lease) => ({
  next: NEXT[lease.phase],
  reason: lease.phase,
});
