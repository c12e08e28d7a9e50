/**
 * An error a person can act on in place of an SDK exception: what was asked of which service, and what
 * came back. The exception is kept as `cause`.
 */
export function callFailed(what: string, cause: unknown): Error {
  const why = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  return new Error(`${what} failed: ${why}`, { cause });
}

/** For the `catch` of a promise. */
export const failing =
  (what: string) =>
  (error: unknown): never => {
    throw callFailed(what, error);
  };
