import { RSA_2048 } from '../../../shared/kinds/vdf/group.ts';
import { finish, type Progress, startOf } from '../../../shared/kinds/vdf/progress.ts';
import type { VdfResult } from '../../../shared/kinds/vdf/result.ts';
import { VdfSpec } from '../../../shared/kinds/vdf/spec.ts';

/** A task small enough for a test. */
export const aVdf = (over: Partial<VdfSpec> = {}): VdfSpec =>
  VdfSpec.parse({ seed: 'lantern', squarings: 1000, stages: 6, ...over });

/** A task done in one go, with where it stood after each stage. */
export function done(spec: VdfSpec): { result: VdfResult; reached: readonly Progress[] } {
  const reached: Progress[] = [];
  const result = finish(RSA_2048, spec, startOf(RSA_2048, spec), (at) => reached.push(at));
  return { result, reached };
}

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
