import * as z from 'zod';

/** A point in time: ISO 8601, UTC, milliseconds. Text order is time order. Fields holding one end in `At`. */
export const Instant = z.iso.datetime({ precision: 3 }).brand<'Instant'>();
export type Instant = z.infer<typeof Instant>;

/** The instant `milliseconds` after 1970-01-01T00:00:00Z. */
export const instantOf = (milliseconds: number): Instant =>
  Instant.parse(new Date(Math.round(milliseconds)).toISOString());

/** Milliseconds since 1970-01-01T00:00:00Z. */
export const millisecondsOf = (at: Instant): number => Date.parse(at);

export const plusSeconds = (at: Instant, seconds: number): Instant =>
  instantOf(millisecondsOf(at) + seconds * 1000);

/** Seconds from `from` to `to`; negative when `to` is earlier. */
export const secondsBetween = (from: Instant, to: Instant): number =>
  (millisecondsOf(to) - millisecondsOf(from)) / 1000;

export const earlier = (a: Instant, b: Instant): Instant => (a < b ? a : b);

/** The UTC day an instant falls on, as `2026-11-22`. */
export const dayOf = (at: Instant): string => at.slice(0, 10);
