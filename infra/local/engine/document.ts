import { StateFailure } from './failures.ts';

/** Largest state input, output, argument or result, in bytes of UTF-8 JSON. */
export const MAX_PAYLOAD_BYTES = 262_144;

/** Most bytes one UTF-16 code unit takes in UTF-8. */
const MAX_BYTES_PER_UNIT = 3;

/** A JSON value with its text, so that what is recorded is what is passed on, written once. */
export interface Document {
  readonly value: unknown;
  readonly text: string;
}

/**
 * Takes a value as it would cross a wire: what is not JSON is gone, nothing is shared with the
 * value it came from.
 *
 * @param what - Names the value in the message, as in `output of state 'Plan'`.
 * @throws StateFailure `States.DataLimitExceeded`
 */
export function documentOf(value: unknown, what: string, maxBytes: number): Document {
  const text = textOf(value, what);
  if (exceeds(text, maxBytes)) {
    throw new StateFailure(
      'States.DataLimitExceeded',
      `The ${what} is larger than ${maxBytes} bytes, the limit for one payload.`,
    );
  }
  return { value: JSON.parse(text), text };
}

/** A value that goes deeper than the stack is refused like one that is too large: it is no payload either. */
function textOf(value: unknown, what: string): string {
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new StateFailure('States.DataLimitExceeded', `The ${what} is nested too deeply.`);
  }
}

/**
 * Limits several values together; one alone is limited already.
 *
 * @param what - Names the values in the message.
 * @throws StateFailure `States.DataLimitExceeded`
 */
export function limitTotal(documents: readonly Document[], what: string, maxBytes: number): void {
  if (documents.length < 2 || !exceeds(documents.map(({ text }) => text).join(''), maxBytes))
    return;
  throw new StateFailure(
    'States.DataLimitExceeded',
    `The ${what} take more than ${maxBytes} bytes together, the limit for one Assign.`,
  );
}

/** Whether a text takes more than `maxBytes` in UTF-8. Counts bytes only where it could matter. */
export const exceeds = (text: string, maxBytes: number): boolean =>
  text.length * MAX_BYTES_PER_UNIT > maxBytes && Buffer.byteLength(text) > maxBytes;
