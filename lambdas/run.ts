import { drive } from '../shared/bursts/drive.ts';
import type { BurstDocument } from '../shared/model/burst.ts';
import type { Ports, Stage } from '../shared/ports.ts';
import { runJobs } from './run/run-jobs.ts';

type Needs = 'ledger' | 'artifacts' | 'bursts' | 'clusters' | 'jobs' | 'clock' | 'log';

/** Run: keeps the slots of a ready cluster supplied. */
export const run: Stage<Needs, BurstDocument> = (ports: Pick<Ports, Needs>, settings) => (input) =>
  drive(ports, settings, { 'Run jobs': runJobs(ports, settings) }, input);
