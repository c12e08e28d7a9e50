import { drive } from '../shared/bursts/drive.ts';
import type { BurstDocument } from '../shared/model/burst.ts';
import type { Ports, Stage } from '../shared/ports.ts';
import { checkCluster } from './poll/check-cluster.ts';
import { checkJobs } from './poll/check-jobs.ts';

type Needs = 'ledger' | 'clusters' | 'jobs' | 'clock' | 'ids' | 'log';

/** Poll: looks once and says when to look again. */
export const poll: Stage<Needs, BurstDocument> = (ports: Pick<Ports, Needs>, settings) => (input) =>
  drive(
    ports,
    settings,
    { 'Check cluster': checkCluster(ports, settings), 'Check jobs': checkJobs(ports, settings) },
    input,
  );
