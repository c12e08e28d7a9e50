import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAlike } from '../../../shared/collect/tally.ts';
import { contrast, differenceHash } from '../../../shared/kinds/diffusion/picture-hash.ts';
import type { Verdict } from '../../../shared/kinds/kind.ts';
import { Erc721Metadata, MetaplexMetadata } from '../../../shared/kinds/nft/metadata.ts';
import { encodePng } from '../../../shared/kinds/nft/png-encode.ts';
import { nftDiffusion } from '../../../shared/kinds/nft-diffusion.ts';
import { sha256Of } from '../../../shared/model/digest.ts';
import { aDiffusionSpec, diffusionSpec, drawn, MODEL, picture, uploaded } from './make.ts';

const spec = aDiffusionSpec();
const ALONE = { verification: { policy: 'structural' as const } };

const reasonOf = (verdict: Verdict) => (verdict.verified === false ? verdict.reason : undefined);
const hashOf = (word: string, noise = '') => differenceHash(picture(spec.size, word, noise));

describe('what a diffusion task says', () => {
  const parsed = (change: object) => nftDiffusion.spec.safeParse({ ...diffusionSpec(), ...change });
  const sized = (width: unknown, height: unknown) => ({ size: { width, height } });
  it.each<[string, object, boolean]>([
    ['a side below the least', sized(56, 64), false],
    ['the least side', sized(64, 64), true],
    ['a side that is no multiple of eight', sized(68, 64), false],
    ['the largest side', sized(64, 2048), true],
    ['a side above the largest', sized(64, 2056), false],
    ['the largest seed', { seed: 2 ** 32 - 1 }, true],
    ['a seed above it', { seed: 2 ** 32 }, false],
    ['no step', { steps: 0 }, false],
    ['too many steps', { steps: 201 }, false],
    ['guidance in hundredths', { guidance: 7.25 }, true],
    ['guidance in thousandths', { guidance: 7.255 }, false],
    ['a prompt of two lines', { prompt: 'a\nb' }, false],
    ['no prompt', { prompt: '' }, false],
    ['a model by its name alone', { model: { name: 'sdxl' } }, false],
    ['a LoRA nobody loads', { lora: 'x' }, false],
    ['a share below a hundredth', { verification: { policy: 'sample', share: 0.001 } }, false],
    ['every task twice', { verification: { policy: 'sample', share: 1 } }, true],
    ['bytes that must be equal', { verification: { policy: 'redundancy', k: 2 } }, false],
  ])('%s', (_what, change, good) => {
    expect(parsed(change).success).toBe(good);
  });

  it('makes it a task of its model, on a GPU, by two workers unless it is looked at alone', () => {
    expect(nftDiffusion.affinityKey(spec)).toBe(MODEL);
    expect(nftDiffusion.gpuUsed).toBe(true);
    const alone = aDiffusionSpec(ALONE);
    expect([spec, alone].map((one) => nftDiffusion.workers?.(one))).toEqual([2, 1]);
    expect([spec, alone].map((one) => nftDiffusion.sample?.(one))).toEqual([0.1, 1]);
  });
});

describe('the look at a picture', () => {
  it('finds what is right, and says that it was looked at alone', () => {
    const one = aDiffusionSpec(ALONE);
    const verdict = nftDiffusion.verify(one, drawn(one, 'a'));
    expect(verdict).toMatchObject({ verified: true, verifiedBy: 'structural' });
  });

  it('asks for another worker where the task is drawn, and only there', () => {
    const files = drawn(spec, 'a');
    expect(nftDiffusion.verify(spec, files)).toMatchObject({
      verified: 'vote',
      votes: 2,
      likeness: { hash: hashOf('a'), mostBits: 10 },
      verifiedBy: 'structural+redundancy-2',
    });
    expect(nftDiffusion.verify(spec, files, false)).toMatchObject({
      verified: true,
      verifiedBy: 'structural',
      evidence: { likeness: hashOf('a') },
    });
  });

  const blank = picture(spec.size, 'a');
  const black = { ...blank, data: blank.data.map((_, at) => (at % 4 === 3 ? 255 : 0)) };
  const glass = { ...blank, data: blank.data.map((byte, at) => (at === 3 ? 254 : byte)) };
  const other = aDiffusionSpec({ prompt: 'something else' });
  it.each<[string, Map<string, Uint8Array>, string]>([
    ['no file', new Map(), 'E_RESULT_MISSING'],
    ['no metadata', new Map([...drawn(spec, 'a')].slice(0, 1)), 'E_RESULT_MISSING'],
    ['no PNG', uploaded(spec, Buffer.from('GIF89a')), 'E_IMAGE_TYPE'],
    [
      'another size',
      uploaded(spec, encodePng(picture({ width: 72, height: 64 }, 'a'))),
      'E_IMAGE_DIM',
    ],
    ['a black picture', uploaded(spec, encodePng(black)), 'E_RESULT_BLANK'],
    ['a pixel one can see through', uploaded(spec, encodePng(glass)), 'E_RESULT_PIXELS'],
    ['metadata of another task', drawn(other, 'a'), 'E_RESULT_METADATA'],
    [
      'metadata of another picture',
      new Map([...drawn(spec, 'b'), ['image.png', encodePng(picture(spec.size, 'a'))]]),
      'E_RESULT_METADATA',
    ],
  ])('refuses %s', (_what, files, code) => {
    expect(reasonOf(nftDiffusion.verify(spec, files))?.split(':')[0]).toBe(code);
  });

  it('refuses any bytes without an exception', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (bytes, isImage) => {
        const files = drawn(spec, 'a');
        const changed = isImage ? uploaded(spec, bytes) : files.set('metadata.json', bytes);
        expect(nftDiffusion.verify(spec, changed).verified).toBe(false);
      }),
      { numRuns: 50 },
    );
  });

  it('takes metadata that is valid for both standards and echoes the spec beside the hash', () => {
    const files = drawn(aDiffusionSpec({ negativePrompt: 'text' }), 'a');
    const metadata = JSON.parse(Buffer.from(files.get('metadata.json') ?? []).toString());
    expect(Erc721Metadata.safeParse(metadata).success).toBe(true);
    expect(MetaplexMetadata.safeParse(metadata).success).toBe(true);
    expect(metadata.properties.generation).toMatchObject({
      seed: 7,
      negativePrompt: 'text',
      imageSha256: sha256Of(files.get('image.png') ?? ''),
    });
  });
});

describe('the hash of a picture', () => {
  const result = (word: string, noise: string) => ({
    digest: sha256Of(word + noise),
    likeness: hashOf(word, noise),
  });

  it('is 64 bits that say which way brightness falls', () => {
    const { width, height } = { width: 90, height: 80 };
    const data = new Uint8Array(width * height * 4);
    for (let at = 0; at < width * height; at += 1)
      data.fill(255 - (at % width), at * 4, at * 4 + 4);
    expect(differenceHash({ width, height, data })).toBe('f'.repeat(16));
    expect(differenceHash({ width, height, data: data.toReversed() })).toBe('0'.repeat(16));
  });

  it('takes a picture with other noise for the same, and another picture for another', () => {
    const words = Array.from({ length: 40 }, (_, n) => `picture ${n}`);
    for (const word of words) {
      expect(isAlike(result(word, 'x'), result(word, 'y'), 10)).toBe(true);
      expect(isAlike(result(word, 'x'), result(`${word}!`, 'x'), 10)).toBe(false);
    }
  });

  it('goes with a contrast of 0 to 127.5', () => {
    const half = { width: 2, height: 1, data: Uint8Array.of(0, 0, 0, 255, 255, 255, 255, 255) };
    expect(contrast(half)).toBeCloseTo(127.5, 9);
    expect(contrast({ ...half, data: half.data.fill(90) })).toBe(0);
  });
});
