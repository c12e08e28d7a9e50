import * as z from 'zod';
import { canonical, ElementHex, type Group, hashToGroup } from './group.ts';
import { jsonBytes, jsonOf } from './json.ts';
import type { VdfResult } from './result.ts';
import type { VdfSpec } from './spec.ts';
import { digitsOf, proverOf, squared } from './wesolowski.ts';

/** Where the work stands, which is all that another worker needs to go on from there. */
export type Progress =
  | {
      readonly phase: 'evaluate';
      /** Squarings behind `value`, fewer than the task has. */
      readonly done: number;
      readonly value: bigint;
    }
  | {
      readonly phase: 'prove';
      /** Digits of the quotient behind `value`. */
      readonly done: number;
      readonly y: bigint;
      readonly value: bigint;
    };

/** Most bytes of a checkpoint's payload: two elements of 512 digits, a seed, and what holds them together. */
export const MAX_PROGRESS_BYTES = 4_096;

const ofEitherPhase = {
  v: z.literal(1),
  seed: z.string(),
  squarings: z.int(),
  done: z.int().min(0),
  value: ElementHex,
};

const Payload = z.discriminatedUnion('phase', [
  z.strictObject({ ...ofEitherPhase, phase: z.literal('evaluate') }),
  z.strictObject({ ...ofEitherPhase, phase: z.literal('prove'), y: ElementHex }),
]);

/** Where a task stands, as the payload of a checkpoint. */
export const progressBytes = ({ seed, squarings }: VdfSpec, at: Progress): Uint8Array =>
  jsonBytes({ v: 1, seed, squarings, ...at });

/**
 * Where a checkpoint says that a task stands; undefined where it is unreadable or not of this task. It
 * comes from a stranger and only looks right: whether it was is seen when the result is verified.
 */
export function readProgress(spec: VdfSpec, bytes: Uint8Array): Progress | undefined {
  if (bytes.length > MAX_PROGRESS_BYTES) return undefined;
  const parsed = Payload.safeParse(jsonOf(bytes));
  if (!parsed.success) return undefined;
  const { v: _, seed, squarings, ...at } = parsed.data;
  const steps = at.phase === 'evaluate' ? squarings : digitsOf(squarings);
  const ofThisTask = seed === spec.seed && squarings === spec.squarings && at.done < steps;
  return ofThisTask ? at : undefined;
}

/** Where a task stands that nobody has worked on. */
export const startOf = (group: Group, { seed }: VdfSpec): Progress => ({
  phase: 'evaluate',
  done: 0,
  value: hashToGroup(group, seed),
});

/**
 * Does what is left of a task, stage by stage.
 * @param reached - Told where the work stands after each stage but the last.
 */
export function finish(
  group: Group,
  spec: VdfSpec,
  from: Progress,
  reached: (at: Progress) => void,
): VdfResult {
  const { squarings } = spec;
  const digits = digitsOf(squarings);
  const stageSquarings = Math.ceil(squarings / Math.ceil(spec.stages / 2));
  const stageDigits = Math.ceil(digits / Math.floor(spec.stages / 2));

  let at = from;
  while (at.phase === 'evaluate') {
    const to = Math.min(squarings, at.done + stageSquarings);
    const value = canonical(group, squared(group, at.value, to - at.done));
    at =
      to < squarings
        ? { phase: 'evaluate', done: to, value }
        : { phase: 'prove', done: 0, y: value, value: 1n };
    reached(at);
  }

  const { y } = at;
  const prove = proverOf(group, { x: hashToGroup(group, spec.seed), y, squarings });
  for (;;) {
    const to = Math.min(digits, at.done + stageDigits);
    const value = prove(at.value, at.done, to);
    if (to === digits) return { y, proof: value };
    at = { phase: 'prove', done: to, y, value };
    reached(at);
  }
}
