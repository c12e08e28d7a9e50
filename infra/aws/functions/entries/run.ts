import {
  artifactsOnAws,
  basicsOnAws,
  burstsOnAws,
  jobsOnAws,
  ledgerOnAws,
} from '../../../../lambdas/on-aws.ts';
import { run } from '../../../../lambdas/run.ts';
import { onAws } from '../on-aws.ts';
import { clustersFor } from '../provider-rights.ts';
import { stackSecret } from '../secrets-manager.ts';

export const handler = onAws(
  run,
  (config) => ({
    ...basicsOnAws(config),
    ledger: ledgerOnAws(config),
    artifacts: artifactsOnAws(config),
    bursts: burstsOnAws(config),
    clusters: clustersFor('asks', config),
    jobs: jobsOnAws(config),
  }),
  stackSecret,
);
