import { drive } from '../shared/bursts/drive.ts';
import type { BurstDocument } from '../shared/model/burst.ts';
import type { Ports, Stage } from '../shared/ports.ts';
import { createCluster } from './provision/create-cluster.ts';
import { extendLease } from './provision/extend-lease.ts';

type Needs = 'ledger' | 'clusters' | 'clock' | 'log';

/** Provision: the two calls that cost money. Nothing retries this function. */
export const provision: Stage<Needs, BurstDocument> =
  (ports: Pick<Ports, Needs>, settings) => (input, invocation) =>
    drive(
      ports,
      settings,
      {
        'Provision cluster': createCluster(ports, settings, invocation),
        'Extend lease': extendLease(ports, settings, invocation),
      },
      input,
    );
