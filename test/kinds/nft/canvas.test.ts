import { describe, expect, it } from 'vitest';
import { Canvas } from '../../../shared/kinds/nft/print/canvas.ts';
import {
  cosine,
  disc,
  integerRoot,
  ONE,
  rectangle,
  type Shape,
  sine,
  TURN,
} from '../../../shared/kinds/nft/print/geometry.ts';
import { flat, hex, mixed, vertical } from '../../../shared/kinds/nft/print/paint.ts';

/** Eight by eight pixels of 512 units each. */
const coverOf = (shape: Shape): number[][] => {
  const { left, right, top, cover } = new Canvas(8).mask(shape);
  return Array.from({ length: 8 }, (_, y) =>
    Array.from({ length: 8 }, (_, x) =>
      x < left || x >= right || y < top ? 0 : (cover[(y - top) * (right - left) + x - left] ?? 0),
    ),
  );
};

describe('the mask of a shape', () => {
  it('covers whole pixels wholly and others by the part inside', () => {
    const cover = coverOf([[rectangle(512, 512, 1536 + 256, 1024 + 128)]]);
    expect(cover[1]?.slice(0, 5)).toEqual([0, 255, 255, 128, 0]);
    expect(cover[2]?.slice(0, 5)).toEqual([0, 64, 64, 32, 0]);
    expect(cover[3]?.slice(0, 5)).toEqual([0, 0, 0, 0, 0]);
  });

  it('leaves the hole of a path empty', () => {
    const cover = coverOf([[rectangle(0, 0, 4096, 4096), rectangle(1024, 1024, 3072, 3072)]]);
    expect(cover[3]).toEqual([255, 255, 0, 0, 0, 0, 255, 255]);
  });

  it('is the union of paths that overlap, whichever way they turn', () => {
    const ring = rectangle(0, 0, 2048, 4096);
    const turned = [...rectangle(1024, 0, 4096, 4096)].reverse();
    expect(coverOf([[ring], [turned]]).flat()).toEqual(Array(64).fill(255));
  });

  it('is cut at the edge of the picture', () => {
    expect(coverOf([[rectangle(-9000, -9000, 9000, 512)]])[0]).toEqual(Array(8).fill(255));
    expect(coverOf([[rectangle(5000, 5000, 9000, 9000)]]).flat()).toEqual(Array(64).fill(0));
    expect(coverOf([[rectangle(-900, -900, -100, 4096)]]).flat()).toEqual(Array(64).fill(0));
  });

  it('of a disc has the area of a disc', () => {
    const { cover } = new Canvas(64).mask([[disc([2048, 2048], 1600)]]);
    const pixels = cover.reduce((sum, value) => sum + value, 0) / 255;
    expect(pixels / (Math.PI * 25 * 25)).toBeCloseTo(1, 2);
  });
});

describe('a canvas', () => {
  const whole: Shape = [[rectangle(0, 0, 4096, 4096)]];

  it('shows an opaque colour exactly', () => {
    const canvas = new Canvas(4);
    canvas.fill(whole, flat(hex('12aaff')));
    expect([...canvas.finish().data.subarray(0, 4)]).toEqual([0x12, 0xaa, 0xff, 255]);
  });

  it('lets half a glaze through and adds light without overflow', () => {
    const canvas = new Canvas(4);
    canvas.fill(whole, flat(hex('808080')));
    canvas.fill(whole, flat(hex('000000'), 128));
    expect(canvas.finish().data[0]).toBeCloseTo(64, -0.5);
    canvas.fill(whole, flat(hex('ffffff')), 'light');
    canvas.fill(whole, flat(hex('ffffff')), 'light');
    expect(canvas.finish().data[0]).toBeGreaterThan(252);
  });

  it('dithers a gradient to the right mean', () => {
    const canvas = new Canvas(64);
    canvas.fill(
      whole,
      vertical([
        [0, hex('000000')],
        [4096, hex('0a0a0a')],
      ]),
    );
    const { data } = canvas.finish();
    const mean =
      data.filter((_, index) => index % 4 === 0).reduce((sum, value) => sum + value, 0) / 4096;
    expect(mean).toBeCloseTo(5, 0);
    expect(new Set(data.subarray(64 * 4 * 10, 64 * 4 * 11)).size).toBeGreaterThan(2);
  });
});

describe('integer mathematics', () => {
  it('sine and cosine stay within 0.002 of the true ones', () => {
    for (let angle = -TURN; angle <= TURN; angle += 7) {
      const radians = (angle / TURN) * 2 * Math.PI;
      expect(Math.abs(sine(angle) / ONE - Math.sin(radians))).toBeLessThan(0.002);
      expect(Math.abs(cosine(angle) / ONE - Math.cos(radians))).toBeLessThan(0.002);
    }
  });

  it.each([
    [0, 0],
    [24, 4],
    [25, 5],
    [26, 5],
    [94_906_265 ** 2 - 1, 94_906_264],
    [94_906_265 ** 2, 94_906_265],
  ])('the root of %i is %i', (value, root) => {
    expect(integerRoot(value)).toBe(root);
  });

  it('mixes from the first colour at 0 to the second at 256', () => {
    expect(mixed(hex('102030'), hex('f0e0d0'), 0)).toEqual([0x10, 0x20, 0x30]);
    expect(mixed(hex('102030'), hex('f0e0d0'), 256)).toEqual([0xf0, 0xe0, 0xd0]);
  });
});
