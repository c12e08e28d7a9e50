import type { Ports } from '../../shared/ports.ts';

/** What the parts of the sweep need between them: the ledger, and the power to start an execution. */
export type SweepPorts = Pick<Ports, 'ledger' | 'bursts' | 'clock' | 'log'>;
