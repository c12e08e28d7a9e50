/** Facts that belong in the log line and in the console's `Cause`. Never secrets. */
export type ErrorContext = Readonly<Record<string, string | number | boolean>>;

/**
 * Base of every error the state machine can match by name. `name` is a contract with Retry and Catch,
 * so each subclass sets it as a literal: a minifier may rename the class, never the string.
 */
export abstract class BurstError extends Error {
  abstract override readonly name: string;
  readonly context: ErrorContext;

  constructor(message: string, context: ErrorContext = {}, options?: ErrorOptions) {
    super(message, options);
    this.context = context;
  }
}

/** The provider has no machine of that shape now. Another offer, or the same one later, may work. */
export class CapacityUnavailable extends BurstError {
  override readonly name = 'CapacityUnavailable';
}

/** The provider understood the request and will never grant it as it stands: specification, key, account. */
export class ProviderRefused extends BurstError {
  override readonly name = 'ProviderRefused';
}

/** A cap, or the provider's credit, does not cover the request. Tasks wait; running work goes on. */
export class BudgetExceeded extends BurstError {
  override readonly name = 'BudgetExceeded';
}

/**
 * A paid call went out, or may have, and no clear answer came back. It does not say that nothing was
 * bought: whoever catches it waits and looks, and never calls again before.
 */
export class CreateOutcomeUnknown extends BurstError {
  override readonly name = 'CreateOutcomeUnknown';
}

/** The provider asks for fewer calls. Nothing was done; nothing is known about what was asked for. */
export class Throttled extends BurstError {
  override readonly name = 'Throttled';
}

/** Whether an error says for certain that a paid call bought nothing. */
export const isRefusal = (
  error: unknown,
): error is CapacityUnavailable | ProviderRefused | BudgetExceeded =>
  error instanceof CapacityUnavailable ||
  error instanceof ProviderRefused ||
  error instanceof BudgetExceeded;
