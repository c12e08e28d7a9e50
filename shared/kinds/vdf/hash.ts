import { createHash } from 'node:crypto';

/** What keeps hashes apart that are made for different ends. */
type Purpose = 'element' | 'prime' | 'base';

/** An integer of up to `bytes` bytes: SHA-256 of (purpose, block number, message), block after block. */
export function hashToInteger(purpose: Purpose, message: Uint8Array, bytes: number): bigint {
  const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, block) =>
    createHash('sha256')
      .update(`burst/vdf.wesolowski/1/${purpose}\0`)
      .update(bigEndian(BigInt(block), 4))
      .update(message)
      .digest('hex'),
  );
  return BigInt(`0x${blocks.join('').slice(0, bytes * 2)}`);
}

/** A non-negative integer in exactly `bytes` bytes. */
export const bigEndian = (value: bigint, bytes: number): Uint8Array =>
  Buffer.from(value.toString(16).padStart(bytes * 2, '0'), 'hex');
