import { SCALAR_MODULUS } from '../../shared/kinds/zk/points.ts';
import { BadSpec } from '../execute.ts';
import { readSections, readU256, writeSections, writeU256s } from './sectioned-file.ts';
import { expectModulus } from './zkey.ts';

const FORMAT = { magic: 'wtns', version: 2 };

/**
 * Reads a witness: every number below r, the first one 1.
 *
 * @throws BadSpec when it is no witness over BN254. Messages hold no value of it.
 */
export function readWtns(bytes: Uint8Array): bigint[] {
  const file = readSections('wtns', bytes, FORMAT);
  const header = file.section(1);
  expectModulus(header, SCALAR_MODULUS);
  const count = header.u32();
  header.end();
  const values = file.section(2);
  const data = values.take(count * 32);
  values.end();
  const witness = Array.from({ length: count }, (_, n) => readU256(data, n * 32));
  const beyond = witness.findIndex((value) => value >= SCALAR_MODULUS);
  if (beyond >= 0) throw new BadSpec(`wtns: number ${beyond} is not below r`);
  if (witness[0] !== 1n) throw new BadSpec('wtns: does not begin with the constant 1');
  return witness;
}

/** A witness as the file every prover of snarkjs's contract reads. */
export function writeWtns(witness: readonly bigint[]): Uint8Array {
  const header = Buffer.alloc(40);
  header.writeUInt32LE(32, 0);
  header.set(writeU256s([SCALAR_MODULUS]), 4);
  header.writeUInt32LE(witness.length, 36);
  return writeSections(FORMAT, [
    { id: 1, bytes: header },
    { id: 2, bytes: writeU256s(witness) },
  ]);
}
