import { reportIn } from '../ledger/leases.ts';
import { BurstDocument, type Failure, StageInput } from '../model/burst.ts';
import type { LeaseRow } from '../model/rows.ts';
import type { Settings } from '../model/settings.ts';
import { type Instant, plusSeconds } from '../model/time.ts';
import type { Ports } from '../ports.ts';

/** What a state of the machine decided. `next` is read by the Choice behind it. */
export interface Step {
  readonly next: string;
  /** For the log and for people; the machine does not read it. */
  readonly reason?: string;
  readonly waitSeconds?: number;
  /** Looks in a row without news; absent: there was news. */
  readonly quietLooks?: number;
  /** The lease as this state left it, when it changed what bounds the next looks. */
  readonly lease?: LeaseRow;
  readonly failure?: Failure;
}

/** One state of one burst: the lease has been read under the fence of this segment. */
export type Driver = (lease: LeaseRow, burst: BurstDocument, now: Instant) => Promise<Step>;

/** What a state whose fence has passed to the next segment does for it; undefined: nothing. */
export type Predecessor = (newer: LeaseRow, burst: BurstDocument) => Promise<Step | undefined>;

type DrivePorts = Pick<Ports, 'ledger' | 'clock' | 'log'>;

/**
 * Runs the driver of the state that asks. Parses the input, shows a sign of life and reads the lease in
 * one write, and turns the step into the next document. A segment whose fence is outdated does nothing, unless
 * its state is one of the `predecessors`: the machine ends it.
 *
 * @throws RangeError for a state this function does not serve: the definition and the code disagree.
 */
export async function drive(
  ports: DrivePorts,
  settings: Settings,
  drivers: Readonly<Record<string, Driver>>,
  input: unknown,
  predecessors: Readonly<Record<string, Predecessor>> = {},
): Promise<BurstDocument> {
  const { state, burst } = StageInput.parse(input);
  const driver = drivers[state];
  if (driver === undefined) {
    throw new RangeError(`no driver for "${state}", only for ${Object.keys(drivers).join(', ')}`);
  }
  const now = ports.clock.now();
  const heard = await reportIn(ports.ledger, burst, nextLookBy(settings, now));
  const step: Step = heard.done
    ? await driver(heard.row, burst, now)
    : ((heard.row && (await predecessors[state]?.(heard.row, burst))) ?? {
        next: 'superseded',
        reason: heard.row === undefined ? 'no lease' : 'newer driver',
      });
  const lease = step.lease ?? heard.row;
  ports.log(state, {
    burst: burst.burstId,
    segment: burst.segment,
    next: step.next,
    ...(step.reason === undefined ? {} : { reason: step.reason }),
  });
  return BurstDocument.parse({
    v: 1,
    burstId: burst.burstId,
    segment: burst.segment,
    leaseFence: burst.leaseFence,
    next: step.next,
    waitSeconds: step.waitSeconds,
    quietLooks: step.quietLooks ?? 0,
    lookUntil: lease === undefined ? burst.lookUntil : lookUntil(lease, settings),
    failedLooks: 0,
    failure: step.failure,
  });
}

/**
 * When the next sign of life is due: the longest wait between two looks, the function itself and its
 * retries. The sweep adds its own grace before it calls the segment silent.
 */
export const nextLookBy = ({ looks, limits }: Settings, now: Instant): Instant =>
  plusSeconds(now, longestWait(looks) + 3 * limits.functionSeconds);

const longestWait = ({
  longestSeconds,
  steadySeconds,
  holdSeconds,
  longestHoldSeconds,
}: Settings['looks']): number =>
  Math.max(longestSeconds, steadySeconds, holdSeconds, longestHoldSeconds);

/** Until when a failing look is repeated: the paid edge, or the deadline of a cluster that is not there yet. */
export const lookUntil = (lease: LeaseRow, { clusters }: Settings): Instant =>
  lease.paidUntil ?? lease.readyBy ?? plusSeconds(lease.createdAt, clusters.provisioningSeconds);
