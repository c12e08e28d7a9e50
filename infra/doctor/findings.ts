import { BudgetExceeded, BurstError, Throttled } from '../../shared/errors.ts';
import { isKeyRefused } from '../../shared/ionet/refusal.ts';
import { foreignText } from '../../shared/model/foreign.ts';
import { usdOf } from '../../shared/model/money.ts';
import { ImageRef } from '../../shared/model/settings.ts';
import { type Instant, millisecondsOf } from '../../shared/model/time.ts';
import type { Offer } from '../../shared/ports.ts';

/** What each look of the doctor means, and what to do about it. */

export const CHECKS = [
  ...(['key', 'catalogue', 'price', 'image', 'clock'] as const),
  ...(['bucket', 'table', 'credits'] as const),
];
export type CheckName = (typeof CHECKS)[number];

export interface Finding {
  readonly check: CheckName;
  /** `unknown`: cannot be told by anyone. `skipped`: not asked, because of another finding or by choice. */
  readonly state: 'ok' | 'failed' | 'unknown' | 'skipped';
  readonly says: string;
  /** What to do; with every failure. */
  readonly mend?: string;
}

export const ok = (check: CheckName, says: string): Finding => ({ check, state: 'ok', says });
export const failed = (check: CheckName, says: string, mend: string): Finding => ({
  ...{ check, state: 'failed', says, mend },
});
export const skipped = (check: CheckName, says: string): Finding => ({
  ...{ check, state: 'skipped', says },
});

/** Nobody should act on a diagnosis with a hole in it: all that were looked at must be well. */
export const isWell = (findings: readonly Finding[]): boolean =>
  findings.every(({ state }) => state !== 'failed');

const NEW_KEY =
  'make a key at ai.io.net/ai/api-keys, project io-cloud, and set IONET_API_KEY; a deployment reads it from its secret';

export const noKey = (wrong: string): Finding => failed('key', wrong, NEW_KEY);

/** A question to the provider that failed. */
export function providerFailure(check: CheckName, error: unknown): Finding {
  const says = messageOf(error);
  if (isKeyRefused(error)) return failed(check, says, NEW_KEY);
  if (error instanceof Throttled) {
    const { retryAfterSeconds = 60 } = error.context;
    return failed(check, says, `ask again in ${retryAfterSeconds} s; nothing else has to change`);
  }
  if (error instanceof BudgetExceeded) {
    return failed(check, says, 'buy IO Credits for this account');
  }
  const mend =
    error instanceof BurstError && error.context.status === 404
      ? 'check IONET_BASE_URL and IONET_API_FLAVOUR: the API is not at this address'
      : 'check the network, then IONET_BASE_URL; if both are right, io.net is in trouble: ask again later';
  return failed(check, says, mend);
}

export function catalogueFinding(offers: readonly Offer[]): Finding {
  if (offers.length === 0) {
    const mend = 'ask again later; tasks wait until then and cost nothing';
    return failed('catalogue', 'nothing of 24 GB or more is free anywhere', mend);
  }
  const models = [...new Set(offers.map(({ gpuModel }) => gpuModel))];
  const places = new Set(offers.map(({ location }) => location));
  return ok(
    'catalogue',
    `${offers.length} offers of ${models.length} GPU models in ${places.size} countries: ${models.join(', ')}`,
  );
}

export function priceFinding(
  { gpuModel, gpusPerWorker, location }: Offer,
  microUsd: number,
): Finding {
  const perGpu = usdOf(Math.round(microUsd / gpusPerWorker));
  const size =
    gpusPerWorker === 1
      ? ''
      : `; only workers of ${gpusPerWorker} GPUs are priced (${usdOf(microUsd)} USD)`;
  return ok('price', `${perGpu} USD for one ${gpuModel} hour in ${location}, fees included${size}`);
}

const PIN =
  'set BURST_IMAGE to name@sha256:…, as `docker buildx imagetools inspect` prints the digest';

export function imageFinding(image: string): Finding {
  if (ImageRef.safeParse(image).success) {
    const digest = image.slice(image.indexOf('@') + 1);
    return ok('image', `pinned to ${digest}; whether the registry has it is not asked from here`);
  }
  const why = image.includes('@sha256:')
    ? 'the reference is not registry/name@sha256: and 64 hexadecimal digits'
    : 'the reference has no digest, and a tag may mean another image tomorrow';
  return failed('image', why, PIN);
}

export const noImage = (wrong: string): Finding => failed('image', wrong, PIN);

/** AWS refuses what was signed more than five minutes off; deadlines of jobs and leases need it closer. */
const MOST_SKEW_SECONDS = 60;

/** @param date - `Date` header of a reply that came between the two instants. */
export function clockFinding(date: string | undefined, asked: Instant, answered: Instant): Finding {
  const serverMs = date === undefined ? Number.NaN : Date.parse(date);
  if (Number.isNaN(serverMs)) {
    return { check: 'clock', state: 'unknown', says: 'the provider does not say what time it is' };
  }
  const oursMs = (millisecondsOf(asked) + millisecondsOf(answered)) / 2;
  const seconds = Math.round((oursMs - serverMs) / 1000);
  const says = `this clock is ${Math.abs(seconds)} s ${seconds < 0 ? 'behind' : 'ahead of'} io.net's`;
  return Math.abs(seconds) <= MOST_SKEW_SECONDS
    ? ok('clock', says)
    : failed('clock', says, 'set the clock of this machine, by NTP for example');
}

/** What to do when AWS refuses a look at the bucket or the table, by the name or status of its error. */
export function storeFailure(check: 'bucket' | 'table', name: string, error: unknown): Finding {
  const { name: kind = '', status } = awsErrorOf(error);
  const variable = check === 'bucket' ? 'BURST_BUCKET' : 'BURST_TABLE';
  const said = (what: string) => `${check} ${name} ${what}`;
  if (kind === 'NotFound' || kind === 'NoSuchBucket' || kind === 'ResourceNotFoundException') {
    const mend = `deploy first, or set ${variable} to what the deployment calls it and AWS_REGION to where it is`;
    return failed(check, said('does not exist in this account and region'), mend);
  }
  if (kind === 'CredentialsProviderError') {
    const mend = 'sign in, as for the AWS CLI: `aws sts get-caller-identity` must work';
    return failed(check, 'there are no AWS credentials', mend);
  }
  if (status === 403 || kind === 'AccessDeniedException') {
    const right = check === 'bucket' ? 's3:ListBucket' : 'dynamodb:DescribeTable';
    return failed(check, said('refuses these credentials'), `give them ${right}, or use others`);
  }
  if (status === 301) {
    return failed(
      check,
      said('is in another region'),
      'set AWS_REGION to the region of the bucket',
    );
  }
  const mend = 'check the network and AWS_REGION';
  return failed(check, said(`cannot be reached (${messageOf(error)})`), mend);
}

export const CREDITS: Finding = {
  check: 'credits',
  state: 'unknown',
  says: 'not readable through the API; look at the billing page of io.net',
};

function awsErrorOf(error: unknown): { readonly name?: string; readonly status?: number } {
  if (!(error instanceof Error)) return {};
  const metadata: unknown = '$metadata' in error ? error.$metadata : undefined;
  const status: unknown =
    typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata
      ? metadata.httpStatusCode
      : undefined;
  return { name: error.name, ...(typeof status === 'number' ? { status } : {}) };
}

const messageOf = (error: unknown): string =>
  foreignText(error instanceof Error ? error.message || error.name : String(error), 300);
