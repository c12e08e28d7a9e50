import type { Stop } from '../ledger/stops.ts';
import { yieldingIn } from '../model/fair-share.ts';
import { GPU_MODELS, gpuMeets, needInWords } from '../model/gpu.ts';
import { missedDeadline } from '../model/limits.ts';
import type { BatchRow, KnowledgeRow, LeaseRow, ProfileRow, Requirement } from '../model/rows.ts';
import { type Instant, secondsBetween } from '../model/time.ts';
import { usualWait } from '../plan/usual-wait.ts';
import { because, counted, type Explanation, type StoredRows, spoken } from './explanation.ts';

type OpenRows = StoredRows & { readonly batch: BatchRow };

/** A task whose batch waits to be claimed: for time, for a cluster, for money, or for its turn. */
export function explainOpen(rows: OpenRows, now: Instant): Explanation {
  const { batch, profile, lease } = rows;
  const late = unreachable(rows, now);
  if (late !== undefined) return late;
  if (rows.stop !== undefined) return stopped(batch, rows.stop);
  if (batch.notBefore !== undefined && now < batch.notBefore) return again(batch, now);
  if (lease === undefined) return withoutCluster(batch, profile, now);
  if (lease.phase !== 'ready') return provisioning(lease, rows.knowledge, now);
  if (lease.extendNotBefore !== undefined && now < lease.extendNotBefore) {
    return withoutTerm(lease, lease.extendNotBefore);
  }
  return batch.lastReason === undefined ? behind(rows, lease) : again(batch, now);
}

/** Nothing new is begun until somebody resumes. */
function stopped({ batchId: batch }: BatchRow, { mode, of, reason, at }: Stop): Explanation {
  const what = mode === 'cancel' ? 'it is about to be cancelled' : 'it waits until that is resumed';
  const sentence = `The ${of} was stopped at ${at} (${reason}), and nothing new is begun: ${what}.`;
  return because('stopped', sentence, { batch, of, mode, reason, since: at });
}

/** Even on the most favourable view its deadline cannot be met. */
function unreachable({ task, batch }: OpenRows, now: Instant): Explanation | undefined {
  const entry = batch.tasks.find(({ taskId }) => taskId === task?.taskId);
  const missed = entry && missedDeadline(entry, batch, now);
  if (missed === undefined) return undefined;
  const { deadlineAt, earliestAt, needsSeconds, leftSeconds } = missed;
  const isOver = missed.hasPassed || entry?.failIfUnreachable === true;
  const facts = { batch: batch.batchId, deadlineAt, earliestAt, needsSeconds, leftSeconds };
  const what = isOver
    ? 'The task is about to end as failed'
    : 'It is tried all the same until then';
  const sentence = `Its deadline, ${deadlineAt}, is ${spoken(leftSeconds)} away and the task takes about ${spoken(needsSeconds)}: it would be done at ${earliestAt} at the earliest. ${what}.`;
  return because('deadline-unreachable', sentence, facts);
}

/** Its tasks may not cost what a slot did when that was looked at last. */
function tooDearYet(batch: BatchRow, now: Instant): Explanation {
  const { lastReason = '', lastReasonAt, notBefore } = batch;
  const why = lastReason.replace('budget: ', '');
  const waits = notBefore !== undefined && now < notBefore;
  const when = waits ? `from ${notBefore} on` : 'within a minute';
  const facts = { batch: batch.batchId, reason: lastReason, since: lastReasonAt };
  const sentence = `The batch of the task waits for a lower price: ${why}. Asked again ${when}.`;
  return because('budget', sentence, { ...facts, askedAgainAt: waits ? notBefore : undefined });
}

/** The last attempt ended, and why that was; the next one is due. */
function again(batch: BatchRow, now: Instant): Explanation {
  const { lastReason = '', notBefore } = batch;
  const [what = ''] = lastReason.split(':', 1);
  const waits = notBefore !== undefined && now < notBefore;
  const when = waits
    ? `not before ${notBefore} (in ${spoken(secondsBetween(now, notBefore))})`
    : 'as soon as a worker is free for it';
  const attempt = batch.attempts + 1;
  if (what === 'voted') return anotherWanted(batch);
  if (what === 'budget') return tooDearYet(batch, now);
  const cause = what === 'worker-lost' || what === 'verification-failed' ? what : 'retrying';
  const others = batch.tasks.length - batch.settled.size - 1;
  const halved =
    batch.sharedAttempts === undefined
      ? ''
      : `, and its batch was halved to find the task that does it: ${others > 0 ? `${counted(others, 'task is', 'tasks are')} still with it` : 'it is alone now'}`;
  const sentence = `${AFTER[cause]} (${lastReason})${halved}; attempt ${attempt} starts ${when}.`;
  return because(cause, sentence, {
    halvedAfter: batch.sharedAttempts,
    with: batch.sharedAttempts === undefined ? undefined : Math.max(0, others),
    batch: batch.batchId,
    class: what,
    reason: lastReason,
    attempt,
    notBefore: waits ? notBefore : undefined,
    since: batch.lastReasonAt,
  });
}

/** What was delivered counts once another worker delivers the same. */
function anotherWanted(batch: BatchRow): Explanation {
  const { batchId, lastReason = '', lastReasonAt } = batch;
  const sentence = `A worker has delivered (${lastReason}); the task is given to another, whose result must be the same.`;
  const facts = { batch: batchId, class: 'voted', reason: lastReason, since: lastReasonAt };
  return because('verifying', sentence, { ...facts, attempt: batch.attempts + 1 });
}

const AFTER = {
  'worker-lost': 'The worker that had the task was lost',
  'verification-failed': 'What a worker delivered was wrong',
  retrying: 'The last attempt ended without a result',
} as const;

/** No burst may take it: the profile pauses after a burst that could not be had, or is about to open one. */
function withoutCluster(
  batch: BatchRow,
  profile: ProfileRow | undefined,
  now: Instant,
): Explanation {
  const { cooldownReason, cooldownUntil } = profile ?? {};
  if (cooldownReason === undefined) {
    return batch.lastReason === undefined
      ? because('placing', 'A cluster is about to be opened for the task.', {
          batch: batch.batchId,
        })
      : again(batch, now);
  }
  const waits = cooldownUntil !== undefined && now < cooldownUntil;
  const when = waits ? `from ${cooldownUntil} on` : 'within a minute';
  const facts = {
    batch: batch.batchId,
    reason: cooldownReason,
    askedAgainAt: waits ? cooldownUntil : undefined,
    refusals: profile?.strikes,
  };
  const [error = ''] = cooldownReason.split(':', 1);
  const why = cooldownReason.replace(/^[A-Za-z]+: (?:[a-z-]+: )?/, '');
  const yields = yieldingIn(cooldownReason);
  if (yields !== undefined) {
    const sentence = `${letsOthersGoFirst(yields.why)} Asked again ${when}.`;
    return because('fair-share', sentence, { ...facts, ...yields.facts });
  }
  if (isOutOfCredit(cooldownReason)) {
    const sentence = `${shortOfCredit('a cluster', cooldownReason)} Asked again ${when}.`;
    return because('budget', sentence, facts);
  }
  if (error === 'BudgetExceeded') {
    return because('budget', `A cap is reached: ${why}. Asked again ${when}.`, facts);
  }
  if (error === 'CapacityUnavailable' || error === 'ProviderRefused') {
    const wanted = profile === undefined ? undefined : wantedBy(profile.requirement);
    const what = wanted === undefined ? '' : ` for ${wanted.need} in ${wanted.locations}`;
    const sentence = `No machine could be had${what}: ${why}. Asked again ${when}.`;
    return because('no-capacity', sentence, { ...facts, ...wanted });
  }
  if (error === 'ClusterUnfit') {
    const { lastReason } = batch;
    const last = lastReason === undefined ? '' : ` Its last attempt: ${lastReason}.`;
    const sentence = `No worker of the last cluster could do the task.${last} Another cluster is ordered ${when}.`;
    return because('retrying', sentence, { ...facts, lastReason });
  }
  const other = /^ClusterNotReady: other hardware: (.+)$/s.exec(cooldownReason)?.[1];
  const sentence =
    other === undefined
      ? `The last cluster for it did not come up: ${cooldownReason}. Another is ordered ${when}.`
      : `The last cluster for it was not what was paid for (${other}), and was destroyed unused. Another is ordered ${when}.`;
  return because('provisioning', sentence, facts);
}

const letsOthersGoFirst = (why: string): string =>
  `Other tenants are let go first, because money is short and ${why}.`;

/** The provider itself asks for money: no cap of ours says so, nor the most we had offered for the order. */
const isOutOfCredit = (reason: string): boolean =>
  /^BudgetExceeded: (?!budget: |fair-share: )(?!.*\bmax_spend\b)/s.test(reason);

const shortOfCredit = (what: string, reason: string): string =>
  `The provider says that its credit does not cover ${what} (${reason.replace('BudgetExceeded: ', '')}): buy credits there.`;

/** What the profile looks for, and what else the table of GPUs has: nothing of that is taken by itself. */
function wantedBy({ need, locations }: Requirement) {
  const { gpuModels, ...anyModel } = need;
  const models = GPU_MODELS.filter((model) => gpuMeets(need, model));
  const others = GPU_MODELS.filter((model) => gpuMeets(anyModel, model) && !models.includes(model));
  return {
    need: needInWords(need),
    locations: locations?.join(', ') ?? 'any country',
    models: models.join(', '),
    otherModels: others.length === 0 ? undefined : others.join(', '),
  };
}

/** Its cluster is being chosen, ordered or started; its age is shown against what such clusters took. */
function provisioning(
  lease: LeaseRow,
  knowledge: KnowledgeRow | undefined,
  now: Instant,
): Explanation {
  const { burstId: burst, phase, offer } = lease;
  if (phase === 'planned' || offer === undefined) {
    const sentence = 'A cluster is being chosen for the task.';
    return because('provisioning', sentence, { burst, phase });
  }
  const what = `${offer.workers} x ${offer.gpusPerWorker} ${offer.gpuModel} in ${offer.location}`;
  if (lease.createdClusterAt === undefined) {
    const doubt = lease.intents.some(({ outcome }) => outcome === 'unknown')
      ? '; no answer has come back yet, and it is looked for before anything else is ordered'
      : '';
    const sentence = `Its cluster (${what}) is being ordered${doubt}.`;
    return because('provisioning', sentence, { burst, phase, cluster: what });
  }
  const ageSeconds = secondsBetween(lease.createdClusterAt, now);
  const samples = knowledge?.samples ?? [];
  const { p50Seconds, p90Seconds } = usualWait(samples, now);
  const by =
    samples.length === 0 ? 'none like it has been seen yet' : `${samples.length} were seen`;
  const usual = `half of its like are taken to be ready within ${spoken(p50Seconds)}, nine in ten within ${spoken(p90Seconds)} (${by})`;
  const sentence = `Its cluster (${what}) has been starting for ${spoken(ageSeconds)}; ${usual}.`;
  return because('provisioning', sentence, {
    burst,
    phase,
    cluster: what,
    ageSeconds,
    p50Seconds,
    p90Seconds,
    samples: samples.length,
    overdue: ageSeconds > p90Seconds,
    readyBy: lease.readyBy,
  });
}

/** Its cluster runs, and the time left of the paid term is too short for the task. */
function withoutTerm(lease: LeaseRow, askedAgainAt: Instant): Explanation {
  const { extendRefusal: reason = '' } = lease;
  const facts = {
    ...{ burst: lease.burstId, paidUntil: lease.paidUntil, askedAgainAt },
    reason: lease.extendRefusal,
  };
  const soon = `The paid time of cluster ${lease.burstId} may not last for the task`;
  const yields = yieldingIn(reason);
  if (yields !== undefined) {
    const sentence = `${soon}. ${letsOthersGoFirst(yields.why)} Asked again from ${askedAgainAt} on.`;
    return because('fair-share', sentence, { ...facts, ...yields.facts });
  }
  if (isOutOfCredit(reason)) {
    const sentence = `${soon}. ${shortOfCredit('another term', reason)} Asked again from ${askedAgainAt} on.`;
    return because('budget', sentence, facts);
  }
  const byProvider = /^(CapacityUnavailable|ProviderRefused): /.test(reason);
  const why = byProvider
    ? 'the provider refused another term'
    : 'a cap does not cover another term';
  const sentence = `${soon}, and ${why}. Asked again from ${askedAgainAt} on.`;
  return because(byProvider ? 'no-capacity' : 'budget', sentence, facts);
}

/** Its cluster is ready and has others to do first. */
function behind({ batch, ahead }: OpenRows, { burstId, workers }: LeaseRow): Explanation {
  const { running = 0, waiting = 0 } = ahead ?? {};
  const usable = workers.filter(({ lostAt }) => lostAt === undefined).length;
  const facts = { batch: batch.batchId, burst: burstId, running, waiting, workers: usable };
  const others = `${counted(running, 'batch', 'batches')} running and ${counted(waiting, 'batch', 'batches')} waiting before it`;
  const sentence =
    running + waiting === 0
      ? `The task is next: cluster ${burstId} takes it when it looks for work.`
      : `The task waits for a free slot of cluster ${burstId} (${counted(usable, 'worker', 'workers')}) behind ${others}.`;
  return because('queued-behind', sentence, facts);
}
