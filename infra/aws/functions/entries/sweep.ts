import {
  artifactsOnAws,
  basicsOnAws,
  burstsOnAws,
  ledgerOnAws,
} from '../../../../lambdas/on-aws.ts';
import { sweep } from '../../../../lambdas/sweep.ts';
import { onAws } from '../on-aws.ts';
import { noSecret } from '../secret.ts';

export const handler = onAws(
  sweep,
  (config) => ({
    ...basicsOnAws(config),
    ledger: ledgerOnAws(config),
    artifacts: artifactsOnAws(config),
    bursts: burstsOnAws(config),
  }),
  noSecret,
);
