import { BadSpec } from '../execute.ts';

/** Most sections of a file; a zkey has ten. */
const MAX_SECTIONS = 64;

const HEADER_BYTES = 12;
const SECTION_HEADER_BYTES = 12;

/** A part of a file, read from its beginning on. Every method throws {@link BadSpec} where the bytes do not suffice. */
export interface Section {
  /** The file and the section, for messages. */
  readonly name: string;
  /** All of it. */
  readonly bytes: Buffer;
  take(length: number): Buffer;
  u32(): number;
  /** The next 32 bytes as a number, little-endian. */
  u256(): bigint;
  /** @throws BadSpec when something is left. */
  end(): void;
}

export interface SectionedFile {
  /** @throws BadSpec when there is no such section. */
  section(id: number): Section;
}

/**
 * Reads the container that .zkey and .wtns share: four letters, version u32, section count u32, then per section
 * id u32, length u64, bytes; all little-endian. Nothing is copied, and the sections must fill the file exactly.
 *
 * @param name - What the file is called in messages.
 * @throws BadSpec when the bytes are no such file.
 */
export function readSections(
  name: string,
  bytes: Uint8Array,
  { magic, version }: { readonly magic: string; readonly version: number },
): SectionedFile {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < HEADER_BYTES) throw new BadSpec(`${name}: is cut off`);
  if (file.toString('latin1', 0, 4) !== magic) throw new BadSpec(`${name}: is no ${magic} file`);
  if (file.readUInt32LE(4) !== version) throw new BadSpec(`${name}: is not of version ${version}`);
  const count = file.readUInt32LE(8);
  if (count > MAX_SECTIONS) throw new BadSpec(`${name}: has ${count} sections`);

  const sections = new Map<number, Buffer>();
  let at = HEADER_BYTES;
  for (let n = 0; n < count; n += 1) {
    if (file.length - at < SECTION_HEADER_BYTES) throw new BadSpec(`${name}: is cut off`);
    const id = file.readUInt32LE(at);
    const length = file.readBigUInt64LE(at + 4);
    at += SECTION_HEADER_BYTES;
    if (length > file.length - at) throw new BadSpec(`${name}: section ${id} is cut off`);
    if (sections.has(id)) throw new BadSpec(`${name}: has section ${id} twice`);
    sections.set(id, file.subarray(at, at + Number(length)));
    at += Number(length);
  }
  if (at !== file.length) throw new BadSpec(`${name}: has bytes after its last section`);

  return {
    section(id) {
      const found = sections.get(id);
      if (found === undefined) throw new BadSpec(`${name}: has no section ${id}`);
      return reader(`${name}: section ${id}`, found);
    },
  };
}

function reader(name: string, bytes: Buffer): Section {
  let at = 0;
  const take = (length: number): Buffer => {
    if (bytes.length - at < length) throw new BadSpec(`${name} is too short`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  return {
    name,
    bytes,
    take,
    u32: () => take(4).readUInt32LE(),
    u256: () => readU256(take(32), 0),
    end() {
      if (at !== bytes.length) throw new BadSpec(`${name} is too long`);
    },
  };
}

/** The number in 32 bytes, little-endian. */
export const readU256 = (bytes: Buffer, at: number): bigint =>
  bytes.readBigUInt64LE(at) |
  (bytes.readBigUInt64LE(at + 8) << 64n) |
  (bytes.readBigUInt64LE(at + 16) << 128n) |
  (bytes.readBigUInt64LE(at + 24) << 192n);

/** Numbers below 2^256 as 32 bytes each, little-endian. */
export function writeU256s(numbers: readonly bigint[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 32);
  for (const [index, number] of numbers.entries()) {
    for (let word = 0; word < 4; word += 1) {
      const part = (number >> BigInt(64 * word)) & 0xffff_ffff_ffff_ffffn;
      bytes.writeBigUInt64LE(part, index * 32 + word * 8);
    }
  }
  return bytes;
}

/** A file of that container. */
export function writeSections(
  { magic, version }: { readonly magic: string; readonly version: number },
  sections: readonly { readonly id: number; readonly bytes: Uint8Array }[],
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(magic, 'latin1');
  header.writeUInt32LE(version, 4);
  header.writeUInt32LE(sections.length, 8);
  const parts = sections.flatMap(({ id, bytes }) => {
    const head = Buffer.alloc(SECTION_HEADER_BYTES);
    head.writeUInt32LE(id, 0);
    head.writeBigUInt64LE(BigInt(bytes.length), 4);
    return [head, bytes];
  });
  return Buffer.concat([header, ...parts]);
}
