import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SCALAR_MODULUS } from '../../../shared/kinds/zk/points.ts';
import { BadSpec } from '../../../worker/execute.ts';
import { quotientOnCoset } from '../../../worker/groth16/polynomial.ts';
import { readWtns, writeWtns } from '../../../worker/groth16/wtns.ts';
import { readZkey } from '../../../worker/groth16/zkey.ts';
import { tiny } from '../../support/tiny-circuit.ts';

/** Reads all there is in a key, as a proof does. */
function readAll(bytes: Uint8Array): void {
  const zkey = readZkey(bytes);
  for (const list of [zkey.ic, zkey.a, zkey.b1, zkey.b2, zkey.c, zkey.h])
    list.slice(0, list.length);
  quotientOnCoset(zkey, tiny.witness(3n, 7n));
}

/** What is wrong with the bytes; `nothing` when all is well. Anything but a BadSpec is a fault of ours. */
function fault(read: () => unknown): string {
  try {
    read();
    return 'nothing';
  } catch (error) {
    if (error instanceof BadSpec) return error.message;
    throw error;
  }
}

/** Where each section's content begins, by id. */
function sectionsOf(file: Buffer): Map<number, number> {
  const found = new Map<number, number>();
  for (let at = 12; at < file.length; at += 12 + Number(file.readBigUInt64LE(at + 4))) {
    found.set(file.readUInt32LE(at), at + 12);
  }
  return found;
}

const copyOf = (bytes: Uint8Array) => Buffer.from(bytes);
const at = (file: Buffer, section: number) => sectionsOf(file).get(section) ?? Number.NaN;

/** A copy of the key with something written over it. */
const withZkey = (change: (file: Buffer) => unknown) => {
  const file = copyOf(tiny.zkey);
  change(file);
  return file;
};

const allOnes = Buffer.alloc(32, 0xff);

describe('a .zkey', () => {
  it('is read: sizes, and a point for every wire', () => {
    const zkey = readZkey(tiny.zkey);
    expect(zkey).toMatchObject({ wires: 5, publicSignals: 2, domainSize: 8 });
    expect([zkey.a.length, zkey.b2.length, zkey.c.length, zkey.h.length]).toEqual([5, 5, 2, 8]);
    expect(fault(() => readAll(tiny.zkey))).toBe('nothing');
  });

  it('is read where it lies within a larger buffer', () => {
    const around = Buffer.concat([Buffer.alloc(7, 1), tiny.zkey, Buffer.alloc(9, 1)]);
    expect(fault(() => readAll(around.subarray(7, 7 + tiny.zkey.length)))).toBe('nothing');
  });

  it.each<{ name: string; bytes: Uint8Array; why: RegExp }>([
    { name: 'is empty', bytes: new Uint8Array(), why: /cut off/ },
    { name: 'is a witness', bytes: writeWtns([1n]), why: /no zkey file/ },
    { name: 'has version 2', bytes: withZkey((f) => f.writeUInt32LE(2, 4)), why: /version/ },
    {
      name: 'claims four billion sections',
      bytes: withZkey((f) => f.writeUInt32LE(0xffff_ffff, 8)),
      why: /sections/,
    },
    { name: 'claims a section less', bytes: withZkey((f) => f.writeUInt32LE(8, 8)), why: /after/ },
    {
      name: 'has a section of 2^64 - 1 bytes',
      bytes: withZkey((f) => f.writeBigUInt64LE(2n ** 64n - 1n, at(f, 2) - 8)),
      why: /section 2 is cut off/,
    },
    {
      name: 'has a section twice',
      bytes: withZkey((f) => f.writeUInt32LE(5, at(f, 6) - 12)),
      why: /section 5 twice/,
    },
    {
      name: 'lacks a section',
      bytes: withZkey((f) => f.writeUInt32LE(60, at(f, 9) - 12)),
      why: /no section 9/,
    },
    { name: 'is of plonk', bytes: withZkey((f) => f.writeUInt32LE(2, at(f, 1))), why: /Groth16/ },
    {
      name: 'is over another field',
      bytes: withZkey((f) => f.writeUInt8(0, at(f, 2) + 4)),
      why: /BN254/,
    },
    {
      name: 'claims four billion wires',
      bytes: withZkey((f) => f.writeUInt32LE(0xffff_ffff, at(f, 2) + 72)),
      why: /not 4294967295 points/,
    },
    {
      name: 'has no wire but public ones',
      bytes: withZkey((f) => f.writeUInt32LE(5, at(f, 2) + 76)),
      why: /no wire besides/,
    },
    {
      name: 'has a domain of 0',
      bytes: withZkey((f) => f.writeUInt32LE(0, at(f, 2) + 80)),
      why: /power of two/,
    },
    {
      name: 'has a domain of 12',
      bytes: withZkey((f) => f.writeUInt32LE(12, at(f, 2) + 80)),
      why: /power of two/,
    },
    {
      name: 'has a domain larger than its points',
      bytes: withZkey((f) => f.writeUInt32LE(2 ** 31, at(f, 2) + 80)),
      why: /not 2147483648 points/,
    },
    {
      name: 'has alpha at infinity',
      bytes: withZkey((f) => f.fill(0, at(f, 2) + 84, at(f, 2) + 148)),
      why: /alpha is no point/,
    },
    {
      name: 'claims four billion coefficients',
      bytes: withZkey((f) => f.writeUInt32LE(0xffff_ffff, at(f, 4))),
      why: /section 4 is too short/,
    },
    {
      name: 'claims a coefficient less',
      bytes: withZkey((f) => f.writeUInt32LE(f.readUInt32LE(at(f, 4)) - 1, at(f, 4))),
      why: /section 4 is too long/,
    },
    {
      name: 'has a coefficient of a third matrix',
      bytes: withZkey((f) => f.writeUInt32LE(2, at(f, 4) + 4)),
      why: /outside of the matrices/,
    },
    {
      name: 'has a coefficient beyond the domain',
      bytes: withZkey((f) => f.writeUInt32LE(8, at(f, 4) + 8)),
      why: /outside of the matrices/,
    },
    {
      name: 'has a coefficient of a wire that is not there',
      bytes: withZkey((f) => f.writeUInt32LE(5, at(f, 4) + 12)),
      why: /outside of the matrices/,
    },
    {
      name: 'has a coordinate above p',
      bytes: withZkey((f) => allOnes.copy(f, at(f, 5))),
      why: /A: point 0 is no point/,
    },
    {
      name: 'has a point of G2 off its curve',
      bytes: withZkey((f) => f.writeUInt8(f.readUInt8(at(f, 7) + 3 * 128) ^ 1, at(f, 7) + 3 * 128)),
      why: /B2: point 3 is no point/,
    },
  ])('that $name is refused', ({ bytes, why }) => {
    expect(fault(() => readAll(bytes))).toMatch(why);
  });

  it('cut off anywhere is refused', () => {
    fc.assert(
      fc.property(fc.nat(tiny.zkey.length - 1), (length) => {
        expect(fault(() => readAll(tiny.zkey.subarray(0, length)))).not.toBe('nothing');
      }),
    );
  });

  it('with any byte changed is read or refused by name', () => {
    fc.assert(
      fc.property(fc.nat(tiny.zkey.length - 1), fc.integer({ min: 1, max: 255 }), (n, change) => {
        const file = withZkey((f) => f.writeUInt8(f.readUInt8(n) ^ change, n));
        expect(fault(() => readAll(file))).toBeTypeOf('string');
      }),
      { numRuns: 300 },
    );
  });

  it('of any bytes is refused by name', () => {
    const magic = tiny.zkey.subarray(0, 8);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(fault(() => readAll(bytes))).not.toBe('nothing');
        expect(fault(() => readAll(Buffer.concat([magic, bytes])))).not.toBe('nothing');
      }),
    );
  });
});

describe('a .wtns', () => {
  const scalar = fc.bigInt({ min: 0n, max: SCALAR_MODULUS - 1n });
  const good = copyOf(writeWtns(tiny.witness(3n, 7n)));
  const withWtns = (change: (file: Buffer) => unknown) => {
    const file = copyOf(good);
    change(file);
    return file;
  };

  it('holds what was written, for any witness', () => {
    fc.assert(
      fc.property(fc.array(scalar, { maxLength: 20 }), (rest) => {
        expect(readWtns(writeWtns([1n, ...rest]))).toEqual([1n, ...rest]);
      }),
    );
  });

  it('has the layout of iden3: header of 40 bytes, 32 bytes a number', () => {
    expect(good.toString('latin1', 0, 4)).toBe('wtns');
    expect([4, 8, 12, 24, 60].map((offset) => good.readUInt32LE(offset))).toEqual([2, 2, 1, 32, 5]);
    expect(good.readUInt32LE(good.length - 32)).toBe(7);
    expect(good).toHaveLength(12 + 12 + 40 + 12 + 5 * 32);
  });

  it.each<{ name: string; bytes: Uint8Array; why: RegExp }>([
    { name: 'is empty', bytes: new Uint8Array(), why: /cut off/ },
    { name: 'is a key', bytes: tiny.zkey, why: /no wtns file/ },
    {
      name: 'is over another field',
      bytes: withWtns((f) => f.writeUInt8(9, 28)),
      why: /BN254/,
    },
    {
      name: 'claims four billion numbers',
      bytes: withWtns((f) => f.writeUInt32LE(0xffff_ffff, 60)),
      why: /section 2 is too short/,
    },
    {
      name: 'claims a number less',
      bytes: withWtns((f) => f.writeUInt32LE(4, 60)),
      why: /section 2 is too long/,
    },
    { name: 'does not begin with 1', bytes: writeWtns([2n, 3n]), why: /constant 1/ },
    { name: 'has no number at all', bytes: writeWtns([]), why: /constant 1/ },
    { name: 'holds r', bytes: writeWtns([1n, SCALAR_MODULUS]), why: /number 1 is not below r/ },
  ])('that $name is refused', ({ bytes, why }) => {
    expect(fault(() => readWtns(bytes))).toMatch(why);
  });

  it('with any byte changed is read or refused by name', () => {
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), (n, change) => {
        const file = withWtns((f) => f.writeUInt8(f.readUInt8(n) ^ change, n));
        expect(fault(() => readWtns(file))).toBeTypeOf('string');
      }),
    );
  });
});
