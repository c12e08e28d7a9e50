import { expect, it } from 'vitest';
import { collect } from '../../lambdas/collect.ts';
import { readQuarantine } from '../../shared/ledger/provider.ts';
import { acceptTask, endTask, readTask } from '../../shared/ledger/tasks.ts';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { manifestKey, uploadKey } from '../../shared/model/artifact-keys.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { jobIdOf, TaskId } from '../../shared/model/ids.ts';
import { type ManifestTask, manifestText } from '../../shared/model/job.ts';
import { aDiffusionSpec, diffusionSpec, drawn } from '../kinds/diffusion/make.ts';
import { aBatch, aJob, aLease, at, NOW, workerNamed } from '../support/burst-rows.ts';
import { putRow } from '../support/put-row.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const lease = aLease();
const { tenant, burstId, profile } = lease;
const spec = aDiffusionSpec();
const ids = [0, 1].map((n) => TaskId.parse(`task-1-${n}`));
const batch = aBatch(1, { ...{ kind: 'nft.diffusion', status: 'claimed', batchFence: 1 } });

/** A job whose first picture is drawn for the sample, of a task that ended with another picture or is open still. */
async function aSample(firstEndedWith: 'another' | undefined) {
  const clock = { now: () => NOW };
  const [ledger, artifacts] = [memoryLedger(), memoryArtifacts({ clock })];
  const put = (pk: string, sk: string, row: object, uploaded?: ReadonlySet<number>) =>
    putRow(ledger, pk, sk, row, uploaded);
  const jobId = jobIdOf(burstId, 1);
  const lines = ids.map(
    (taskId, line): ManifestTask => ({
      ...{ line, batchId: batch.batchId, batchFence: 1, index: line, taskId, attempt: 1 },
      ...{ kind: batch.kind, spec: diffusionSpec(), uploads: [] },
    }),
  );
  const manifest = manifestText(jobId, lines);
  const manifestSha256 = sha256Of(manifest);
  const key = manifestKey(tenant, jobId, manifestSha256);
  await artifacts.put(key, { bytes: Buffer.from(manifest), contentType: 'a/b' });
  await put(`L#${burstId}`, '#', lease);
  await put(`P#${tenant}#${profile}`, `B#${batch.batchId}`, batch);
  const named = { manifestKey: key, manifestSha256, drawn: [0] };
  await put(`L#${burstId}`, 'J#000001', aJob(1, named), new Set([0, 1]));
  for (const taskId of ids) {
    const accepted = { tenant, taskId, kind: batch.kind, profile, batch: batch.batchId };
    await acceptTask(ledger, { ...accepted, bodySha256: sha256Of(taskId), now: at(-600) });
    for (const [name, bytes] of drawn(spec, 'a')) {
      await artifacts.put(uploadKey(tenant, taskId, jobId, name), { bytes, contentType: 'a/b' });
    }
  }
  const [first, second] = ids;
  if (first === undefined || second === undefined) throw new Error('no tasks');
  if (firstEndedWith !== undefined) {
    await endTask(
      ...[ledger, tenant, first],
      {
        ...{ status: 'done', verifiedBy: 'structural+redundancy-2', files: [], attempts: 1 },
        evidence: { outputsSha256: sha256Of('x'), likeness: 'f'.repeat(16) },
        ...{ burst: burstId, job: jobIdOf(burstId, 9), slotSeconds: 1 },
      },
      NOW,
    );
  }
  const stage = collect({ ledger, artifacts, clock, log: () => undefined }, testSettings());
  const burst = { v: 1, burstId, segment: 1, leaseFence: 1, lookUntil: lease.paidUntil };
  await stage({ state: 'Collect results', burst }, { remainingSeconds: () => 60 });
  return {
    isPutAside: (await readQuarantine(ledger, workerNamed(1))) !== undefined,
    second: (await readTask(ledger, tenant, second))?.status,
  };
}

it('a picture outside the sample is taken by its form', async () => {
  expect(await aSample(undefined)).toEqual({ isPutAside: false, second: 'done' });
});

it('but not beside one of the sample that tells on its worker, though both are read together', async () => {
  expect(await aSample('another')).toEqual({ isPutAside: true, second: 'accepted' });
});
