/** A value as JSON, elements of the group as hex in small letters without leading zeros. */
export const jsonBytes = (value: unknown): Uint8Array =>
  Buffer.from(
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'bigint' ? part.toString(16) : part,
    ),
    'utf8',
  );

/** The JSON in some bytes, or nothing: strict UTF-8, and a fault is not worth an exception. */
export function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}
