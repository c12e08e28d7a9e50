import type { Ports } from '../../shared/ports.ts';

/** What the steps of Collect need between them. */
export type CollectPorts = Pick<Ports, 'ledger' | 'artifacts' | 'clock' | 'log'>;
