import * as z from 'zod';
import {
  BudgetExceeded,
  BurstError,
  CapacityUnavailable,
  CreateOutcomeUnknown,
  ProviderRefused,
  Throttled,
} from '../errors.ts';
import { foreignText } from '../model/foreign.ts';
import { type Instant, millisecondsOf } from '../model/time.ts';
import { jsonOf } from './transport.ts';

/** The provider gave no usable answer to a question that buys nothing; nothing is known, ask later. */
export class ProviderUnclear extends Error {
  override readonly name = 'ProviderUnclear';
}

/** A call as its failure is judged: does repeating or losing it cost money? */
export interface Operation {
  readonly name: string;
  readonly paid: boolean;
}

export interface Refusal {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | undefined;
}

/** Longest wait of the provider's that is passed on; beyond it the number is nonsense. */
const LONGEST_RETRY_AFTER_SECONDS = 900;

/** Looked for in the text with `_` and `-` read as spaces, so that codes count as words. */
const MONEY = /\b(credits?|balance|payments?|funds)\b/i;
const CAPACITY =
  /\b(capacity|unavailable|(?:not|no longer|isn't|aren't) available|availability|available replicas?|sold ?out|out of stock|no (?:more |free |available |matching )?(?:gpus?|workers?|devices?|replicas?|machines?|hardware)|(?:insufficient|not enough|exhausted) (?:gpus?|workers?|devices?|replicas?|machines?|hardware|resources?))\b/i;

/** `{detail}` as FastAPI writes it: a text, or one entry per field that is wrong. */
const Detail = z.object({
  detail: z.union([
    z.string(),
    z.array(z.object({ loc: z.array(z.union([z.string(), z.int()])), msg: z.string() })),
  ]),
});
/** Seen for some keys in place of 401. */
const KeyProblem = z.object({ key_set: z.literal(true) });

/**
 * What an answer other than 2xx means for us. No body is documented but the 422 list, so the status
 * decides first and words only where a status is ambiguous:
 *
 * | answer | meaning |
 * |---|---|
 * | 429 | Throttled: nothing was done |
 * | 3xx, 408, 5xx | nothing is known: CreateOutcomeUnknown if the call pays, else ProviderUnclear |
 * | 402 | BudgetExceeded |
 * | 4xx about `gpus_per_container` alone | CapacityUnavailable: workers of another size are rented |
 * | 422 with a list | ProviderRefused, field by field: a request is checked before an account is |
 * | 4xx but 401 naming credit, balance, payment, funds | BudgetExceeded |
 * | 401, other 403, 400 `{"key_set":true}` | ProviderRefused, naming the key |
 * | 4xx naming capacity or availability | CapacityUnavailable |
 * | other 4xx, 404 and 409 among them | ProviderRefused |
 *
 * 409 on a deploy is a refusal and not an unknown outcome: it says that *this* call bought nothing. The
 * name is taken by a cluster the lookup before the call did not show (ended, foreign, or listed too
 * late). The burst closes, the next one has a new name, and a live cluster of the old name is the reaper's.
 */
export function failureOf(operation: Operation, refusal: Refusal, now: Instant): Error {
  const { status, text } = refusal;
  const hasDetail = Detail.safeParse(jsonOf(text)).success;
  const context = { operation: operation.name, status, ...(hasDetail ? { hasDetail } : {}) };
  const words = wordsOf(text);
  const spoken = text.replace(/[_-]+/g, ' ');
  const said = `${operation.name} answered ${status}${words === '' ? '' : `: ${words}`}`;

  if (status === 429) {
    const retryAfterSeconds = secondsToWait(refusal.retryAfter, now);
    return new Throttled(said, {
      ...context,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    });
  }
  if (status < 400 || status === 408 || status >= 500) return unclear(operation, said);
  if (status === 402) return new BudgetExceeded(said, context);
  if (isAboutSize(text)) return new CapacityUnavailable(said, context);
  if (status === 422 && isList(text)) return new ProviderRefused(said, context);
  if (status !== 401 && MONEY.test(spoken)) return new BudgetExceeded(said, context);
  if (status === 401 || status === 403 || isKeyProblem(status, text)) {
    return new ProviderRefused(
      `${said} (check the provider's API key: missing, expired or out of scope)`,
      { ...context, apiKey: KEY_REFUSED },
    );
  }
  if (CAPACITY.test(spoken)) return new CapacityUnavailable(said, context);
  return new ProviderRefused(said, context);
}

/**
 * No answer, or one that cannot be read. A refused connection counts too: telling "never sent" from "sent
 * and lost" by error codes is a guess, and guessing wrong buys twice.
 */
export function unclear(operation: Operation, why: string): BurstError | ProviderUnclear {
  if (!operation.paid) return new ProviderUnclear(why);
  return new CreateOutcomeUnknown(`${why}; it may have been paid for`, {
    operation: operation.name,
  });
}

/** In the context of a refusal that is about the key: the log line of it rings an alarm. */
const KEY_REFUSED = 'refused';

/** No other question of this key will fare better. */
export const isKeyRefused = (error: unknown): boolean =>
  error instanceof ProviderRefused && error.context.apiKey === KEY_REFUSED;

/** The status line an error stands for, where there was one. */
const statusOf = (error: unknown): unknown =>
  error instanceof BurstError ? error.context.status : undefined;

/** The same if the API itself spoke; an error page of something in between has no `{detail}`. */
export const spokenStatusOf = (error: unknown): unknown =>
  error instanceof BurstError && error.context.hasDetail === true
    ? error.context.status
    : undefined;

/** Not found is an answer where a cluster is looked at or destroyed, whatever the words around it. */
export function undefinedWhenGone(error: unknown): undefined {
  const status = statusOf(error);
  if (status === 404 || status === 410) return undefined;
  throw error;
}

/** At most 300 characters of what the provider said, in one line. */
function wordsOf(text: string): string {
  const detail = Detail.safeParse(jsonOf(text));
  const words = !detail.success
    ? text
    : typeof detail.data.detail === 'string'
      ? detail.data.detail
      : detail.data.detail.map(({ loc, msg }) => `${loc.join('.')} ${msg}`).join('; ');
  return foreignText(words.replace(/[\s\p{Cc}]+/gu, ' ').trim(), 300);
}

/**
 * The documentation says both that a worker has 1 to 8 GPUs and that it must have 8. Whoever is refused the
 * one size may have the other.
 */
function isAboutSize(text: string): boolean {
  const detail = Detail.safeParse(jsonOf(text)).data?.detail;
  if (detail === undefined) return false;
  if (typeof detail === 'string') return /\bgpus[_ ]per[_ ]container\b/i.test(detail);
  return detail.length > 0 && detail.every(({ loc }) => loc.at(-1) === 'gpus_per_container');
}

const isList = (text: string): boolean => {
  const detail = Detail.safeParse(jsonOf(text));
  return detail.success && typeof detail.data.detail !== 'string';
};

const isKeyProblem = (status: number, text: string): boolean =>
  status === 400 && KeyProblem.safeParse(jsonOf(text)).success;

/** `Retry-After` as seconds or as an HTTP date, from 0 to {@link LONGEST_RETRY_AFTER_SECONDS}. */
function secondsToWait(retryAfter: string | undefined, now: Instant): number | undefined {
  if (retryAfter === undefined || retryAfter.trim() === '') return undefined;
  const seconds = Number(retryAfter);
  const wait = Number.isNaN(seconds)
    ? (Date.parse(retryAfter) - millisecondsOf(now)) / 1000
    : seconds;
  if (Number.isNaN(wait)) return undefined;
  return Math.min(Math.max(0, Math.ceil(wait)), LONGEST_RETRY_AFTER_SECONDS);
}
