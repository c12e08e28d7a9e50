import { basicsOnAws, jobsOnAws, ledgerOnAws } from '../../../../lambdas/on-aws.ts';
import { teardown } from '../../../../lambdas/teardown.ts';
import { onAws } from '../on-aws.ts';
import { clustersFor } from '../provider-rights.ts';
import { stackSecret } from '../secrets-manager.ts';

export const handler = onAws(
  teardown,
  (config) => ({
    ...basicsOnAws(config),
    ledger: ledgerOnAws(config),
    clusters: clustersFor('destroys', config),
    jobs: jobsOnAws(config),
  }),
  stackSecret,
);
