import type { Random } from '../random.ts';
import type { Traits } from '../traits.ts';
import type { Canvas } from './canvas.ts';
import { type Point, type Ring, rectangle, UNITS } from './geometry.ts';
import type { Palette } from './palettes.ts';

/** What every part of a picture is told. */
export interface Scene {
  readonly canvas: Canvas;
  readonly palette: Palette;
  readonly traits: Traits;
  /** Where the moon or sun stands. */
  readonly light: Point;
  /** 1 where the guardian looks right, -1 where it looks left. */
  readonly facing: 1 | -1;
  /** The random numbers of one part, by its name. */
  readonly random: (part: string) => Random;
}

/** Where the land ends and the ground in front of it begins. */
export const HORIZON = 2560;

/** Where the guardian's feet are. */
export const FOOTING = 3420;

/** Down to here the land is painted; the ground covers it from a little below the horizon. */
export const LAND_FOOT = HORIZON + 200;

/** Down to here the ground is painted; the knoll covers what is lower. */
export const GROUND_FOOT = FOOTING + 420;

/** The whole width of the picture and a little more, between two heights. */
export const band = (top: number, bottom: number): Ring => rectangle(-64, top, UNITS + 64, bottom);
