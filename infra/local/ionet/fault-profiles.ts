import type * as z from 'zod';
import type { Behaviour } from './behaviour.ts';
import type { Fault, StandingFault } from './faults.ts';

/** A way for a provider to be bad, under a name. */
interface FaultProfile {
  readonly says: string;
  readonly behaviour?: z.input<typeof Behaviour>;
  /** Happen to the first calls. */
  readonly first?: readonly z.input<typeof Fault>[];
  /** May happen to any call for as long as the provider runs. */
  readonly standing?: readonly StandingFault[];
}

const READS = [
  ...(['catalogue', 'availability', 'price', 'list'] as const),
  ...(['look', 'containers', 'job', 'health'] as const),
];

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  ({ kind: 'answer', status, body, headers }) as const;

export const FAULT_PROFILES = {
  none: { says: 'everything works' },
  slow: {
    says: 'clusters take 20 minutes, their URLs 3 more, the list shows them after 50 s',
    behaviour: {
      provisioningMedianSeconds: 1200,
      reachableMedianSeconds: 180,
      listLagSeconds: 50,
    },
  },
  'lost-replies': {
    says: 'the first order, and the first extension, is carried out and its answer lost',
    first: [
      { operation: 'deploy', kind: 'lose-reply' },
      { operation: 'extend', kind: 'lose-reply' },
    ],
  },
  flaky: {
    says: 'one look in ten gets 503, one in twenty no answer',
    standing: READS.flatMap((operation): StandingFault[] => [
      { operation, share: 0.1, ...answer(503, 'upstream connect error') },
      { operation, share: 0.05, kind: 'lose-request' },
    ]),
  },
  throttled: {
    says: 'one look in four gets 429 with Retry-After: 20',
    standing: READS.map((operation) => ({
      ...{ operation, share: 0.25 },
      ...answer(429, { detail: 'Too Many Requests' }, { 'retry-after': '20' }),
    })),
  },
  'sold-out': {
    says: 'the first three orders meet no capacity, whatever was on offer',
    first: [
      {
        operation: 'deploy',
        times: 3,
        ...answer(400, { detail: 'Not enough available replicas' }),
      },
    ],
  },
  'no-credits': {
    says: 'every order gets 402',
    standing: [
      { operation: 'deploy', share: 1, ...answer(402, { detail: 'Insufficient credits' }) },
    ],
  },
  'key-expired': {
    says: 'every order and every look gets 401, deletes too',
    standing: ([...READS, 'deploy', 'extend', 'destroy'] as const).map((operation) => ({
      ...{ operation, share: 1 },
      ...answer(401, { detail: 'API key expired' }),
    })),
  },
  'whole-machines': {
    says: 'workers of eight GPUs alone are priced and sold (container API)',
    behaviour: { fewestGpusPerContainer: 8 },
  },
} as const satisfies Readonly<Record<string, FaultProfile>>;

export type FaultProfileName = keyof typeof FAULT_PROFILES;

export const faultProfile = (name: FaultProfileName): FaultProfile => FAULT_PROFILES[name];
