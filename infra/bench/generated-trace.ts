import { randomFrom } from '../../shared/memory/memory-ids.ts';
import { normalFrom } from './provisioning.ts';
import type { TraceTask } from './trace.ts';

/**
 * Shape of the generated trace: interactive picture requests. The numbers are the quantiles published for a
 * text-to-image service (Alibaba cluster-trace-v2026-GenAI; service p50 22 s, p95 61 s; days with 1,500 requests
 * and days with 100, most of them in a third of the day; three of four requests change the model). None of its
 * rows is in here.
 */
const SHAPE = {
  days: 4,
  busyDayTasks: 1500,
  quietDayTasks: 100,
  quietDays: [0, 3],
  /** Share of a day's requests by the third of the day they fall into. */
  thirds: [0.75, 0.18, 0.07],
  serviceMedianSeconds: 22,
  serviceSigma: 0.62,
  /** Somebody sends so many on average, this far apart. */
  sessionTasks: 4,
  sessionGapSeconds: 35,
  /** Rate of each hour is off by this much: sigma of a lognormal factor. */
  hourSigma: 0.9,
  models: 77,
} as const;

const DAY_SECONDS = 86_400;
const HOUR_SECONDS = 3600;

/** A trace of a few days from a seed, for a clone that has no other. */
export function generatedTrace(seed: number): TraceTask[] {
  const random = randomFrom(seed * 31 + 7);
  const normal = normalFrom(seed * 37 + 11);
  const exponential = (mean: number) => -mean * Math.log(1 - random());
  const arrivals: { at: number; model: number }[] = [];
  for (let hour = 0; hour < SHAPE.days * 24; hour += 1) {
    const day = Math.floor(hour / 24);
    const isQuiet = SHAPE.quietDays.some((quiet) => quiet === day);
    const dayTasks = isQuiet ? SHAPE.quietDayTasks : SHAPE.busyDayTasks;
    const share = SHAPE.thirds[Math.floor((hour % 24) / 8)] ?? 0;
    const factor = Math.exp(SHAPE.hourSigma * normal() - SHAPE.hourSigma ** 2 / 2);
    const sessions = (dayTasks * share * factor) / 8 / SHAPE.sessionTasks;
    for (let at = exponential(1 / sessions); at < 1; at += exponential(1 / sessions)) {
      const model = Math.floor(SHAPE.models * random() ** 2);
      const count = 1 + Math.floor(exponential(SHAPE.sessionTasks - 0.5));
      let when = hour * HOUR_SECONDS + at * HOUR_SECONDS;
      for (let n = 0; n < count; n += 1) {
        arrivals.push({ at: when, model });
        when += exponential(SHAPE.sessionGapSeconds);
      }
    }
  }
  return arrivals
    .filter(({ at }) => at < SHAPE.days * DAY_SECONDS)
    .sort((a, b) => a.at - b.at)
    .map(({ at, model }, index): TraceTask => {
      const drawn = SHAPE.serviceMedianSeconds * Math.exp(SHAPE.serviceSigma * normal());
      return {
        name: String(index),
        arrivalSeconds: Math.round(at * 1000) / 1000,
        serviceSeconds: Math.min(600, Math.max(2, Math.round(drawn))),
        gpus: 1,
        kind: 't2i',
        model: `m-${model}`,
      };
    });
}
