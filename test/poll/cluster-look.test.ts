import { describe, expect, it } from 'vitest';
import type { WorkerHealth } from '../../shared/model/job.ts';
import {
  type HealthOfWorker,
  judgeCluster,
  readyWorkers,
  workersOnOtherHardware,
} from '../../shared/poll/cluster-look.ts';
import type { ClusterView } from '../../shared/ports.ts';
import { aLease, at, aView, NOW, workerNamed } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();

const healthy = (more: Partial<WorkerHealth> = {}): WorkerHealth => ({
  contract: 1,
  status: 'ready',
  slots: 1,
  gpus: [{ model: 'NVIDIA GeForce RTX 4090', vramMb: 24_564 }],
  gpuUsed: true,
  ...more,
});
const says = (n: number, more: Partial<WorkerHealth> = {}): HealthOfWorker => ({
  workerId: workerNamed(n),
  url: `virtual://${n}`,
  answer: { kind: 'answered', value: healthy(more) },
});
const silent = (n: number): HealthOfWorker => ({
  workerId: workerNamed(n),
  url: `virtual://${n}`,
  answer: { kind: 'silent', why: 'no answer in time' },
});

const OFFERED = { workers: 4 };
const lease = (more: Parameters<typeof aLease>[0] = {}) => {
  const base = aLease();
  const offer = base.offer === undefined ? undefined : { ...base.offer, ...OFFERED };
  return aLease({ phase: 'provisioning', workers: [], offer, ...more });
};
const judged = (
  view: ClusterView | undefined,
  health: HealthOfWorker[],
  more: Parameters<typeof aLease>[0] = {},
) => judgeCluster(lease(more), view, health, settings, NOW);

describe('the quorum', () => {
  it.each([
    ['one of four workers', [says(1)], 'wait'],
    ['two of four, the quorum', [says(1), says(2)], 'run'],
    ['three of four', [says(1), says(2), says(3)], 'run'],
    ['two of which one only drains', [says(1), says(2, { status: 'draining' })], 'wait'],
    ['one, the other silent', [says(1), silent(2)], 'wait'],
  ])('%s', (_who, health, next) => {
    expect(judged(aView(), health).next).toBe(next);
  });

  it.each([
    [2, 'wait'],
    [3, 'run'],
  ])('is as many workers as must agree, where that is more: %i of three', (count, next) => {
    const requirement = { ...aLease().requirement, minWorkers: 3 };
    const health = [says(1), says(2), says(3)].slice(0, count);
    expect(judged(aView(), health, { requirement }).next).toBe(next);
  });

  it('that is reached counts even at the deadline', () => {
    expect(judged(aView(), [says(1), says(2)], { readyBy: NOW }).next).toBe('run');
  });

  it.each([
    [1, 'wait'],
    [0, 'close'],
    [-1, 'close'],
  ])('that is missed closes the burst at the deadline: in %i s', (seconds, next) => {
    expect(judged(aView(), [says(1)], { readyBy: at(seconds) }).next).toBe(next);
  });

  it('counts slots by our own arithmetic, never more than the worker has', () => {
    expect(readyWorkers(lease(), [says(1, { slots: 8 })])).toMatchObject([{ slots: 1 }]);
  });
});

describe('a cluster the provider does not know', () => {
  const { goneSeconds } = settings.looks;
  it.each([
    ['for the first time', undefined, 'wait'],
    ['for a second less than it takes', at(1 - goneSeconds), 'wait'],
    ['long enough', at(-goneSeconds), 'close'],
  ])('is given up only after a while: %s', (_long, goneSince, next) => {
    expect(judged(undefined, [], { goneSince }).next).toBe(next);
  });
});

describe('what the provider calls a cluster', () => {
  it.each([
    ['PROVISIONING', 'wait'],
    ['UNKNOWN', 'wait'],
    ['RUNNING', 'wait'],
    ['FAILED', 'close'],
    ['EXPIRED', 'close'],
    ['DELETING', 'close'],
    ['DELETED', 'close'],
  ] as const)('%s: %s', (phase, next) => {
    expect(judged(aView({ phase }), []).next).toBe(next);
  });
});

describe('other hardware than was paid for', () => {
  it.each<[string, Partial<ClusterView>, Partial<WorkerHealth>]>([
    ['another model by the provider', { gpuModel: 'GeForce RTX 3090' }, {}],
    ['a model nobody knows', { gpuModel: 'Radeon' }, {}],
    ['another number of GPUs', { gpusPerWorker: 2 }, {}],
    ['another model seen by a worker', {}, { gpus: [{ model: 'T4', vramMb: 1 }] }],
    ['no GPU seen by a worker', {}, { gpus: [] }],
    ['a laptop chip seen', {}, { gpus: [{ model: 'RTX 4090 Laptop GPU', vramMb: 24_564 }] }],
    ['less memory seen', {}, { gpus: [{ model: 'NVIDIA GeForce RTX 4090', vramMb: 20_475 }] }],
    [
      'a part of a card seen',
      {},
      { gpus: [{ model: 'NVIDIA GeForce RTX 4090', vramMb: 24_564, mig: true }] },
    ],
    ['no memory seen', {}, { gpus: [{ model: 'NVIDIA GeForce RTX 4090', vramMb: 0 }] }],
  ])('closes the burst: %s', (_what, view, health) => {
    const verdict = judged(aView(view), [says(1), says(2, health), says(3)]);
    expect(verdict).toMatchObject({ next: 'close' });
    expect(verdict.next === 'close' && verdict.reason).toMatch(/^other hardware: /);
    expect(verdict).toHaveProperty('otherHardware.paid', '4 x 1 RTX 4090');
  });

  it('is told with how the worker knows', () => {
    const verdict = judged(aView(), [
      says(1, { gpus: [], gpusFrom: 'none: nvidia-smi failed (9)' }),
    ]);
    expect(verdict).toMatchObject({
      otherHardware: {
        delivered: 'a worker sees 0 GPUs instead of 1 (none: nvidia-smi failed (9))',
      },
    });
  });

  it.each([
    ['H100 SXM', 'H100 80GB HBM3', 'NVIDIA H100 80GB HBM3', 'run'],
    ['H100 SXM', 'H100 80GB HBM3', 'NVIDIA H100 PCIe', 'close'],
    ['H100', 'H100', 'NVIDIA H100 80GB HBM3', 'run'],
    ['H100', 'H100', 'NVIDIA H100 PCIe', 'run'],
    ['H100', 'H100', 'NVIDIA H100 NVL', 'close'],
    ['H100 SXM', 'H100', 'NVIDIA H100 80GB HBM3', 'close'],
    ['A100 80GB', 'A100 80GB', 'NVIDIA A100-SXM4-80GB', 'run'],
    ['A100 80GB', 'A100 80GB', 'NVIDIA A100-SXM4-40GB', 'close'],
  ])(
    'is judged by form where a form was bought: %s, named %s, seen %s',
    (gpuModel, named, seen, next) => {
      const { offer } = lease();
      const bought = offer === undefined ? undefined : { ...offer, gpuModel };
      const gpus = [{ model: seen, vramMb: 81_559 }];
      const health = [says(1, { gpus }), says(2, { gpus })];
      expect(judged(aView({ gpuModel: named }), health, { offer: bought }).next).toBe(next);
    },
  );

  it('is not seen where a CPU executor’s container shows no GPU', () => {
    const requirement = { ...aLease().requirement, gpuUsed: false };
    const none = { gpus: [] };
    expect(judged(aView(), [says(1, none), says(2, none)], { requirement }).next).toBe('run');
  });

  it('keeps a late worker out', () => {
    const late = [says(3), says(4, { gpus: [{ model: 'T4', vramMb: 1 }] })];
    expect(readyWorkers(aLease(), late).map(({ workerId }) => workerId)).toEqual([workerNamed(3)]);
    expect(workersOnOtherHardware(aLease(), late)).toEqual([
      { workerId: workerNamed(4), delivered: 'a worker sees T4 instead of RTX 4090' },
    ]);
  });

  it.each([
    [{}, '1 x NVIDIA GeForce RTX 4090, 24564 MiB'],
    [
      {
        gpus: [
          {
            model: 'NVIDIA GeForce RTX 4090',
            vramMb: 24_564,
            driver: '550.54.15',
            utilizationPercent: 3,
          },
        ],
        gpusFrom: 'nvidia-smi',
      },
      '1 x NVIDIA GeForce RTX 4090, 24564 MiB, driver 550.54.15, 3 % busy (nvidia-smi)',
    ],
  ])('is written down for a worker that is admitted: %j', (health, hardware) => {
    expect(readyWorkers(lease(), [says(1, health)])).toMatchObject([{ hardware }]);
  });
});
