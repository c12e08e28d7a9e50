import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RSA_2048 } from '../../shared/kinds/vdf/group.ts';
import { MAX_RESULT_BYTES, resultBytes, type VdfResult } from '../../shared/kinds/vdf/result.ts';
import { vdfWesolowski } from '../../shared/kinds/vdf-wesolowski.ts';
import { aVdf, done, utf8 } from './vdf/make.ts';

const { modulus } = RSA_2048;
const spec = aVdf();
const { result } = done(spec);
const longer = done(aVdf({ squarings: 1001 })).result;
const elsewhere = done(aVdf({ seed: 'lamp' })).result;
const text = Buffer.from(resultBytes(result)).toString();

const verdictOf = (bytes: Uint8Array) => vdfWesolowski.verify(spec, new Map([['vdf.json', bytes]]));
const reasonOf = (bytes: Uint8Array) => {
  const verdict = verdictOf(bytes);
  return verdict.verified ? 'verified' : verdict.reason;
};
const written = (change: Partial<VdfResult>) => resultBytes({ ...result, ...change });
const json = (change: object) => utf8(JSON.stringify({ ...JSON.parse(text), ...change }));

describe('verifying an output of the delay function', () => {
  it.each([
    ['lantern', 1000, '1c32d1c899609d5a1f95281c60ce3a73918b40b725b952fe60f28da45e453eee'],
    ['épreuve №1 🌙', 2003, 'bf3e75276c773fa12fb9f8c451c9782f7cc6129c767e38b8c6909c7fef32f499'],
  ])(
    'accepts that of %j after %i squarings, byte for byte an independent one',
    (seed, squarings, outputSha256) => {
      const task = aVdf({ seed, squarings });
      const files = new Map([['vdf.json', resultBytes(done(task).result)]]);
      expect(vdfWesolowski.verify(task, files)).toEqual({
        verified: true,
        verifiedBy: 'proof',
        evidence: { outputSha256 },
      });
      expect(
        createHash('sha256')
          .update(files.get('vdf.json') ?? '')
          .digest('hex'),
      ).toBe(outputSha256);
    },
  );

  it.each<[string, Partial<VdfResult>]>([
    ['an output that is off by one', { y: result.y + 1n }],
    ['an output of one squaring more', { y: longer.y }],
    ['a true claim about one squaring more', longer],
    ['a true claim about another seed', elsewhere],
    ['the proof of another number of squarings', { proof: longer.proof }],
    ['the proof of another seed', { proof: elsewhere.proof }],
    ['a proof that is off by one', { proof: result.proof - 1n }],
    ['output and proof changed round', { y: result.proof, proof: result.y }],
    ['ones', { y: 1n, proof: 1n }],
  ])('refuses %s', (_, change) => {
    expect(reasonOf(written(change))).toMatch(/^E_RESULT_PROOF: proof does not show y for 1000 /);
  });

  it.each([
    ['the output with the other sign', written({ y: modulus - result.y }), 'y: is not the smaller'],
    ['the proof with the other sign', written({ proof: modulus - result.proof }), 'proof: is not'],
    [
      'both with the other sign',
      written({ y: modulus - result.y, proof: modulus - result.proof }),
      'y: is not',
    ],
    ['an output above the modulus', written({ y: modulus + 1n }), 'y: is not the smaller'],
    ['no output', json({ y: undefined }), 'y: '],
    ['zero', json({ y: '0' }), 'y: is not hex'],
    ['leading zeros', json({ y: `0${result.y.toString(16)}` }), 'y: is not hex'],
    [
      'capital letters',
      json({ proof: result.proof.toString(16).toUpperCase() }),
      'proof: is not hex',
    ],
    ['a prefix', json({ y: `0x${result.y.toString(16).slice(2)}` }), 'y: is not hex'],
    ['a number', json({ y: 1 }), 'y: '],
    ['another version', json({ v: 2 }), 'v: '],
    ['a field too many', utf8('{"v":1,"y":"1","proof":"1","z":"1"}'), 'document: '],
    ['another order of fields', utf8('{"y":"1","v":1,"proof":"1"}'), 'document: is not written'],
    ['a field twice', utf8('{"v":1,"y":"2","y":"1","proof":"1"}'), 'document: is not written'],
    ['spaces', utf8('{"v": 1,"y":"1","proof":"1"}'), 'document: is not written'],
    ['a line feed at the end', utf8('{"v":1,"y":"1","proof":"1"}\n'), 'document: is not written'],
    ['a byte order mark', utf8('\ufeff{"v":1,"y":"1","proof":"1"}'), 'document: is not written'],
    ['an escaped letter', utf8('{"v":1,"\\u0079":"1","proof":"1"}'), 'document: is not written'],
    ['a list', utf8('[]'), 'document: '],
    ['null', utf8('null'), 'document: '],
    ['half a file', utf8(text.slice(0, 100)), 'document: '],
    ['no UTF-8', Uint8Array.of(0xff), 'document: '],
    ['an empty file', new Uint8Array(), 'document: '],
    [
      'a byte too many',
      new Uint8Array(MAX_RESULT_BYTES + 1),
      '1050 bytes are above the limit of 1049',
    ],
    ['megabytes', new Uint8Array(5_000_000), '5000000 bytes are above the limit of 1049'],
  ])('refuses %s as a matter of form', (_, bytes, fault) => {
    expect(reasonOf(bytes)).toContain(`E_RESULT_FORMAT: ${fault}`);
  });

  it('refuses an upload without the file', () => {
    expect(vdfWesolowski.verify(spec, new Map())).toEqual({
      verified: false,
      reason: 'E_RESULT_MISSING: no vdf.json',
    });
  });

  it('takes the largest result within the announced bytes, and not one more', () => {
    const largest = modulus / 2n;
    expect(resultBytes({ y: largest, proof: largest })).toHaveLength(MAX_RESULT_BYTES);
    expect(vdfWesolowski.outputs(spec).map(({ maxBytes }) => maxBytes)).toEqual([MAX_RESULT_BYTES]);
  });

  it('answers any bytes and any JSON without an exception', () => {
    const field = fc.constantFrom('v', 'y', 'proof', 'z');
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2_000 }),
      fc.json().map(utf8),
      fc.tuple(field, fc.jsonValue()).map(([name, value]) => json({ [name]: value })),
    );
    fc.assert(
      fc.property(bytes, (upload) => {
        if (Buffer.compare(upload, utf8(text)) === 0) return;
        expect(reasonOf(upload)).toMatch(/^E_RESULT_(FORMAT|PROOF): ./);
      }),
    );
  });

  it('refuses the result with any one character changed', () => {
    fc.assert(
      fc.property(
        fc.nat(text.length - 1),
        fc.constantFrom(...'0123456789abcdef"{'),
        (at, letter) => {
          if (text[at] === letter) return;
          expect(reasonOf(utf8(text.slice(0, at) + letter + text.slice(at + 1)))).toMatch(
            /^E_RESULT_/,
          );
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('the spec of an output', () => {
  const issuesOf = (input: unknown) => {
    const parsed = vdfWesolowski.spec.safeParse(input);
    return parsed.success
      ? []
      : [...new Set(parsed.error.issues.map(({ path }) => path.join('.')))];
  };
  const given = (over: object) => ({ seed: 'a', squarings: 1000, ...over });

  it('is cut into twenty stages where it says nothing', () => {
    expect(vdfWesolowski.spec.parse(given({}))).toEqual({ seed: 'a', squarings: 1000, stages: 20 });
  });

  it.each([
    [given({}), []],
    [given({ seed: '' }), ['seed']],
    [given({ seed: 'a'.repeat(128) }), []],
    [given({ seed: 'a'.repeat(129) }), ['seed']],
    [given({ seed: 'a\n' }), ['seed']],
    [given({ seed: '\ud800' }), ['seed']],
    [given({ squarings: 999 }), ['squarings']],
    [given({ squarings: 1000.5 }), ['squarings']],
    [given({ squarings: 2_000_000_000, stages: 200 }), []],
    [given({ squarings: 2_000_000_001, stages: 1000 }), ['squarings']],
    [given({ squarings: 2_000_000_000, stages: 199 }), ['stages']],
    [given({ squarings: 200_000_000 }), []],
    [given({ squarings: 200_000_001 }), ['stages']],
    [given({ stages: 1 }), ['stages']],
    [given({ stages: 2 }), []],
    [given({ stages: 1000 }), []],
    [given({ stages: 1001 }), ['stages']],
    [given({ modulus: '35' }), ['']],
    [{ squarings: 1000 }, ['seed']],
    [null, ['']],
  ])('%j has faults in %j', (input, faults) => {
    expect(issuesOf(input)).toEqual(faults);
  });

  it('says how many stages are enough', () => {
    expect(
      vdfWesolowski.spec.safeParse(given({ squarings: 200_000_001 })).error?.message,
    ).toContain('20 stages are too few for 200000001 squarings: use at least 22');
  });

  it('is sized by its squarings alone', () => {
    const seconds = (squarings: number) => vdfWesolowski.unitSeconds(aVdf({ squarings }));
    expect(seconds(2_000_000)).toBeCloseTo(2 * seconds(1_000_000));
    expect(vdfWesolowski.affinityKey(aVdf())).toBe(vdfWesolowski.affinityKey(aVdf({ seed: 'b' })));
  });
});
