import { drive } from '../shared/bursts/drive.ts';
import type { BurstDocument } from '../shared/model/burst.ts';
import type { Ports, Stage } from '../shared/ports.ts';
import { confirmTeardown } from './teardown/confirm-teardown.ts';
import { settle } from './teardown/settle.ts';
import { tearDown } from './teardown/tear-down.ts';

type Needs = 'ledger' | 'clusters' | 'jobs' | 'clock' | 'ids' | 'log';

/** Teardown: the end of a cluster, shown and paid. */
export const teardown: Stage<Needs, BurstDocument> =
  (ports: Pick<Ports, Needs>, settings) => (input) =>
    drive(
      ports,
      settings,
      {
        'Tear down cluster': tearDown(ports, settings),
        'Confirm teardown': confirmTeardown(ports, settings),
        Settle: settle(ports, settings),
      },
      input,
    );
