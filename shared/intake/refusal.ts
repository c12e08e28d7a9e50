/** Codes a program can match. A person reads `reason`. */
export type RefusalCode =
  | 'E_BODY_EMPTY'
  | 'E_CHAR'
  | 'E_DEPTH'
  | 'E_DUPLICATE_KEY'
  | 'E_GPU_MISMATCH'
  | 'E_GPU_MODEL'
  | 'E_ID_REUSED'
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

/** Text from outside, cut and with everything unprintable escaped, so that it is safe in logs and records. */
export function quoted(text: string, most = 64): string {
  const cut = text.length > most ? `${text.slice(0, most)}…` : text;
  return cut.replace(
    /[^\x20-\x7e…]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export const refusalText = ({ code, field, reason }: Refusal): string =>
  field === '' ? `${code}: ${reason}` : `${code}: ${field} - ${reason}`;
