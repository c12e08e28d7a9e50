import { BudgetExceeded, CapacityUnavailable, Throttled } from '../../shared/errors.ts';
import { BASE_URLS } from '../../shared/ionet/flavour.ts';
import { isKeyRefused, ProviderUnclear } from '../../shared/ionet/refusal.ts';
import { foreignText } from '../../shared/model/foreign.ts';
import { usdOf } from '../../shared/model/money.ts';
import { ImageRef } from '../../shared/model/settings.ts';
import { type Instant, millisecondsOf } from '../../shared/model/time.ts';
import type { Offer } from '../../shared/ports.ts';

/** What each look of the doctor means, and what to do about it. */

export const CHECKS = [
  ...(['api', 'key', 'catalogue', 'price', 'image', 'clock'] as const),
  ...(['bucket', 'table', 'credits'] as const),
];
export type CheckName = (typeof CHECKS)[number];

export interface Finding {
  readonly check: CheckName;
  /** `unknown`: cannot be told by anyone. `skipped`: not asked, because of another finding or by choice. */
  readonly state: 'ok' | 'failed' | 'unknown' | 'skipped';
  readonly says: string;
  /** What to do; with every failure, and where something was not asked. */
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

/** Of the variables that say where the provider is. */
export const noApi = (wrong: string): Finding =>
  failed(
    'api',
    wrong,
    wrong.startsWith('IONET_API_FLAVOUR')
      ? 'set IONET_API_FLAVOUR to caas or clusters, or unset it for caas'
      : `unset IONET_BASE_URL for io.net itself, or set it to a URL such as ${BASE_URLS.caas}`,
  );

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
  if (error instanceof CapacityUnavailable) {
    return failed(check, says, 'ask again later; tasks wait until then and cost nothing');
  }
  if (error instanceof ProviderUnclear && /cannot be read/.test(says)) {
    const mend =
      'io.net has changed this reply: Burst cannot rent until it reads the new one; docs/ionet.md says what it relies on';
    return failed(check, says, mend);
  }
  const mend =
    error instanceof ProviderUnclear
      ? 'the list came and this did not: ask again; if it stays so, io.net is in trouble'
      : 'io.net does not know this call for this account: compare docs/ionet.md with its documentation of today';
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
    if (/^sha256:0+$/.test(digest)) {
      return failed('image', 'the digest is the placeholder of zeros', PIN);
    }
    const says = `pinned to ${digest}. Asked: the form of the reference. Not asked: whether a registry has it and io.net may pull it`;
    return { ...ok('image', says), mend: `to ask: docker buildx imagetools inspect ${image}` };
  }
  return failed('image', imageFault(image), PIN);
}

function imageFault(image: string): string {
  if (image.trim() !== image) return 'there is a blank around the reference';
  if (/^[a-z]+:\/\//i.test(image)) return 'the reference begins with a protocol: leave it out';
  const [name = '', digest] = image.split('@');
  if (digest === undefined) {
    return 'the reference has no digest, and a tag may mean another image tomorrow';
  }
  if (!/^sha256:[0-9a-f]{64}$/.test(digest)) {
    return 'the digest is not sha256: and 64 hexadecimal digits in lower case';
  }
  return /[A-Z]/.test(name)
    ? 'the name has capital letters, which no registry takes'
    : 'the name before the digest is not registry/name';
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

/** Names AWS has for credentials that are wrong, old or signed at another time. */
const REFUSED_CREDENTIALS: ReadonlySet<string> = new Set([
  ...['UnrecognizedClientException', 'InvalidAccessKeyId', 'InvalidClientTokenId'],
  ...['ExpiredToken', 'ExpiredTokenException', 'InvalidSignatureException'],
  ...['SignatureDoesNotMatch', 'RequestTimeTooSkewed'],
]);

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
  if (REFUSED_CREDENTIALS.has(kind)) {
    const mend =
      'sign in again: `aws sts get-caller-identity` must work; then look at the clock of this machine';
    return failed(check, `AWS does not take these credentials (${kind})`, mend);
  }
  if (status === 403 || kind === 'AccessDeniedException') {
    const [right, whose] =
      check === 'bucket'
        ? [
            's3:ListBucket',
            `; a bucket of that name in another account looks the same: then correct ${variable}`,
          ]
        : ['dynamodb:DescribeTable', ''];
    return failed(
      check,
      said('refuses these credentials'),
      `give them ${right} on it, or use others${whose}`,
    );
  }
  if (status === 301) {
    return failed(
      check,
      said('is in another region'),
      'set AWS_REGION to the region of the bucket',
    );
  }
  const why = messageOf(error);
  const mend = /ENOTFOUND|EAI_AGAIN/.test(why)
    ? 'there is no such region, or no DNS: check AWS_REGION, then the network'
    : 'let this machine reach AWS (firewall, proxy), or correct AWS_REGION; then ask again';
  return failed(check, said(`cannot be reached (${why})`), mend);
}

/** A variable about AWS that is missing or not usable; what it should be stands in the template's outputs. */
export function notTold(check: 'bucket' | 'table', wrong: string): Finding {
  const variable = /^[A-Z_]+/.exec(wrong)?.[0] ?? '';
  const mends: Readonly<Record<string, string>> = {
    BURST_BUCKET: 'set BURST_BUCKET to the output ArtifactBucketName of the stack',
    BURST_TABLE: 'set BURST_TABLE to the output LedgerTableName of the stack',
    AWS_REGION: 'set AWS_REGION to where the stack is, such as eu-central-1',
    BURST_AWS_ENDPOINT: 'unset BURST_AWS_ENDPOINT for AWS itself',
  };
  const mend = mends[variable] ?? 'set it';
  return failed(check, wrong, `${mend}, or leave AWS out with --provider-only`);
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
