import { basicsOnAws, burstsOnAws, jobsOnAws, ledgerOnAws } from '../../../../lambdas/on-aws.ts';
import { plan } from '../../../../lambdas/plan.ts';
import { onAws } from '../on-aws.ts';
import { clustersFor } from '../provider-rights.ts';
import { stackSecret } from '../secrets-manager.ts';

export const handler = onAws(
  plan,
  (config) => ({
    ...basicsOnAws(config),
    ledger: ledgerOnAws(config),
    clusters: clustersFor('asks', config),
    jobs: jobsOnAws(config),
    bursts: burstsOnAws(config),
  }),
  stackSecret,
);
