import { drive } from '../shared/bursts/drive.ts';
import type { BurstDocument } from '../shared/model/burst.ts';
import type { Ports, Stage } from '../shared/ports.ts';
import { closeBurst } from './plan/close-burst.ts';
import { handOver, handOverAgain } from './plan/hand-over.ts';
import { planBurst } from './plan/plan-burst.ts';
import { takeUpLease } from './plan/take-up-lease.ts';

type Needs = 'ledger' | 'clusters' | 'jobs' | 'bursts' | 'clock' | 'log';

/** Plan: where the burst stands, what to buy, when it is over. */
export const plan: Stage<Needs, BurstDocument> = (ports: Pick<Ports, Needs>, settings) => (input) =>
  drive(
    ports,
    settings,
    {
      'Take up the lease': takeUpLease,
      'Plan burst': planBurst(ports, settings),
      'Close burst': closeBurst(ports, settings),
      'Hand over': handOver(ports, settings),
    },
    input,
    { 'Hand over': handOverAgain(ports, settings) },
  );
