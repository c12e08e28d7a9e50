import { createHmac } from 'node:crypto';
import type { LeaseRow } from '../model/rows.ts';

/**
 * Bearer token of the workers of one create attempt. Derived, so nothing has to be stored and a later
 * segment finds it again. It opens the workers of that cluster and nothing else; their host can read it.
 */
export const workerToken = (secret: string, burstId: string, attempt: number): string =>
  createHmac('sha256', secret).update(`${burstId}/${attempt}`).digest('base64url');

/** The token the cluster of a lease was created with. */
export const tokenOf = (
  secret: string,
  lease: Pick<LeaseRow, 'burstId' | 'tokenAttempt'>,
): string => workerToken(secret, lease.burstId, lease.tokenAttempt ?? 1);
