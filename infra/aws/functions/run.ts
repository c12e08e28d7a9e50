import {
  artifactsOnAws,
  basicsOnAws,
  burstsOnAws,
  clustersOnAws,
  jobsOnAws,
  ledgerOnAws,
} from '../../../lambdas/on-aws.ts';
import { run } from '../../../lambdas/run.ts';
import { onAws } from './on-aws.ts';
import { stackSecret } from './secrets-manager.ts';

export const handler = onAws(
  run,
  (config) => ({
    ...basicsOnAws(config),
    ledger: ledgerOnAws(config),
    artifacts: artifactsOnAws(config),
    bursts: burstsOnAws(config),
    clusters: clustersOnAws(config),
    jobs: jobsOnAws(config),
  }),
  stackSecret,
);
