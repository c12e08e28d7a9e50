import type { Mask } from './canvas.ts';
import {
  type Knot,
  limb,
  type OutlinePoint,
  type Point,
  quotient,
  type Ring,
  type Shape,
  smoothRing,
} from './geometry.ts';
import type { Guardian } from './guardians.ts';
import { FOOTING, type Scene } from './scene.ts';

/** A guardian placed in its picture: all in units. */
export interface Figure {
  readonly body: Mask;
  /** What stands with it but is not its body. */
  readonly beside: Shape;
  /** Lighter patches and fine lines; they may reach over the edge of the body. */
  readonly pale: Shape;
  readonly lines: Shape;
  readonly eyes: readonly { readonly at: Point; readonly radius: number }[];
  /** Middle of the head, and how far its ornaments stay away from it. */
  readonly head: Point;
  readonly reach: number;
  /** Height of the upper side of its box. */
  readonly top: number;
}

/** Puts a guardian on the knoll of a picture, looking the way the picture says. */
export function placed(scene: Scene, guardian: Guardian): Figure {
  const { scale } = guardian;
  const length = (local: number) => quotient(local * scale, 1000);
  const at = (x: number, y: number): Point => [
    2048 + scene.facing * length(x - 500),
    FOOTING + length(y - 1000),
  ];
  const outline = (text: string): Ring =>
    smoothRing(
      text.split(' ').map((point): OutlinePoint => {
        const [x = 0, y = 0] = point.replace('!', '').split(',').map(Number);
        return [...at(x, y), point.endsWith('!')];
      }),
    );
  const line = (text: string): Shape =>
    limb(
      text.split(' ').map((knot): Knot => {
        const [x = 0, y = 0, width = 0] = knot.split(',').map(Number);
        return [...at(x, y), length(width)];
      }),
    );
  const shape = (outlines: readonly string[], limbs: readonly string[]): Shape => [
    ...outlines.map((text) => [outline(text)]),
    ...limbs.flatMap(line),
  ];
  const body = shape(guardian.outlines, guardian.limbs);
  const [headX, headY, reach] = guardian.head;
  return {
    body: scene.canvas.mask(body),
    beside: shape(guardian.beside, []),
    pale: shape(guardian.pale, []),
    lines: shape([], guardian.paleLimbs),
    eyes: guardian.eyes.map(([x, y, radius]) => ({ at: at(x, y), radius: length(radius) })),
    head: at(headX, headY),
    reach: length(reach),
    top: FOOTING - scale,
  };
}
