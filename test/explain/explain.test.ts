import { describe, expect, it } from 'vitest';
import { explain } from '../../shared/explain/explain.ts';
import { type Cause, type StoredRows, spoken } from '../../shared/explain/explanation.ts';
import { servingLease } from '../../shared/explain/stored-rows.ts';
import { yieldingInWords } from '../../shared/model/fair-share.ts';
import { RejectionRow } from '../../shared/model/rows.ts';
import {
  at,
  BURST,
  batchRow,
  claimedBatch,
  jobRow,
  knowledgeRow,
  leaseRow,
  NOW,
  profileRow,
  taskRow,
} from './rows.ts';

const why = (rows: StoredRows) => explain({ task: taskRow(), ...rows }, NOW);

const numbers = (...all: number[]) => new Set(all);

const YIELDS = yieldingInWords({
  ...{ tenant: 'amber', scope: 'stack', capMicroUsd: 2_000_000, usedMicroUsd: 1_500_000 },
  ...{ wantsMicroUsd: 400_000, waiting: 2, shareMicroUsd: 900_000 },
});

describe('a task that is not in a batch', () => {
  it.each<[string, StoredRows, Cause]>([
    ['was not read by intake', { task: undefined }, 'placing'],
    ['has no batch yet', {}, 'placing'],
    [
      'names a batch that does not list it',
      { batch: batchRow({ tasks: [{ taskId: 'b', line: 0, unitSeconds: 1 }] }) },
      'placing',
    ],
    ['is cancelled', { task: taskRow({ status: 'cancelled', endedAt: NOW }) }, 'cancelled'],
    ['has failed', { task: taskRow({ status: 'failed', reason: 'task-failed: x' }) }, 'failed'],
    ['is done', { task: taskRow({ status: 'done', verifiedBy: 're-render', files: [] }) }, 'done'],
  ])('%s', (_, rows, cause) => {
    expect(why(rows).cause).toBe(cause);
  });

  it('was refused: the sentence names code, field and mend', () => {
    const rejection = RejectionRow.parse({
      v: 1,
      tenant: 'default',
      messageSha256: 'b'.repeat(64),
      code: 'E_RANGE',
      field: 'resources.gpus',
      reason: 'at most 8',
      rejectedAt: NOW,
      expiresAt: 1,
    });
    expect(why({ task: undefined, rejection })).toEqual({
      cause: 'bad-input',
      sentence: 'The message was refused with E_RANGE in resources.gpus: at most 8.',
      facts: { code: 'E_RANGE', field: 'resources.gpus', reason: 'at most 8' },
    });
  });
});

describe('a task whose batch waits', () => {
  const lost = { attempts: 1, lastReason: 'worker-lost: silent', lastReasonAt: at(-10) };

  it('waits out the pause after a lost worker up to its last millisecond', () => {
    const until = (seconds: number) =>
      why({
        batch: batchRow({ ...lost, notBefore: at(seconds) }),
        lease: leaseRow({ phase: 'planned' }),
      });
    expect(until(0.001)).toMatchObject({
      cause: 'worker-lost',
      facts: { attempt: 2, notBefore: at(0.001) },
    });
    expect(until(0).cause).toBe('provisioning');
    expect(until(-0.001).cause).toBe('provisioning');
  });

  it.each<[string, Cause, string]>([
    ['worker-lost: silent', 'worker-lost', 'worker-lost'],
    ['verification-failed: 2 results were wrong', 'verification-failed', 'verification-failed'],
    ['task-failed: 1 tasks failed, the first with executor: x', 'retrying', 'task-failed'],
    ['interrupted: out of time', 'retrying', 'interrupted'],
    ['burst-closed: the paid edge was reached', 'retrying', 'burst-closed'],
    ['not-started: refused: draining', 'retrying', 'not-started'],
    ["voted: 1 results wait for another worker's to agree", 'verifying', 'voted'],
  ])('after "%s" a ready cluster gives %s', (lastReason, cause, kind) => {
    const explained = why({ batch: batchRow({ attempts: 1, lastReason }), lease: leaseRow() });
    expect(explained).toMatchObject({ cause, facts: { class: kind, attempt: 2 } });
    expect(explained.sentence).toContain(lastReason);
  });

  it.each<[string, Cause]>([
    ['CapacityUnavailable: no-capacity: 203/1x@1: none free', 'no-capacity'],
    ['ProviderRefused: the key is not valid', 'no-capacity'],
    ['BudgetExceeded: budget: 1 USD are needed, 0 are left of the day cap', 'budget'],
    [`BudgetExceeded: ${YIELDS}`, 'fair-share'],
    ['ClusterNotReady: no quorum in time', 'provisioning'],
    ['ClusterUnfit: what waits failed on every worker here', 'retrying'],
  ])('while its profile pauses after "%s" it is %s', (cooldownReason, cause) => {
    const profile = profileRow({ cooldownReason, cooldownUntil: at(30), strikes: 2 });
    const explained = why({ batch: batchRow(), profile });
    expect(explained.cause).toBe(cause);
    expect(explained.facts).toMatchObject({ askedAgainAt: at(30), refusals: 2 });
    expect(explained.sentence).toContain(at(30));
  });

  it('says that a cluster was not what was paid for', () => {
    const cooldownReason =
      'ClusterNotReady: other hardware: a worker sees NVIDIA T4 instead of RTX 4090';
    const profile = profileRow({ cooldownReason, cooldownUntil: at(30), strikes: 1 });
    const explained = why({ batch: batchRow(), profile });
    expect(explained).toMatchObject({
      cause: 'provisioning',
      sentence: `The last cluster for it was not what was paid for (a worker sees NVIDIA T4 instead of RTX 4090), and was destroyed unused. Another is ordered from ${at(30)} on.`,
    });
  });

  it('says that no worker of the last cluster could do the task, and how its last attempt ended', () => {
    const cooldownReason = 'ClusterUnfit: what waits failed on every worker here';
    const profile = profileRow({ cooldownReason, cooldownUntil: at(30), strikes: 1 });
    const batch = batchRow({ attempts: 1, lastReason: 'task-failed: 1 of 1 tasks failed' });
    expect(why({ batch, profile }).sentence).toBe(
      `No worker of the last cluster could do the task. Its last attempt: task-failed: 1 of 1 tasks failed. Another cluster is ordered from ${at(30)} on.`,
    );
  });

  it('says what the last try found even when the pause is over', () => {
    const pause = { cooldownReason: 'CapacityUnavailable: no-capacity: x', cooldownUntil: at(0) };
    const explained = why({ batch: batchRow(), profile: profileRow(pause) });
    expect(explained.sentence).toBe(
      'No machine could be had for 1 GPU of 1 GB or more in any country: x. Asked again within a minute.',
    );
    expect(explained.facts).not.toHaveProperty('askedAgainAt');
  });

  it('names the need nothing met, what in the table meets it, and what else would', () => {
    const need = { gpus: 2, vramGb: 48, gpuModels: ['RTX A6000', 'L40'] };
    const requirement = { ...profileRow().requirement, need, locations: ['DE', 'FI'] };
    const cooldownReason =
      'CapacityUnavailable: no-capacity: nothing is on offer; on offer outside the allowed locations: L40 in US';
    const { sentence, facts } = why({
      batch: batchRow(),
      profile: profileRow({ requirement, cooldownReason, cooldownUntil: at(30) }),
    });
    expect(sentence).toBe(
      `No machine could be had for 2 GPUs (RTX A6000, L40) of 48 GB or more in DE, FI: nothing is on offer; on offer outside the allowed locations: L40 in US. Asked again from ${at(30)} on.`,
    );
    expect(facts).toMatchObject({ locations: 'DE, FI', models: 'RTX A6000, L40' });
    expect(facts.otherModels).toMatch(/^RTX 6000 Ada, .*A40, L40S, A100 80GB/);
    const anyModel = { ...requirement, need: { gpus: 1, vramGb: 192 } };
    const open = why({
      batch: batchRow(),
      profile: profileRow({ requirement: anyModel, cooldownReason }),
    });
    expect(open.facts).toMatchObject({ models: 'B200, B300' });
    expect(open.facts).not.toHaveProperty('otherModels');
  });

  it('is about to get a cluster when nothing stands in its way', () => {
    expect(why({ batch: batchRow(), profile: profileRow() }).cause).toBe('placing');
    expect(why({ batch: batchRow(lost), profile: profileRow() }).cause).toBe('worker-lost');
  });

  it('waits for a cluster that is chosen, ordered, in doubt, or starting', () => {
    const sentence = (fields: Record<string, unknown>) =>
      why({ batch: batchRow(), lease: leaseRow(fields) }).sentence;
    const unknown = { kind: 'create', attempt: 1, term: 1, at: NOW, outcome: 'unknown' };
    expect(sentence({ phase: 'planned' })).toContain('being chosen');
    expect(sentence({ phase: 'creating' })).toBe(
      'Its cluster (2 x 1 RTX 4090 in DE) is being ordered.',
    );
    expect(sentence({ phase: 'creating', intents: [unknown] })).toContain(
      'no answer has come back',
    );
    expect(sentence({ phase: 'provisioning', createdClusterAt: at(-95) })).toContain('for 95 s');
  });

  it('compares the age of a starting cluster with the times learned', () => {
    const samples = knowledgeRow(...Array.from({ length: 40 }, (_, n) => 5 * (n + 1)));
    const explained = (ageSeconds: number) =>
      why({
        batch: batchRow(),
        lease: leaseRow({ phase: 'provisioning', createdClusterAt: at(-ageSeconds) }),
        knowledge: samples,
      });
    expect(explained(190).facts).toMatchObject({
      p50Seconds: 105,
      p90Seconds: 190,
      overdue: false,
    });
    expect(explained(191).facts.overdue).toBe(true);
    expect(explained(191).sentence).toContain('(40 were seen)');
    expect(explained(191).sentence).toContain('nine in ten within 3 min');
  });

  it('names what it is queued behind', () => {
    const lease = leaseRow({
      workers: [
        { workerId: 'w1', url: 'x', slots: 1 },
        { workerId: 'w2', url: 'x', slots: 1, lostAt: NOW },
      ],
    });
    const explained = (ahead: { running: number; waiting: number }) =>
      why({ batch: batchRow(), lease, ahead });
    expect(explained({ running: 1, waiting: 2 })).toMatchObject({
      cause: 'queued-behind',
      sentence: `The task waits for a free slot of cluster ${BURST} (1 worker) behind 1 batch running and 2 batches waiting before it.`,
      facts: { running: 1, waiting: 2, workers: 1 },
    });
    expect(explained({ running: 0, waiting: 0 }).sentence).toContain('is next');
  });

  it('tells who refused another term, until it is asked for again', () => {
    const cause = (fields: Record<string, unknown>) =>
      why({ batch: batchRow(), lease: leaseRow({ terms: 1, ...fields }) }).cause;
    expect(cause({ extendNotBefore: at(0.001) })).toBe('budget');
    expect(cause({ extendNotBefore: at(0) })).toBe('queued-behind');
  });

  it.each<[string, Cause]>([
    ['CapacityUnavailable: promised to somebody else', 'no-capacity'],
    ['ProviderRefused: no more time is sold', 'no-capacity'],
    ['BudgetExceeded: extend answered 402', 'budget'],
    ['budget: stack cap', 'budget'],
  ])('whose cluster got no further term for "%s" says %s', (extendRefusal, cause) => {
    const lease = leaseRow({ terms: 1, extendNotBefore: at(1), extendRefusal });
    const explained = why({ batch: batchRow(), lease });
    expect(explained).toMatchObject({ cause, facts: { burst: BURST, reason: extendRefusal } });
    expect(explained.sentence.includes('buy credits')).toBe(extendRefusal.includes('402'));
  });

  it.each([
    {
      says: 'deploy answered 402: Insufficient credits',
      sentence:
        'The provider says that its credit does not cover a cluster (deploy answered 402: Insufficient credits): buy credits there.',
    },
    {
      says: 'budget: 1 USD are needed, 0 are left of the day cap',
      sentence: 'A cap is reached: 1 USD are needed, 0 are left of the day cap.',
    },
    {
      says: 'create answered 402: The price is 2 USD, above max_spend',
      sentence: 'A cap is reached: create answered 402: The price is 2 USD, above max_spend.',
    },
  ])('says whose money is short where the cause is "$says"', ({ says, sentence }) => {
    const profile = profileRow({ cooldownReason: `BudgetExceeded: ${says}` });
    expect(why({ batch: batchRow(), profile })).toMatchObject({
      cause: 'budget',
      sentence: `${sentence} Asked again within a minute.`,
    });
  });
});

describe('a tenant that lets others go first', () => {
  const amounts = {
    hasUsd: 1.5,
    capUsd: 2,
    asksUsd: 0.4,
    waiting: 2,
    shareUsd: 0.9,
    scope: 'stack',
  };

  it('is told what it has, of what, and what its share is', () => {
    const pause = { cooldownReason: `BudgetExceeded: ${YIELDS}`, cooldownUntil: at(30) };
    const explained = why({ batch: batchRow(), profile: profileRow(pause) });
    expect(explained.sentence).toBe(
      `Other tenants are let go first, because money is short and tenant amber has 1.5 USD of the 2 USD stack cap and asks for 0.4; its share beside 2 waiting tenants is 0.9 USD. Asked again from ${at(30)} on.`,
    );
    expect(explained.facts).toMatchObject(amounts);
  });

  it('is told so too where its cluster gets no further term for it', () => {
    const lease = { terms: 1, extendNotBefore: at(1), extendRefusal: YIELDS };
    const explained = why({ batch: batchRow(), lease: leaseRow(lease) });
    expect(explained).toMatchObject({ cause: 'fair-share', facts: { burst: BURST, ...amounts } });
    expect(explained.sentence).toMatch(
      /may not last for the task\. Other tenants are let go first/,
    );
    const other = { ...lease, extendRefusal: 'budget: stack cap' };
    expect(why({ batch: batchRow(), lease: leaseRow(other) }).cause).toBe('budget');
  });
});

describe('a task whose batch is claimed', () => {
  it.each<[string, Record<string, unknown>, Cause]>([
    ['is running', {}, 'running'],
    ['was only handed over', { started: false, status: 'submitting' }, 'running'],
    ['has results waiting while the job goes on', { uploaded: numbers(0) }, 'running'],
    ['has every result of its job uploaded', { uploaded: numbers(0, 1, 2) }, 'verifying'],
    [
      'has a job that ended with results unread',
      { uploaded: numbers(0, 1), collected: numbers(0), reported: 'interrupted' },
      'verifying',
    ],
    [
      'got wrong results',
      { uploaded: numbers(0), collected: numbers(0), reported: 'succeeded', rejectedResults: 1 },
      'verification-failed',
    ],
    ['waits for another worker to agree', { reported: 'succeeded', votes: 1 }, 'verifying'],
    ['was left out by its job', { reported: 'failed' }, 'retrying'],
    ['was refused by its worker', { status: 'refused' }, 'retrying'],
    ['lost its worker', { status: 'lost', lostAt: NOW }, 'worker-lost'],
  ])('%s', (_, fields, cause) => {
    const rows = { batch: claimedBatch(), lease: leaseRow(), job: jobRow(fields) };
    expect(why(rows)).toMatchObject({ cause, facts: { worker: 'w1', attempt: 1 } });
  });

  it('is running while its job is not on record yet', () => {
    expect(why({ batch: claimedBatch(), lease: leaseRow() }).cause).toBe('running');
  });

  it('says how often a worker has not answered', () => {
    const rows = { batch: claimedBatch(), lease: leaseRow(), job: jobRow({ misses: 2 }) };
    expect(why(rows).sentence).toContain('has not answered 2 times');
  });

  it.each(['closing', 'tearing-down', 'teardown-owed', 'settled'])(
    'is retried when its burst is %s',
    (phase) => {
      const lease = leaseRow({ phase, closeReason: 'WorkersLost: all of them' });
      expect(why({ batch: claimedBatch(), lease, job: jobRow() })).toMatchObject({
        cause: 'retrying',
        facts: { class: 'burst-closed', reason: 'WorkersLost: all of them' },
      });
    },
  );

  it('is being written down when its batch says it is over', () => {
    expect(why({ batch: batchRow({ status: 'done' }) }).cause).toBe('verifying');
  });
});

describe('the lease that serves an open batch', () => {
  it('is the one nearest to taking work', () => {
    const phases = (...all: string[]) =>
      servingLease(all.map((phase) => leaseRow({ phase })))?.phase;
    expect(phases('planned', 'ready', 'provisioning')).toBe('ready');
    expect(phases('planned', 'creating')).toBe('creating');
    expect(phases('closing', 'tearing-down', 'teardown-owed', 'settled')).toBeUndefined();
  });
});

describe('a duration', () => {
  it.each([
    [0, '0 s'],
    [119, '119 s'],
    [120, '2 min'],
    [7169, '119 min'],
    [7170, '2 h 0 min'],
    [11_100, '3 h 5 min'],
  ])('of %d seconds reads %s', (seconds, words) => {
    expect(spoken(seconds)).toBe(words);
  });
});
