import { randomFor } from '../random.ts';
import type { RgbaImage } from '../rgba-image.ts';
import type { Traits } from '../traits.ts';
import { Canvas } from './canvas.ts';
import { paintFlora } from './flora.ts';
import { paintFrame } from './frame.ts';
import { paintGround } from './ground.ts';
import { paintGuardian } from './guardian.ts';
import { paintKnoll } from './knoll.ts';
import { paintLand } from './land.ts';
import { lightPosition, paintLight } from './lights.ts';
import { PALETTES } from './palettes.ts';
import type { Scene } from './scene.ts';
import { paintSky } from './sky.ts';

/**
 * The picture of a token: a print of a guardian on a knoll, painted from the back to the front.
 *
 * Whole numbers only, so the pixels are the same on every machine.
 *
 * @param dna - What the traits were drawn from; every detail is drawn from it too.
 * @param size - Side in pixels.
 */
export function paintPicture(dna: Uint8Array, traits: Traits, size: number): RgbaImage {
  const random = (part: string) => randomFor(dna, part);
  const scene: Scene = {
    canvas: new Canvas(size),
    palette: PALETTES[traits.hour],
    traits,
    light: lightPosition(traits.light, random('light position')),
    facing: traits.facing === 'East' ? 1 : -1,
    random,
  };
  paintSky(scene);
  paintLight(scene);
  paintLand(scene);
  paintGround(scene);
  paintKnoll(scene);
  paintGuardian(scene);
  paintFlora(scene);
  paintFrame(scene);
  return scene.canvas.finish();
}
