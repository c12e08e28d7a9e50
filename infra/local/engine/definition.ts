import * as z from 'zod';

/**
 * The subset of the Amazon States Language the engine runs, JSONata flavour. Every object is
 * strict: a field that is not named here is refused, never ignored.
 */

const LAMBDA_INVOKE = 'arn:aws:states:::lambda:invoke';
/** Inline Map never runs more iterations at once, whatever `MaxConcurrency` says. */
export const MAX_INLINE_CONCURRENCY = 40;
/** The longest Wait and the longest timeout. */
export const MAX_SECONDS = 99_999_999;

const EXPRESSION = /^\{%([\s\S]*)%\}$/;

/** The JSONata text of a `{% … %}` string; undefined for any other text. */
export const expressionIn = (text: string): string | undefined =>
  EXPRESSION.exec(text)?.[1]?.trim();

/** Begins like an expression and does not end like one; AWS takes it for neither that nor text. */
export const isUnclosedExpression = (text: string): boolean =>
  text.startsWith('{%') && !EXPRESSION.test(text);

/** RFC 3339 with a capital T, and a capital Z where there is no numeric offset. */
export const Timestamp = z.iso.datetime({ offset: true });

const Expression = z.string().regex(EXPRESSION, 'must be a JSONata expression, {% … %}');
const Name = z.string().min(1);
const PositiveSeconds = z.int().min(1).max(MAX_SECONDS);
/** Any JSON, with expressions in its strings. */
const Template = z.json();
const Assign = z.record(z.string(), Template);

const result = { Assign: Assign.optional(), Output: Template.optional() };
const shared = { Comment: z.string().optional(), QueryLanguage: z.literal('JSONata').optional() };
const flow = { Next: Name.optional(), End: z.boolean().optional() };

const Retrier = z.strictObject({
  Comment: z.string().optional(),
  ErrorEquals: z.array(Name).min(1),
  IntervalSeconds: PositiveSeconds.optional(),
  MaxAttempts: z.int().min(0).max(MAX_SECONDS).optional(),
  BackoffRate: z.number().min(1).optional(),
  MaxDelaySeconds: z.int().min(1).max(31_622_400).optional(),
  JitterStrategy: z.enum(['FULL', 'NONE']).optional(),
});
export type Retrier = z.infer<typeof Retrier>;

const Catcher = z.strictObject({
  Comment: z.string().optional(),
  ErrorEquals: z.array(Name).min(1),
  Next: Name,
  ...result,
});

const recovery = { Retry: z.array(Retrier).optional(), Catch: z.array(Catcher).optional() };

const Task = z.strictObject({
  Type: z.literal('Task'),
  Resource: z.literal(LAMBDA_INVOKE, {
    error: ({ input }) =>
      `is ${JSON.stringify(input) ?? 'missing'}; the engine runs ${LAMBDA_INVOKE} only`,
  }),
  Arguments: z.union(
    [Expression, z.strictObject({ FunctionName: Name, Payload: Template.optional() })],
    { error: 'must be an expression or hold FunctionName and, if wanted, Payload, nothing else' },
  ),
  TimeoutSeconds: z.union([PositiveSeconds, Expression]).optional(),
  ...shared,
  ...flow,
  ...result,
  ...recovery,
});
export type Task = z.infer<typeof Task>;

const Choice = z.strictObject({
  Type: z.literal('Choice'),
  Choices: z
    .array(
      z.strictObject({
        Comment: z.string().optional(),
        Condition: Expression,
        Next: Name,
        ...result,
      }),
    )
    .min(1),
  Default: Name.optional(),
  ...shared,
  ...result,
});
export type Choice = z.infer<typeof Choice>;

const Wait = z.strictObject({
  Type: z.literal('Wait'),
  Seconds: z.union([z.int().min(0).max(MAX_SECONDS), Expression]).optional(),
  Timestamp: z.union([Timestamp, Expression]).optional(),
  ...shared,
  ...flow,
  ...result,
});
export type Wait = z.infer<typeof Wait>;

const Pass = z.strictObject({ Type: z.literal('Pass'), ...shared, ...flow, ...result });
export type Pass = z.infer<typeof Pass>;

const Succeed = z.strictObject({
  Type: z.literal('Succeed'),
  Output: Template.optional(),
  ...shared,
});
export type Succeed = z.infer<typeof Succeed>;

const Fail = z.strictObject({
  Type: z.literal('Fail'),
  Error: z.string().optional(),
  Cause: z.string().optional(),
  ...shared,
});
export type Fail = z.infer<typeof Fail>;

const ParallelFields = z.strictObject({
  Type: z.literal('Parallel'),
  ...shared,
  ...flow,
  ...result,
  ...recovery,
});
export interface Parallel extends z.infer<typeof ParallelFields> {
  readonly Branches: readonly Scope[];
}

const MapFields = z.strictObject({
  Type: z.literal('Map'),
  Items: z.union([z.array(Template), Expression]).optional(),
  ItemSelector: Template.optional(),
  MaxConcurrency: z.union([z.int().min(0), Expression]).optional(),
  ...shared,
  ...flow,
  ...result,
  ...recovery,
});
export interface InlineMap extends z.infer<typeof MapFields> {
  readonly ItemProcessor: Scope;
}

export type State = Task | Choice | Wait | Pass | Succeed | Fail | Parallel | InlineMap;

/** A start and the states reachable from it: the machine itself, one branch, or one item's work. */
export interface Scope {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, State>>;
}

const States: z.ZodType<Scope['States']> = z.record(
  z.string(),
  z.lazy(() =>
    z.discriminatedUnion('Type', [
      Task,
      Choice,
      Wait,
      Pass,
      Succeed,
      Fail,
      ParallelFields.extend({ Branches: z.array(Branch).min(1) }),
      MapFields.extend({ ItemProcessor }),
    ]),
  ),
);

const Branch = z.strictObject({ Comment: z.string().optional(), StartAt: Name, States });

const ItemProcessor = z.strictObject({
  Comment: z.string().optional(),
  ProcessorConfig: z
    .strictObject({
      Mode: z.literal('INLINE', { error: 'must be INLINE; Distributed Map is not implemented' }),
    })
    .optional(),
  StartAt: Name,
  States,
});

export const Definition = z.strictObject({
  Comment: z.string().optional(),
  Version: z.literal('1.0').optional(),
  QueryLanguage: z.literal('JSONata', {
    error: 'must be "JSONata", once, at the top; JSONPath is not implemented',
  }),
  TimeoutSeconds: PositiveSeconds.optional(),
  StartAt: Name,
  States,
});
export type Definition = z.infer<typeof Definition>;

/** One thing that keeps a definition from running. */
export interface Problem {
  /** The state it is in; undefined for the machine itself. */
  readonly state?: string | undefined;
  /** Path of the field inside that state, as in `Retry[0]/ErrorEquals`. */
  readonly field: string;
  readonly message: string;
}
