import * as z from 'zod';

/**
 * Words of a stranger as one line that is safe to keep and to show. A control character could end the line
 * or move a terminal's cursor, a formatting one reverse the text, and half of a surrogate pair is no text
 * to a database: each run of them becomes a space. What is longer than `most` characters is cut.
 */
export function foreignText(text: string, most: number): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ');
  if (line.length <= most) return line;
  return `${line.slice(0, most - 1).replace(/\p{Cs}$/u, '')}…`;
}

/** {@link foreignText} as a schema: too much of it is cut, not refused. */
export const ForeignText = (most: number) =>
  z.string().transform((text) => foreignText(text, most));

/**
 * Seconds by a stranger's word, to the millisecond. JSON takes 1e308 and 1e-200; the ledger takes neither
 * (DynamoDB numbers have a smallest magnitude of 1e-130), and one row that cannot be written stops a burst.
 */
export const ForeignSeconds = z
  .number()
  .nonnegative()
  .max(1e9)
  .transform((seconds) => Math.round(seconds * 1000) / 1000);
