import type { Ports } from '../../shared/ports.ts';

/** What the steps of Run need between them. */
export type RunPorts = Pick<
  Ports,
  'ledger' | 'artifacts' | 'bursts' | 'clusters' | 'jobs' | 'clock' | 'log'
>;
