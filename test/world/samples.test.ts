import { describe, expect, it } from 'vitest';
import { differenceHash } from '../../shared/kinds/diffusion/picture-hash.ts';
import { DiffusionSpec } from '../../shared/kinds/diffusion/spec.ts';
import { decodePng } from '../../shared/kinds/nft/png-decode.ts';
import { readQuarantine } from '../../shared/ledger/provider.ts';
import { TaskId, Tenant, WorkerId } from '../../shared/model/ids.ts';
import { isDrawn } from '../../shared/run/sample.ts';
import { aDiffusionSpec, diffusionSpec, drawn, MODEL, picture } from '../kinds/diffusion/make.ts';
import {
  aVirtualWorld,
  jobsOfWorld,
  runUntilOver,
  tasksOf,
  testSettings,
} from '../support/virtual-bursts.ts';

const IMAGE = `registry.test/diffusion@sha256:${'cd'.repeat(32)}`;
const SHARE = 0.4;

/** A world of diffusion workers. Each adds noise of its own, as other GPUs do; the liar draws something else. */
function aWorld(liar?: string) {
  const world = aVirtualWorld({
    settings: {
      images: { 'nft.diffusion': IMAGE },
      abilities: { diffusion: { models: [{ sha256: MODEL, vramGb: 12 }] } },
      batches: { maxTasks: 4 },
      clusters: { secondsPerSlot: 10, maxWorkers: 3 },
    },
    produce: ({ spec }, _resume, worker) => {
      const parsed = DiffusionSpec.parse(spec);
      const word = worker === liar ? 'whatever is cheap' : parsed.prompt;
      return { files: drawn(parsed, word, worker) };
    },
  });
  return world;
}

async function send({ queue }: ReturnType<typeof aWorld>, count: number): Promise<void> {
  for (let n = 1; n <= count; n += 1) {
    const verification = { policy: 'sample' as const, share: SHARE };
    const body = {
      taskId: `picture-${n}`,
      kind: 'nft.diffusion',
      spec: diffusionSpec({ prompt: `prompt ${n}`, verification }),
      resources: { vramGb: 24 },
      estimatedSeconds: 10,
    };
    await queue.send([{ id: '1', body: JSON.stringify(body) }]);
  }
}

const isOfTheSample = (taskId: TaskId) =>
  isDrawn(testSettings().workerSecret, Tenant.parse('default'), taskId, SHARE);

describe('pictures of which a share is made twice', () => {
  it('are looked at alone, and those of the secret sample agreed on by two workers', async () => {
    const world = aWorld();
    await send(world, 12);
    await runUntilOver(world, { tasks: 12 });
    const ways = new Set(tasksOf(world).map(({ verifiedBy }) => verifiedBy));
    expect(ways).toEqual(new Set(['structural', 'structural+redundancy-2']));
    for (const { taskId, verifiedBy, status } of tasksOf(world)) {
      const way = isOfTheSample(taskId) ? 'structural+redundancy-2' : 'structural';
      expect([status, verifiedBy]).toEqual(['done', way]);
    }
    expect(jobsOfWorld(world).flatMap(({ rejectedResults }) => rejectedResults)).not.toContain(1);
  });

  it('convict a worker that draws something else: it gets no more work, and nothing of it is taken alone', async () => {
    const world = aWorld('c-1-w2');
    await send(world, 12);
    await runUntilOver(world, { tasks: 12 });
    const tasks = tasksOf(world);
    expect(tasks.map(({ status }) => status)).toEqual(Array(12).fill('done'));
    expect(await readQuarantine(world.ledger, WorkerId.parse('c-1-w2'))).toBeDefined();
    for (const { taskId, files = [] } of tasks.filter((one) => isOfTheSample(one.taskId))) {
      const kept = await world.artifacts.get(files[0]?.key ?? '', { maxBytes: 100_000 });
      const { size } = aDiffusionSpec();
      const read = decodePng(kept.found ? kept.object.bytes : new Uint8Array(), {
        ...size,
        maxBytes: 100_000,
      });
      const right = differenceHash(picture(size, `prompt ${taskId.split('-')[1]}`));
      const bits = read.ok ? BigInt(`0x${differenceHash(read.image)}`) ^ BigInt(`0x${right}`) : -1n;
      expect(bits.toString(2).replaceAll('0', '').length).toBeLessThanOrEqual(10);
    }
  });
});

it('the draw hangs on the secret, the tenant and the task, and takes about its share', () => {
  const tenant = Tenant.parse('default');
  const ids = Array.from({ length: 2000 }, (_, n) => TaskId.parse(`t-${n}`));
  const drawnWith = (secret: string, share: number) =>
    ids.filter((id) => isDrawn(secret, tenant, id, share));
  const tenth = drawnWith('one secret', 0.1);
  expect(tenth.length).toBeGreaterThan(140);
  expect(tenth.length).toBeLessThan(260);
  expect(drawnWith('one secret', 0.1)).toEqual(tenth);
  expect(drawnWith('another secret', 0.1)).not.toEqual(tenth);
  expect(drawnWith('one secret', 0.2)).toEqual(expect.arrayContaining(tenth));
});
