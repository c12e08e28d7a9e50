import * as z from 'zod';

/** A set of whole numbers as DynamoDB stores one; absent means empty. */
export const NumberSet = z.set(z.number()).default(() => new Set<number>());
