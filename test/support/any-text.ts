import fc from 'fast-check';

/** Where the surrogates stand, which are no characters. */
const SURROGATES = 0xd800;
const SURROGATE_COUNT = 0x800;

/** fast-check's own `unit: 'binary'` is the same and takes a second of a core to set up. */
const anyCharacter = fc
  .oneof(fc.integer({ min: 0, max: 0x7f }), fc.nat(0x10ffff - SURROGATE_COUNT))
  .map((n) => String.fromCodePoint(n < SURROGATES ? n : n + SURROGATE_COUNT));

/** Text of any characters Unicode has room for. */
export const anyText = (limits: fc.ArrayConstraints = {}): fc.Arbitrary<string> =>
  fc.string({ ...limits, unit: anyCharacter });
