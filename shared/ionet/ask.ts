import type * as z from 'zod';
import { ProviderRefused } from '../errors.ts';
import type { Clock } from '../ports.ts';
import { failureOf, type Operation, unclear } from './refusal.ts';
import { type Call, jsonOf, type Reply, type Transport } from './transport.ts';

type Answered = Extract<Reply, { kind: 'answer' }>;

export const free = (name: string): Operation => ({ name, paid: false });
export const paid = (name: string): Operation => ({ name, paid: true });

/** Calls of one API of the provider. Failures are thrown as `refusal.ts` judges them. */
export function createAsk(transport: Transport, clock: Clock) {
  async function answerTo(operation: Operation, call: Call): Promise<Answered> {
    const reply = await transport(call);
    if (reply.kind === 'none') throw unclear(operation, `${operation.name}: ${reply.why}`);
    if (reply.status < 200 || reply.status > 299) throw failureOf(operation, reply, clock.now());
    return reply;
  }

  async function ask<Schema extends z.ZodType>(
    operation: Operation,
    schema: Schema,
    call: Call,
  ): Promise<z.output<Schema>> {
    const { text } = await answerTo(operation, call);
    const parsed = schema.safeParse(jsonOf(text));
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    const where = issue === undefined ? '' : ` (${issue.path.join('.')}: ${issue.message})`;
    throw unclear(operation, `${operation.name} sent an answer that cannot be read${where}`);
  }

  return { answerTo, ask };
}

/** One path segment. Dots alone would climb to another endpoint and no escape prevents it. */
export function segment(id: string): string {
  if (id === '.' || id === '..') throw new ProviderRefused(`${id} is no identifier`);
  return encodeURIComponent(id);
}
