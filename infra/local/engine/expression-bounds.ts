import type jsonata from 'jsonata';

/**
 * What one evaluation may use, so that an expression without end fails instead of taking the
 * process with it. AWS publishes no such numbers; these are far above what a payload of 256 KiB can
 * need, and count work, not time, so that a slow machine gives the same result.
 */
export interface ExpressionBounds {
  /**
   * Nested evaluations. A recursive call takes about four; the members of a group count as nested.
   *
   * @default 100,000
   */
  readonly depth: number;
  /**
   * Calls of functions and entries into blocks, which is what an endless tail call makes.
   *
   * @default 1,000,000
   */
  readonly calls: number;
}

export const DEFAULT_BOUNDS: ExpressionBounds = {
  depth: 100_000,
  calls: 1_000_000,
};

/**
 * The library's own bound on depth. It bounds calls by time only, hence `boundCalls`; its bound on
 * sequences stays off, because it leaves a function in every array that it guards.
 */
export const libraryBounds = ({ depth }: ExpressionBounds): jsonata.JsonataOptions => ({
  stack: depth,
});

/** The library looks this name up, and calls what it finds, whenever it makes a scope. */
const SCOPE_MADE = Symbol.for('jsonata.__createFrame_push');

/** Makes each evaluation of a compiled expression fail after so many calls. */
export function boundCalls(compiled: jsonata.Expression, { calls }: ExpressionBounds): void {
  const used = new WeakMap<object, number>();
  const count = ({ base }: { readonly base?: object }) => {
    if (base === undefined) return; // the scope of the evaluation itself
    const sofar = (used.get(base) ?? 0) + 1;
    if (sofar > calls) throw new Error(`More than ${calls} calls. Check for an endless recursion.`);
    used.set(base, sofar);
  };
  // `assign` takes a symbol as well, only its types do not say so.
  Reflect.apply(compiled.assign, compiled, [SCOPE_MADE, count]);
}
