/** An error as the States Language knows it: something Retry and Catch can match by name. */
export class StateFailure extends Error {
  override readonly name = 'StateFailure';
  readonly error: string | undefined;
  readonly reason: string | undefined;

  constructor(error: string | undefined, reason: string | undefined) {
    super(`${error ?? 'unnamed error'}: ${reason ?? 'no cause given'}`);
    this.error = error;
    this.reason = reason;
  }
}

/** Nobody waits for this piece of work any more: its execution closed or a sibling failed. */
export class Cancelled extends Error {
  override readonly name = 'Cancelled';
}

/** The execution has used up its history. No Retry or Catch can help. */
export class HistoryFull extends Error {
  override readonly name = 'HistoryFull';
}
