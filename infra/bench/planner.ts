import { performance } from 'node:perf_hooks';
import type { Command } from 'commander';
import { backlogOf } from '../../shared/bursts/open.ts';
import { BatchId, ClusterId, WorkerId } from '../../shared/model/ids.ts';
import { BatchRow, JobRow, LeaseRow } from '../../shared/model/rows.ts';
import { Settings } from '../../shared/model/settings.ts';
import { Instant, plusSeconds } from '../../shared/model/time.ts';
import { decideOpening } from '../../shared/plan/opening.ts';
import { assign } from '../../shared/run/assignment.ts';
import { openSeconds } from '../../shared/run/lanes.ts';
import { UNCAPPED } from './bench-settings.ts';
import { quantile } from './measures.ts';
import { randomFrom } from '../../shared/memory/memory-ids.ts';
import { deliver, JSON_OPTION, type ReportOptions, type Streams, wholeFrom } from './report.ts';
import { tableLines } from './table.ts';

/** Time of the planner's decisions over a backlog, milliseconds, median. */
export interface PlannerRow {
  readonly batches: number;
  /** One look at every batch: what is left of it. */
  readonly scanMs: number;
  /** One sort of them by age, as they come: in order. */
  readonly sortMs: number;
  readonly assignMs: number;
  readonly openMs: number;
  /** Both decisions over scan and sort. */
  readonly ratio: number;
}

const NOW = Instant.parse('2026-01-01T12:00:00.000Z');
const WORKERS = 8;
const SLOTS = 8;
const TASKS_PER_BATCH = 10;
const KEYS = 20;

/** A ready cluster of 64 slots, half of them busy, and a backlog. */
export function backlog(count: number) {
  const random = randomFrom(count);
  const settings = Settings.parse(UNCAPPED);
  const at = (seconds: number) => plusSeconds(NOW, seconds);
  const worker = (n: number) => WorkerId.parse(`c-1-w${(n % WORKERS) + 1}`);
  const [profile, burstId, sha] = ['0123456789ab', 'burst-bench-0123456789ab', 'ab'.repeat(32)];
  const one = BatchRow.parse({
    ...{ v: 1, tenant: 'default', profile, batchId: '000000001-00000000', kind: 'bench' },
    ...{ affinityKey: 'a', bodiesKey: 't/default/bodies/x', tasks: [], slotSeconds: 0 },
    ...{ status: 'open', openedAt: at(-600), batchFence: 0, attempts: 0 },
  });
  const [task] = BatchRow.shape.tasks.parse([{ taskId: 'task', line: 0, unitSeconds: 1 }]);
  if (task === undefined) throw new Error('no task was read');
  const batches = Array.from(
    { length: count },
    (_, n): BatchRow => ({
      ...one,
      batchId: BatchId.parse(`000000001-${String(n).padStart(8, '0')}`),
      affinityKey: `model ${Math.floor(random() * KEYS)}`,
      tasks: Array.from({ length: TASKS_PER_BATCH }, (_, line) => ({
        ...task,
        line,
        unitSeconds: 1 + random() * 20,
      })),
      settled: new Set<number>(),
    }),
  );
  const jobs = Array.from({ length: (WORKERS * SLOTS) / 2 }, (_, n) => {
    const batch = batches[n];
    if (batch !== undefined) batches[n] = { ...batch, status: 'claimed' };
    return JobRow.parse({
      ...{ v: 1, burstId, n: n + 1, jobId: `${burstId}-${n + 1}`, worker: worker(n), tasks: TASKS_PER_BATCH },
      batches: batch === undefined ? [] : [{ batchId: batch.batchId, batchFence: 1 }],
      ...{ manifestKey: 't/default/manifests/x', manifestSha256: sha, submittedAt: at(-60) },
      ...{ deadlineAt: at(1740), status: 'running', reported: 'running', started: true },
    });
  });
  const lease = LeaseRow.parse({
    ...{ v: 1, burstId, tenant: 'default', profile, phase: 'ready', wantedSlots: 64 },
    requirement: {
      ...{ tenant: 'default', image: `registry.test/worker@sha256:${sha}`, gpuUsed: true },
      need: { gpus: 1, vramGb: 24 },
    },
    ...{ createdAt: at(-1800), segment: 1, leaseFence: 1, heardSegment: 1, nextLookBy: at(240) },
    ...{ clusterId: ClusterId.parse('c-1'), readyAt: at(-1200), terms: 1, paidUntil: at(2400) },
    workers: Array.from({ length: WORKERS }, (_, n) => ({
      ...{ workerId: worker(n), url: `virtual://${n}`, slots: SLOTS },
    })),
  });
  return { settings, batches, jobs, lease };
}

/** Floor and planner by turns in one process, over the same arrays. */
export function benchPlanner(count: number, rounds: number): PlannerRow {
  const { settings, batches, jobs, lease } = backlog(count);
  const quarantined = new Set<WorkerId>();
  const times: Record<Part, number[]> = { scan: [], sort: [], assign: [], open: [] };
  const parts: Record<Part, () => unknown> = {
    scan: () => batches.reduce((sum, batch) => sum + openSeconds(batch), 0),
    sort: () => batches.toSorted((a, b) => (a.batchId < b.batchId ? -1 : 1)),
    assign: () => assign(lease, jobs, batches, quarantined, settings, NOW),
    open: () => {
      const work = backlogOf(batches, lease.requirement, NOW);
      return decideOpening({ bursts: [] }, work, settings, NOW);
    },
  };
  for (let round = -WARM_UP; round < rounds; round += 1) {
    for (const part of PARTS) {
      const begun = performance.now();
      parts[part]();
      if (round >= 0) times[part].push(performance.now() - begun);
    }
  }
  const median = (part: Part) =>
    quantile(
      times[part].sort((a, b) => a - b),
      0.5,
    );
  const [scanMs, sortMs] = [median('scan'), median('sort')];
  const [assignMs, openMs] = [median('assign'), median('open')];
  const ratio = (assignMs + openMs) / (scanMs + sortMs);
  return { batches: count, scanMs, sortMs, assignMs, openMs, ratio };
}

const PARTS = ['scan', 'assign', 'sort', 'open'] as const;
type Part = (typeof PARTS)[number];
const WARM_UP = 3;

export function addPlanner(program: Command, streams: Streams): void {
  program
    .command('planner')
    .description('Time of the decisions over many open batches, against a scan and a sort of them.')
    .option('--rounds <count>', 'rounds of which the median counts', wholeFrom(1, 1000), 15)
    .option(...JSON_OPTION)
    .action(({ rounds, ...options }: ReportOptions & { readonly rounds: number }) => {
      const rows = [1000, 10_000, 100_000].map((count) => benchPlanner(count, rounds));
      const ms = (value: number) => value.toFixed(2);
      const table = tableLines(
        ['open batches', 'scan ms', 'sort ms', 'assign ms', 'open ms', 'planner / floor'],
        rows.map((row) => [
          ...[
            String(row.batches),
            ms(row.scanMs),
            ms(row.sortMs),
            ms(row.assignMs),
            ms(row.openMs),
          ],
          row.ratio.toFixed(2),
        ]),
      );
      const lines = [
        `${WORKERS * SLOTS} slots, half of them busy, ${TASKS_PER_BATCH} tasks a batch, ${KEYS} models; medians of ${rounds} rounds by turns in one process`,
        'floor: one scan of what is left of every batch and one sort by age (they come in order), over the same rows',
        '',
        ...table,
      ];
      deliver({ lines, json: { bench: 'planner', rounds, rows } }, options, streams);
    });
}
