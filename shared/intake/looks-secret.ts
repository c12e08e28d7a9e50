/** Bytes of an ed25519 key pair, as Solana's command line writes one to a file: a list of numbers. */
const KEY_PAIR_BYTES = 64;

/**
 * An AWS access key id, a base58 key pair as Solana wallets export it (64 bytes), the same as a list of
 * bytes, an io.net key, a PEM key. A guess that would rather refuse a task than keep a key in a record.
 */
export function looksSecret(value: unknown): boolean {
  if (typeof value === 'string') return SECRETS.some((pattern) => pattern.test(value));
  return (
    Array.isArray(value) &&
    value.length === KEY_PAIR_BYTES &&
    value.every((byte) => Number.isInteger(byte) && byte >= 0 && byte <= 255)
  );
}

const SECRETS = [
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b/,
  /\b[1-9A-HJ-NP-Za-km-z]{86,88}\b/,
  /\bio-v[0-9]-[A-Za-z0-9._-]{20,}/,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/,
];
