import type * as z from 'zod';
import type { Operation } from './faults.ts';
import { type Market, Refused } from './market.ts';
import type { Relay } from './relay.ts';

export interface Answer {
  readonly status: number;
  /** Text as it is, anything else as JSON. */
  readonly body: unknown;
}

export interface Request {
  /** What the path's pattern captured. */
  readonly ids: readonly string[];
  readonly query: unknown;
  readonly body: unknown;
  readonly authorization: string | undefined;
}

/** What the routes act on. */
export interface Provider {
  readonly market: Market;
  readonly relay: Relay;
}

export interface Route {
  readonly operation: Operation;
  readonly method: string;
  /** Below the base path of its API. */
  readonly path: RegExp;
  readonly answer: (provider: Provider, request: Request) => unknown;
}

/** A request that does not fit its schema: the 422 list of the API file. */
class Invalid extends Error {
  override readonly name = 'Invalid';
  readonly detail: { loc: PropertyKey[]; msg: string; type: string }[];

  constructor(where: 'body' | 'query', { issues }: z.ZodError) {
    super(`${where} is invalid`);
    this.detail = issues.map(({ path, message, code }) => ({
      loc: [where, ...path],
      msg: message,
      type: code,
    }));
  }
}

export function parse<Schema extends z.ZodType>(
  where: 'body' | 'query',
  schema: Schema,
  value: unknown,
) {
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Invalid(where, parsed.error);
  return parsed.data;
}

export const pageOf = <Item>(
  items: readonly Item[],
  { page, page_size }: { page: number; page_size: number },
) => items.slice(page * page_size, (page + 1) * page_size);

/** Carries a request out and turns refusals into answers. Other errors are bugs and pass. */
export async function answerTo(
  route: Route,
  provider: Provider,
  request: Request,
): Promise<Answer> {
  try {
    return { status: 200, body: await route.answer(provider, request) };
  } catch (error) {
    if (error instanceof Invalid) return { status: 422, body: { detail: error.detail } };
    if (error instanceof Refused) return { status: error.status, body: { detail: error.message } };
    throw error;
  }
}
