import type { Answer } from '../ports.ts';

/** The other side had its chance. */
export const silent = (why: string): Answer<never> => ({ kind: 'silent', why });

/** It had none, and nothing is known about it. */
export const notAsked = (why: string): Answer<never> => ({ kind: 'not-asked', why });

/** The code Node gives a failure of the network. */
export const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'connection failed';

/** The time one call may take. */
export interface Patience {
  /** Aborts when it has run out. */
  readonly signal: AbortSignal;
  /** Not asked, with this reason, if it runs out before `answer` is there. */
  limit<T>(answer: Promise<Answer<T>>, why: string): Promise<Answer<T>>;
  /** What a call that ran out of time has shown. */
  ranOut(): Answer<never>;
  end(): void;
}

export function startPatience(milliseconds: number): Patience {
  const startedAt = performance.now();
  const controller = new AbortController();
  const { signal } = controller;
  const timer = setTimeout(() => controller.abort(), milliseconds);
  return {
    signal,
    limit: (answer, why) =>
      Promise.race([
        answer,
        new Promise<Answer<never>>((resolve) => {
          signal.addEventListener('abort', () => resolve(notAsked(why)), { once: true });
        }),
      ]),
    ranOut() {
      // A process that stood still cannot tell whether the other side did.
      const stoodStill = performance.now() - startedAt > 2 * milliseconds;
      return stoodStill
        ? notAsked('this process stood still during the call')
        : silent(`no full reply within ${milliseconds} ms`);
    },
    end: () => clearTimeout(timer),
  };
}
