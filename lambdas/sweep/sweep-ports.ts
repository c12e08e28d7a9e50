import type { Ports } from '../../shared/ports.ts';

/** What the parts of the sweep need between them. Of the artifacts it only deletes. */
export type SweepPorts = Pick<Ports, 'ledger' | 'artifacts' | 'bursts' | 'clock' | 'log'>;
