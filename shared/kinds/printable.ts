import * as z from 'zod';

/** Letters, marks, digits, punctuation, symbols, spaces: nothing invisible, nothing half a pair. */
export const printable = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    .regex(/^[\p{L}\p{M}\p{N}\p{P}\p{S}\p{Zs}]+$/u, 'has a character that cannot be printed');
