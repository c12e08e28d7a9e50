/** Codes a program can match. A person reads `reason`. */
export type RefusalCode =
  | 'E_BODY_EMPTY'
  | 'E_CHAR'
  | 'E_COMPLIANCE'
  | 'E_DEPTH'
  | 'E_DUPLICATE_KEY'
  | 'E_GPU_MISMATCH'
  | 'E_GPU_MODEL'
  | 'E_ID_REUSED'
  | 'E_INPUT_HASH'
  | 'E_INPUT_MISSING'
  | 'E_JSON'
  | 'E_KEYS'
  | 'E_LOCATION'
  | 'E_LOOKS_SECRET'
  | 'E_NUMBER'
  | 'E_RANGE'
  | 'E_REQUIRED'
  | 'E_SUPPLY'
  | 'E_TASK_ID'
  | 'E_TASK_TYPE'
  | 'E_TOO_LARGE'
  | 'E_TOO_LONG'
  | 'E_TYPE'
  | 'E_UNBOUND_PROOF'
  | 'E_UNKNOWN_FIELD'
  | 'E_UNSUPPORTED'
  | 'E_UTF8'
  | 'E_VALUE';

/** Why one message was not taken, where in it, and what to do instead. */
export interface Refusal {
  readonly code: RefusalCode;
  /** Dotted path; empty for the message as a whole. */
  readonly field: string;
  readonly reason: string;
}

export const refusal = (code: RefusalCode, field: string, reason: string): Refusal => ({
  code,
  field: quoted(field, 128),
  reason,
});

/**
 * Text from outside with everything unprintable escaped, so that it is safe in logs and records; at most
 * `most` characters long, and an escape is never cut in half.
 */
export function quoted(text: string, most = 64): string {
  let shown = '';
  for (let at = 0; at < text.length; at += 1) {
    const next = printable(text.charCodeAt(at));
    const room = most - shown.length - (at === text.length - 1 ? 0 : ELLIPSIS.length);
    if (next.length > room) return shown + ELLIPSIS;
    shown += next;
  }
  return shown;
}

const ELLIPSIS = '…';

const printable = (unit: number): string =>
  unit >= 0x20 && unit <= 0x7e
    ? String.fromCharCode(unit)
    : `\\u${unit.toString(16).padStart(4, '0')}`;

export const refusalText = ({ code, field, reason }: Refusal): string =>
  field === '' ? `${code}: ${reason}` : `${code}: ${field} - ${reason}`;
