import {
  basicsOnAws,
  burstsOnAws,
  clustersOnAws,
  jobsOnAws,
  ledgerOnAws,
} from '../../../lambdas/on-aws.ts';
import { plan } from '../../../lambdas/plan.ts';
import { onAws } from './on-aws.ts';
import { stackSecret } from './secrets-manager.ts';

export const handler = onAws(
  plan,
  (config) => ({
    ...basicsOnAws(config),
    ledger: ledgerOnAws(config),
    clusters: clustersOnAws(config),
    jobs: jobsOnAws(config),
    bursts: burstsOnAws(config),
  }),
  stackSecret,
);
