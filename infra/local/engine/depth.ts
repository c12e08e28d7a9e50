/** Deepest nesting of a definition or a document: far beyond any machine, well within the stack of those who walk it. */
export const MAX_DEPTH = 256;

/** Whether a JSON value is nested deeper than {@link MAX_DEPTH}. Looks level by level and needs no stack itself. */
export function isTooDeep(value: unknown): boolean {
  let level = [value].filter(isNested);
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth === MAX_DEPTH) return true;
    level = level.flatMap((one) => Object.values(one).filter(isNested));
  }
  return false;
}

const isNested = (value: unknown): value is object => typeof value === 'object' && value !== null;
