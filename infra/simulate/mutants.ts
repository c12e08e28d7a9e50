import type { Edit } from './build.ts';

/** A bug: one named guard of the shipped code switched off. */
export interface Mutant {
  readonly name: string;
  readonly edit: Edit;
}

const mutant = (name: string, file: string, find: string, replace = ''): Mutant => ({
  name,
  edit: { file, find, replace },
});

/**
 * Each must be caught by a campaign; the guard it lacks is what its name says is missing.
 *
 * The lease fence in `changeLease` has none: the look, which every driver raises first, refuses the same writes.
 * Without it the fence would stand alone only against a write that lands minutes after its function was killed,
 * which nothing here does; test/ledger/leases.test.ts holds it.
 */
export const MUTANTS: readonly Mutant[] = [
  mutant(
    'the look is not checked when a lease is changed',
    'shared/ledger/leases.ts',
    "? { is: 'absent', path: 'look' }\n        : { is: 'equal', path: 'look', value: lease.look },",
    "? { is: 'exists' } : { is: 'exists' },",
  ),
  mutant(
    'a segment that was refused drives all the same',
    'shared/bursts/drive.ts',
    'const step: Step = heard.done\n',
    'const step: Step = heard.row !== undefined\n',
  ),
  mutant(
    'a claim does not look whether the batch is open',
    'shared/ledger/batches.ts',
    "{ is: 'equal', path: 'status', value: 'open' },\n      { is: 'equal', path: 'batchFence', value: batch.batchFence },\n    ],\n    set: assignments({\n      status: 'claimed',",
    "],\n    set: assignments({\n      status: 'claimed',",
  ),
  mutant(
    'the batch fence is not checked when a batch is returned',
    'shared/ledger/batches.ts',
    "{ is: 'equal', path: 'status', value: 'claimed' },\n  { is: 'equal', path: 'batchFence', value: batchFence },",
    "{ is: 'exists' },",
  ),
  mutant(
    'a batch is done when one of its tasks is',
    'shared/ledger/batches.ts',
    'row.settled.size < row.tasks.length',
    'row.settled.size < 1',
  ),
  mutant(
    'a task may end twice',
    'shared/ledger/tasks.ts',
    "when: [{ is: 'equal', path: 'status', value: 'accepted' }],\n    set: assignments({ ...ending",
    "when: [{ is: 'exists' }],\n    set: assignments({ ...ending",
  ),
  mutant(
    'a row that is there is written again',
    'shared/ledger/rows.ts',
    "when: [{ is: 'absent' }]",
    'when: []',
  ),
  mutant(
    'a profile is changed without compare-and-set',
    'shared/ledger/profiles.ts',
    "when: [{ is: 'equal', path: 'seq', value: seen.seq }],",
    'when: [],',
  ),
  mutant(
    'the cap is not compared when money is held',
    'shared/ledger/money.ts',
    "{ is: 'atLeast', path: 'available', value: hold.microUsd },",
  ),
  mutant(
    'a hold that is there is taken again',
    'shared/ledger/money.ts',
    "{ is: 'absent', path: ['holds', holdName(hold)] },",
  ),
  mutant(
    'a hold that is gone is released again',
    'shared/ledger/money.ts',
    "when: [{ is: 'equal', path: ['holds', name], value: heldMicroUsd }],",
    'when: [],',
  ),
  mutant(
    'holds are not named by the look that took them',
    'shared/ledger/money.ts',
    'attempt === undefined ?',
    'attempt !== undefined ?',
  ),
  mutant(
    'messages that could not be placed are acknowledged',
    'lambdas/intake.ts',
    "if (result === undefined || result.outcome === 'later') again.push(...ids(own));",
  ),
  mutant(
    'a new batch is not announced to its profile',
    'shared/bursts/open.ts',
    'const oldestOpen = older(seen.oldestOpen, arrived);',
    'const oldestOpen = seen.oldestOpen;',
  ),
  mutant(
    'the watermark passes batches that are still open',
    'lambdas/sweep/profiles.ts',
    'oldestOpen: live[0]?.batchId ?? null,',
    'oldestOpen: live.at(-1)?.batchId ?? null,',
  ),
  mutant(
    'the sweep forgets claims of bursts that are over',
    'lambdas/sweep/batches.ts',
    'if (end !== undefined) return giveBack(ports.ledger, settings, batch, end, now);',
  ),
  mutant(
    'the sweep takes nobody over',
    'shared/sweep/silent-segment.ts',
    "return lease.takeOvers >= settings.limits.takeOvers\n    ? { do: 'give-to-reaper' }\n    : { do: 'take-over' };",
    "return { do: 'note' };",
  ),
  mutant(
    'the create is not announced by an intent',
    'lambdas/provision/create-cluster.ts',
    'const announced = await changeLease(ledger, lease, { intents });',
    'const announced = await changeLease(ledger, lease, { intents: lease.intents });',
  ),
  mutant(
    'the quarantine of a doubtful call is skipped',
    'shared/provision/intents.ts',
    'return waitSeconds > 0 ?',
    'return waitSeconds > 1e9 ?',
  ),
  mutant(
    'one list without it proves that nothing was bought',
    'lambdas/provision/create-cluster.ts',
    'if (waitSeconds > 0) {',
    'if (waitSeconds > 1e9) {',
  ),
  mutant(
    'what a doubtful create bought is not adopted',
    'lambdas/provision/create-cluster.ts',
    'if (found === undefined) return undefined;',
    'return undefined;',
  ),
  mutant(
    'a lost answer to a create is taken for a refusal',
    'lambdas/provision/create-cluster.ts',
    'if (!isRefusal(error)) return;',
  ),
  mutant(
    'the price is not asked again before the create',
    'lambdas/provision/create-cluster.ts',
    'return totalMicroUsd > offer.termMicroUsd ? totalMicroUsd : undefined;',
    'return undefined;',
  ),
  mutant(
    'READY is trusted without an answer of the worker',
    'shared/poll/cluster-look.ts',
    "answer.kind === 'answered' &&\n    answer.value.status === 'ready' &&\n    slots > 0 &&\n    wrongGpus(lease, answer.value) === undefined\n      ? [\n          {\n            workerId,\n            url,\n            slots: Math.min(slots, answer.value.slots),\n            hardware: hardwareInWords(answer.value),",
    'slots > 0\n      ? [\n          {\n            workerId,\n            url,\n            slots,',
  ),
  mutant(
    'other hardware is accepted',
    'shared/poll/cluster-look.ts',
    'if (!isDelivered(offer.gpuModel, view.gpuModel))',
    'if (view.gpuModel === undefined)',
  ),
  mutant(
    'a new cluster is given up on one 404',
    'shared/poll/cluster-look.ts',
    'return missing >= settings.looks.goneSeconds',
    'return missing >= 0',
  ),
  mutant(
    'a running cluster is given up on one list without it',
    'shared/poll/gone.ts',
    'if (lease.goneSince === undefined) return { changed: { goneSince: view.asOf, goneLists: 1 } };',
    "if (lease.goneSince === undefined) return { gone: 'not listed' };",
  ),
  mutant(
    'a worker is lost when it is silent once',
    'shared/poll/job-look.ts',
    'misses >= settings.looks.lostAfterMisses &&\n    silentSeconds >= settings.looks.lostAfterSeconds',
    'misses >= 1',
  ),
  mutant(
    'a worker is not lost, however long it is silent',
    'shared/poll/job-look.ts',
    'misses >= settings.looks.lostAfterMisses &&\n    silentSeconds >= settings.looks.lostAfterSeconds',
    'misses >= 1e9',
  ),
  mutant(
    'uploads are accepted as results',
    'lambdas/collect/uploads.ts',
    'return verdict.verified ? {',
    'return verdict !== null ? {',
  ),
  mutant(
    'a result stays where its worker may write',
    'lambdas/collect/finish-task.ts',
    'const key = resultKey(tenant, task.taskId, { jobId: credit.job, sha256 }, name);',
    "const key = resultKey(tenant, task.taskId, { jobId: credit.job, sha256 }, name).replace('results', 'uploads');",
  ),
  mutant(
    'attempts have no end',
    'shared/run/returns.ts',
    'if (attempts >= allowed && !cutShort)',
    'if (attempts >= 1e9)',
  ),
  mutant(
    'a batch is not halved, whatever ends its attempts',
    'shared/run/returns.ts',
    'const cutShort = counts && !',
    'const cutShort = reason === null && !',
  ),
  mutant(
    'the halves of a batch are not announced to their profile',
    'shared/bursts/split.ts',
    'const oldestOpen = older(seen.oldestOpen, first);',
    'const oldestOpen = seen.oldestOpen;',
  ),
  mutant(
    'a batch whose halves were not written stays so',
    'lambdas/sweep/batches.ts',
    "if (batch.status === 'split') await finishSplit(ports.ledger, settings, batch, now);",
  ),
  mutant(
    'a checkpoint is taken whatever has become of it',
    'shared/model/checkpoint.ts',
    'if (sha256Of(payload) !== header.data.sha256) {',
    'if (sha256Of(payload) === header.data.stage) {',
  ),
  mutant(
    'an older checkpoint replaces a newer one',
    'shared/ledger/checkpoints.ts',
    '(row.closed !== true && orderOf(at) > row.order)',
    'row.closed !== true',
  ),
  mutant(
    'a job begins anew although there is a checkpoint',
    'lambdas/run/manifest.ts',
    'if (newest === undefined) return',
    'if (newest?.sequence !== 0) return',
  ),
  mutant(
    'second attempts at slow jobs know no budget',
    'shared/run/stragglers.ts',
    'seconds + leftSeconds > budgetSeconds',
    'seconds + leftSeconds > 1e9',
  ),
  mutant(
    'a batch may have three live attempts',
    'shared/run/attempts.ts',
    'MAX_LIVE_ATTEMPTS = 2',
    'MAX_LIVE_ATTEMPTS = 3',
  ),
  mutant(
    'a job is stopped once its batch was re-issued',
    'shared/model/job-state.ts',
    "(batch.earlierJob === job.jobId && (batch.status === 'open' || batch.status === 'claimed'))",
    'job.misses < 0',
  ),
  mutant(
    'a worker that refused a batch gets it again',
    'shared/run/assignment.ts',
    ' &&\n        !batch.excludedWorkers?.includes(lane.worker),',
  ),
  mutant(
    'a worker that was caught goes on getting work',
    'lambdas/run/run-jobs.ts',
    'if (row !== undefined && now < row.quarantinedUntil) found.add(workerId);',
  ),
  mutant(
    'no term is bought for work that needs one',
    'shared/run/after-assigning.ts',
    'if ((needsTerm || goesOn) && mayExtend(',
    'if (edge === null && mayExtend(',
  ),
  mutant(
    'a burst settles without tearing its cluster down',
    'lambdas/plan/close-burst.ts',
    "return { next: sent || lease.clusterId !== undefined ? 'tear-down' : 'settle', reason };",
    "return { next: sent === null ? 'tear-down' : 'settle', reason };",
  ),
  mutant(
    'a delete that was acknowledged counts as an end',
    'shared/teardown/confirmation.ts',
    'if (living.length > 0) {',
    'if (living.length > 1e9) {',
  ),
  mutant(
    'one list without it proves that a cluster is gone',
    'shared/teardown/confirmation.ts',
    'looks >= ABSENT_LOOKS && seconds >= settings.looks.goneSeconds',
    'looks >= 1',
  ),
  mutant(
    'a cluster that does not end is called settled',
    'lambdas/teardown/confirm-teardown.ts',
    "changeLease(ledger, lease, { phase: 'teardown-owed' })",
    "changeLease(ledger, lease, { phase: 'settled' })",
  ),
  mutant(
    'holds are given back whole, whatever was billed',
    'lambdas/teardown/settle.ts',
    '{ ...billed, ...hold }, spentMicroUsd);',
    '{ ...billed, ...hold }, 0);',
  ),
  mutant(
    'the quote is taken for the bill',
    'shared/teardown/bill.ts',
    'view?.amountPaidMicroUsd ?? lease.endedMicroUsd ?? lease.quotedMicroUsd',
    'lease.quotedMicroUsd',
  ),
  mutant(
    'clusters that ended unlearned are on no bill',
    'lambdas/teardown/settle.ts',
    'billedMicroUsd: bill.billedMicroUsd + others,',
    'billedMicroUsd: bill.billedMicroUsd,',
  ),
  mutant(
    'the reaper destroys nothing',
    'lambdas/reap.ts',
    'await clusters.destroy(entry.clusterId);',
  ),
  mutant(
    'the reaper takes what a settled lease left for owned',
    'shared/reap/ownership.ts',
    "lease.phase !== 'settled' &&\n  lease.phase !== 'teardown-owed' &&",
  ),
];
