import type { Ports } from '../../shared/ports.ts';

/** What the parts of the sweep need between them: the ledger, and the power to start an execution. */
export type SweepPorts = Pick<Ports, 'ledger' | 'bursts' | 'clock' | 'log'>;

/** Rows of each kind looked at in one pass. */
export const ROWS_PER_PASS = 100;
