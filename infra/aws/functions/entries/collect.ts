import { collect } from '../../../../lambdas/collect.ts';
import { artifactsOnAws, basicsOnAws, ledgerOnAws } from '../../../../lambdas/on-aws.ts';
import { onAws } from '../on-aws.ts';
import { noSecret } from '../secret.ts';

export const handler = onAws(
  collect,
  (config) => ({
    ...basicsOnAws(config),
    ledger: ledgerOnAws(config),
    artifacts: artifactsOnAws(config),
  }),
  noSecret,
);
