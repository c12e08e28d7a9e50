import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { logLine } from '../shared/log-line.ts';
import { foreignText } from '../shared/model/foreign.ts';
import { anyText } from './support/any-text.ts';

const ATTACK = 'x\r\n{"event":"paid"}\u001b[2J\u009b2J\u2028\u2029\u202e\u0000\ud800é';

/** Halves of surrogate pairs too. */
const anyUnits = fc
  .array(fc.oneof(fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff })), { maxLength: 30 })
  .map((units) => String.fromCharCode(...units));

describe('a line of the log', () => {
  it('is one line of printable ASCII whatever strangers wrote into it', () => {
    const line = logLine({ event: 'result rejected', reason: ATTACK });
    expect(line).toMatch(/^[\x20-\x7e]+\n$/);
    expect(JSON.parse(line)).toEqual({ event: 'result rejected', reason: ATTACK });
  });

  it('says of any facts what they are', () => {
    fc.assert(
      fc.property(fc.dictionary(anyText(), fc.oneof(anyUnits, fc.jsonValue())), (facts) => {
        const line = logLine(facts);
        expect(line).toMatch(/^[\x20-\x7e]+\n$/);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(facts)));
      }),
    );
  });
});

describe('words of a stranger', () => {
  it('are one line that commands no terminal', () => {
    expect(foreignText(ATTACK, 300)).toBe('x {"event":"paid"} [2J 2J é');
  });

  it.each([
    ['a'.repeat(10), 'a'.repeat(10)],
    ['a'.repeat(11), `${'a'.repeat(9)}…`],
    [`${'a'.repeat(8)}🚀b`, `${'a'.repeat(8)}…`],
  ])('%j are cut to ten characters: %j', (text, kept) => {
    expect(foreignText(text, 10)).toBe(kept);
  });

  it('are within their length and whole characters, whatever they are', () => {
    fc.assert(
      fc.property(anyUnits, fc.integer({ min: 1, max: 40 }), (text, most) => {
        const kept = foreignText(text, most);
        expect(kept.length).toBeLessThanOrEqual(most);
        expect(kept).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
      }),
    );
  });
});
