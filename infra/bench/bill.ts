/** What a cluster is billed for, as a rule about the time it was alive. */
export interface BillRule {
  readonly name: string;
  /** Billed at least, once it has started. */
  readonly minBilledSeconds: number;
  /** Billed in whole units of this. */
  readonly granularitySeconds: number;
}

export const BILL_NAMES = ['ionet', 'exact', 'hourly'] as const;
export type BillName = (typeof BILL_NAMES)[number];

/**
 * `ionet`: the first hour in any case, then the exact time, unused prepaid time given back
 * (https://io.net/docs/reference/vmaas/destroy-deployment). `exact`: to the second. `hourly`: begun hours.
 */
export const BILLS: Readonly<Record<BillName, BillRule>> = {
  ionet: { name: 'ionet', minBilledSeconds: 3600, granularitySeconds: 1 },
  exact: { name: 'exact', minBilledSeconds: 0, granularitySeconds: 1 },
  hourly: { name: 'hourly', minBilledSeconds: 3600, granularitySeconds: 3600 },
};

/** Seconds billed for one cluster that was alive so long. */
export const paidSeconds = (rule: BillRule, aliveSeconds: number): number =>
  Math.max(
    rule.minBilledSeconds,
    Math.ceil(Math.max(0, aliveSeconds) / rule.granularitySeconds) * rule.granularitySeconds,
  );
