import { createHash } from 'node:crypto';
import { Sha256 } from './ids.ts';

export const sha256Of = (data: string | Uint8Array): Sha256 =>
  Sha256.parse(createHash('sha256').update(data).digest('hex'));

/** JSON with keys in code-unit order at every depth: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
