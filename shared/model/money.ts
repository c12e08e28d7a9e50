import * as z from 'zod';

/** Millionths of a US dollar, always whole. Fields holding one end in `MicroUsd`. */
export const MicroUsd = z.int().nonnegative();

/** Provider amounts arrive as decimal dollars; money is rounded up, so that a hold never falls short. */
export const microUsdOf = (usd: number): number => Math.max(0, Math.ceil(usd * 1_000_000 - 1e-6));

export const usdOf = (microUsd: number): number => microUsd / 1_000_000;
