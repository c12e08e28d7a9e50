import type { Driver, Step } from '../../shared/bursts/drive.ts';
import {
  CapacityUnavailable,
  CreateOutcomeUnknown,
  isRefusal,
  ProviderRefused,
  Throttled,
} from '../../shared/errors.ts';
import { changeLease } from '../../shared/ledger/leases.ts';
import type { ClusterId } from '../../shared/model/ids.ts';
import { usdOf } from '../../shared/model/money.ts';
import type { ChosenOffer, Intent, LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { type Instant, plusSeconds } from '../../shared/model/time.ts';
import type { Invocation, Ports } from '../../shared/ports.ts';
import {
  absentInSeconds,
  beforeCalling,
  enoughTime,
  missedNow,
  settled,
  withIntent,
} from '../../shared/provision/intents.ts';
import { workerToken } from '../../shared/provision/token.ts';

type CreatePorts = Pick<Ports, 'ledger' | 'clusters' | 'clock'>;

/** Why the burst closes, should the outcome stay unknown until its deadline. */
const UNKNOWN = (cause: string) => ({ Error: 'CreateOutcomeUnknown', Cause: cause });

/**
 * Provision cluster: buys the burst's one cluster.
 *
 * Wait out any earlier call without outcome and look for what it bought meanwhile, adopt it as soon as it shows,
 * look twice more before it is taken for absent; ask the price again; write the intent; call once; record the id before anything else.
 *
 * @throws CapacityUnavailable, ProviderRefused, BudgetExceeded - settled refusals.
 * @throws CreateOutcomeUnknown - the answer is lost; the intent stays open and the machine waits.
 */
export const createCluster =
  (ports: CreatePorts, settings: Settings, invocation: Invocation): Driver =>
  async (lease, _burst, now) => {
    if (lease.clusterId !== undefined) return checkNext(lease, 'the cluster is on record');
    if (lease.phase === 'planned') {
      throw new CapacityUnavailable('the last offer was refused, and that answer was lost');
    }
    if (lease.offer === undefined || lease.phase !== 'creating') {
      return { next: 'superseded', reason: `nothing to create in phase ${lease.phase}` };
    }
    const before = beforeCalling(lease, 'create', settings, now);
    if (before.kind !== 'clear') {
      const adopted = await adopt(ports, settings, lease, before.intent, now);
      if (adopted !== undefined) return adopted;
    }
    if (before.kind === 'wait') {
      // What it bought is paid for from the first minute on, so it is looked for all along.
      const waitSeconds = Math.min(before.waitSeconds, settings.looks.shortestSeconds);
      const reason = `create attempt ${before.intent.attempt} may still be on its way`;
      return { next: 'unknown', waitSeconds, reason, failure: UNKNOWN(reason) };
    }
    if (before.kind === 'look') {
      const waitSeconds = absentInSeconds(before.intent, settings, now);
      if (waitSeconds > 0) {
        const intents = missedNow(lease, before.intent, now);
        const noted = await changeLease(ports.ledger, lease, { intents });
        const reason = `create attempt ${before.intent.attempt} shows nothing yet`;
        return noted.done
          ? { next: 'unknown', waitSeconds, reason, failure: UNKNOWN(reason) }
          : { next: 'superseded' };
      }
      const cleared = await changeLease(ports.ledger, lease, {
        intents: settled(lease, before.intent, 'absent'),
        holds: lease.holds.map((hold) => ({ ...hold, kept: true as const })),
        phase: 'planned',
      });
      if (!cleared.done) return { next: 'superseded' };
      throw new CapacityUnavailable(`create attempt ${before.intent.attempt} bought nothing`);
    }
    return buy(ports, settings, invocation, lease, now);
  };

/** Takes the cluster an earlier call has bought. Surplus ones of the same name are left to the reaper. */
async function adopt(
  { clusters, ledger }: CreatePorts,
  settings: Settings,
  lease: LeaseRow,
  intent: Intent,
  now: Instant,
): Promise<Step | undefined> {
  const [found] = await clusters.findByName(lease.burstId);
  if (found === undefined) return undefined;
  const recorded = await record({ ledger }, settings, lease, intent, found.clusterId, now);
  return recorded === undefined
    ? { next: 'superseded' }
    : checkNext(recorded, `adopted what attempt ${intent.attempt} bought`);
}

async function buy(
  ports: CreatePorts,
  settings: Settings,
  invocation: Invocation,
  lease: LeaseRow,
  now: Instant,
): Promise<Step> {
  const { ledger, clusters } = ports;
  const { offer } = lease;
  if (offer === undefined) throw new ProviderRefused('the lease names no offer');
  const dearer = await priceAbove(ports, settings, offer).catch(async (error: unknown) => {
    if (error instanceof CapacityUnavailable) {
      await changeLease(ledger, lease, withoutOffer(lease, offer));
    }
    throw error;
  });
  if (dearer !== undefined) {
    const back = await changeLease(ledger, lease, { phase: 'planned' });
    if (!back.done) return { next: 'superseded' };
    throw new CapacityUnavailable(
      `the price rose to ${usdOf(dearer)} USD; the hold does not cover it`,
    );
  }
  const { intents, intent } = withIntent(lease, { kind: 'create', term: 1, at: now });
  const announced = await changeLease(ledger, lease, { intents });
  if (!announced.done) return { next: 'superseded' };
  const ours = announced.row;
  if (!enoughTime(invocation.remainingSeconds(), settings)) {
    await changeLease(ledger, ours, { intents: settled(ours, intent, 'not-sent') });
    return { next: 'unknown', waitSeconds: 1, reason: 'too little time left in this invocation' };
  }

  const { requirement, burstId } = ours;
  let clusterId: ClusterId;
  try {
    clusterId = await clusters.create({
      name: burstId,
      offer,
      hours: settings.lease.termHours,
      image: requirement.image,
      port: settings.workerPort,
      env: {
        ...settings.workerEnv,
        BURST_PORT: String(settings.workerPort),
        BURST_SLOTS: String(Math.floor(offer.gpusPerWorker / requirement.need.gpus)),
      },
      secretEnv: { BURST_TOKEN: workerToken(settings.workerSecret, burstId, intent.attempt) },
    });
  } catch (error) {
    await settleRefusal(ports, ours, intent, error);
    throw error;
  }
  const recorded = await record(ports, settings, ours, intent, clusterId, now);
  if (recorded === undefined) {
    throw new CreateOutcomeUnknown('bought, but the burst has another driver now', { burstId });
  }
  return checkNext(recorded, `bought ${clusterId}`);
}

/** The price of the first term now, when it is above what is held for it. */
async function priceAbove(
  { clusters }: CreatePorts,
  { lease }: Settings,
  offer: ChosenOffer,
): Promise<number | undefined> {
  const asOffered = { ...offer, availableWorkers: offer.workers };
  const { totalMicroUsd } = await clusters.quote(asOffered, offer.workers, lease.termHours);
  return totalMicroUsd > offer.termMicroUsd ? totalMicroUsd : undefined;
}

/** A refusal settles the intent, and so does an answer that says nothing was done; anything else leaves it open. */
async function settleRefusal(
  { ledger }: CreatePorts,
  lease: LeaseRow,
  intent: Intent,
  error: unknown,
): Promise<void> {
  if (error instanceof Throttled) {
    await changeLease(ledger, lease, { intents: settled(lease, intent, 'not-sent') });
  }
  if (!isRefusal(error)) return;
  const { offer } = lease;
  const noCapacity = error instanceof CapacityUnavailable && offer !== undefined;
  await changeLease(ledger, lease, {
    intents: settled(lease, intent, 'refused'),
    ...(noCapacity ? withoutOffer(lease, offer) : {}),
  });
}

/** Back to choosing, among the others. */
const withoutOffer = ({ refusedOffers }: LeaseRow, { offerId }: ChosenOffer) => ({
  phase: 'planned' as const,
  refusedOffers: [...refusedOffers, offerId],
});

async function record(
  { ledger }: Pick<CreatePorts, 'ledger'>,
  settings: Settings,
  lease: LeaseRow,
  intent: Intent,
  clusterId: ClusterId,
  now: Instant,
): Promise<LeaseRow | undefined> {
  const recorded = await changeLease(ledger, lease, {
    clusterId,
    phase: 'provisioning',
    terms: 1,
    tokenAttempt: intent.attempt,
    intents: settled(lease, intent, 'granted'),
    createdClusterAt: intent.at,
    readyBy: plusSeconds(now, settings.clusters.provisioningSeconds),
    takeOvers: 0,
  });
  return recorded.done ? recorded.row : undefined;
}

const checkNext = (lease: LeaseRow, reason: string): Step => ({
  next: 'check-cluster',
  waitSeconds: 15,
  reason,
  lease,
});
