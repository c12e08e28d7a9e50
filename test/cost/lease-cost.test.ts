import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COST_LINES, type LeaseHistory, leaseCost } from '../../shared/cost/lease-cost.ts';
import { BurstId } from '../../shared/model/ids.ts';
import { type BatchRow, type JobRow, type LeaseRow, TaskRow } from '../../shared/model/rows.ts';
import { aBatch, aJob, aLease, at, BURST } from '../support/burst-rows.ts';

type TaskFields = Partial<(typeof TaskRow)['_zod']['input']>;

const aTask = (taskId: string, more: TaskFields = {}): TaskRow =>
  TaskRow.parse({
    ...{ v: 1, tenant: 'default', taskId, kind: 'nft.generative', bodySha256: 'ab'.repeat(32) },
    ...{ profile: '0123456789ab', batch: '000000001-00000001', status: 'accepted' },
    ...{ acceptedAt: at(-3000), placedAt: at(-3000) },
    ...more,
  });

const done = (taskId: string, job: number, slotSeconds: number, more: TaskFields = {}) =>
  aTask(taskId, {
    ...{ status: 'done', burst: BURST, job: `${BURST}-${job}`, slotSeconds },
    ...{ endedAt: at(-10), verifiedBy: 're-render' },
    ...more,
  });

/** Two slots, an hour paid and lived, 100 s of it until it was ready: a micro-USD per slot second. */
const billed = (more: Partial<LeaseRow> = {}): LeaseRow => ({
  ...aLease({
    ...{ phase: 'settled', paidFrom: at(-3600), readyAt: at(-3500), paidUntil: at(0) },
    ...{ quotedMicroUsd: 7200, billedMicroUsd: 7200, aliveSeconds: 3600 },
  }),
  ...more,
});

/** A job that held its slot for 1000 s and said so. */
const aLongJob = (n: number, more: Partial<JobRow> = {}): JobRow => ({
  ...aJob(n, {
    ...{ submittedAt: at(-1100), answeredAt: at(-100), slotSeconds: 1000, status: 'ended' },
    batches: [{ batchId: '000000001-00000001', batchFence: n }],
  }),
  ...more,
});

const costOf = ({ lease = billed(), batches = [aBatch(1)], ...rest }: Partial<LeaseHistory>) => {
  const cost = leaseCost({ lease, batches, jobs: [], tasks: [], ...rest });
  if (cost === undefined) throw new Error('no bill');
  const used = COST_LINES.flatMap((line) =>
    cost.lines[line] === 0 ? [] : [[line, cost.lines[line]]],
  );
  return { ...cost, used: Object.fromEntries(used) };
};

const first = 'task-1-0';
const second = 'task-1-1';

describe('the cost of a lease', () => {
  it('is unknown while there is no bill', () => {
    const lease = billed({ billedMicroUsd: undefined });
    expect(leaseCost({ lease, jobs: [], batches: [], tasks: [] })).toBeUndefined();
  });

  it('of a second order without work is a hedge', () => {
    const lease = billed({ hedges: BurstId.parse('burst-test-ffffffffffff') });
    expect(costOf({ lease }).used).toEqual({ hedges: 7200 });
  });

  it('of a cluster without work is provisioning and idle time', () => {
    expect(costOf({}).used).toEqual({ provisioning: 200, idle: 7000 });
  });

  it('of a cluster that was never ready is provisioning alone', () => {
    const lease = billed({ readyAt: undefined, workers: [], paidFrom: undefined });
    expect(costOf({ lease }).used).toEqual({ provisioning: 7200 });
  });

  it('counts slots of workers that never came', () => {
    const lease = billed({ workers: aLease().workers.slice(0, 1) });
    expect(costOf({ lease }).used).toEqual({ provisioning: 200, idle: 7000 });
  });

  it('calls idle what of the first hour was paid and not lived', () => {
    const lease = billed({ aliveSeconds: 600 });
    expect(costOf({ lease }).used).toEqual({ provisioning: 200, idle: 7000 });
  });

  it('counts later hours only as far as they were charged', () => {
    const lease = billed({
      ...{ paidUntil: at(3600), quotedMicroUsd: 14_400, billedMicroUsd: 9000 },
      aliveSeconds: 4500,
    });
    expect(costOf({ lease }).used).toEqual({ provisioning: 200, idle: 8800 });
  });

  it('knows to the micro-USD what surplus clusters cost', () => {
    const lease = billed({ billedMicroUsd: 7211, surplusMicroUsd: 11 });
    expect(costOf({ lease }).used).toEqual({ provisioning: 200, idle: 7000, surplus: 11 });
  });

  it('gives work to the tasks whose results it made', () => {
    const tasks = [done(first, 1, 250), done(second, 1, 750)];
    const cost = costOf({ jobs: [aLongJob(1)], tasks });
    expect(cost.used).toEqual({ provisioning: 200, idle: 6000, work: 1000 });
    expect(cost.tasks).toEqual([
      { taskId: first, workMicroUsd: 250, billedMicroUsd: 1800, quotedMicroUsd: 1800 },
      { taskId: second, workMicroUsd: 750, billedMicroUsd: 5400, quotedMicroUsd: 5400 },
    ]);
  });

  it('gives a job that left nothing undone to its results, whatever was recorded with them', () => {
    const tasks = [done(first, 1, 25), done(second, 1, 75)];
    expect(costOf({ jobs: [aLongJob(1)], tasks }).used).toMatchObject({ work: 1000 });
  });

  it('calls the rest of a job a failed attempt', () => {
    const jobs = [aLongJob(1)];
    const tasks = [done(first, 1, 250), aTask(second, { status: 'failed', endedAt: at(-10) })];
    expect(costOf({ jobs, tasks }).used).toMatchObject({ work: 250, 'failed-attempts': 750 });
  });

  it('counts the silence of a lost worker', () => {
    const jobs = [aLongJob(1, { status: 'lost', slotSeconds: 40, lostAt: at(-900) })];
    expect(costOf({ jobs, tasks: [aTask(first)] }).used).toMatchObject({ 'failed-attempts': 200 });
  });

  it('tells cancelled work from failed attempts', () => {
    const tasks = [
      aTask(first, { status: 'cancelled', endedAt: at(-500) }),
      aTask(second, { status: 'failed', endedAt: at(-500) }),
    ];
    expect(costOf({ jobs: [aLongJob(1)], tasks }).used).toMatchObject({
      ...{ cancelled: 500, 'failed-attempts': 500 },
    });
  });

  it('leaves out of a job the tasks that had ended before it', () => {
    const tasks = [
      aTask(first, { status: 'cancelled', endedAt: at(-1101) }),
      aTask(second, { status: 'failed', endedAt: at(-500) }),
    ];
    expect(costOf({ jobs: [aLongJob(1)], tasks }).used).toMatchObject({ 'failed-attempts': 1000 });
  });

  it('tells results that came too late, were wrong, or wait for others', () => {
    const uploaded = new Set([0, 1, 2, 3]);
    const job = aLongJob(1, { uploaded, refusedResults: 2, rejectedResults: 1, votes: 1 });
    const tasks = [aTask(first), aTask(second)];
    expect(costOf({ jobs: [job], tasks }).used).toMatchObject({
      ...{ duplicates: 500, 'failed-attempts': 250, redundancy: 250 },
    });
  });

  it('calls what one of two jobs with the same batches did for nothing a hedge', () => {
    const jobs = [aLongJob(1), aLongJob(2, { reissueOf: aLongJob(1).jobId })];
    const tasks = [done(first, 2, 400), done(second, 2, 600)];
    expect(costOf({ jobs, tasks }).used).toMatchObject({ work: 1000, hedges: 1000 });
  });

  it.each(['redundancy-3', 'structural+redundancy-2'])(
    'takes a voted result for the time of its own worker: %s',
    (verifiedBy) => {
      const job = aLongJob(1, { uploaded: new Set([0, 1]) });
      const tasks = [done(first, 1, 3000, { verifiedBy }), done(second, 1, 500)];
      const { tasks: costs } = costOf({ jobs: [job], tasks });
      expect(costs.map(({ workMicroUsd }) => workMicroUsd)).toEqual([500, 500]);
    },
  );

  it('gives a task the earlier jobs its checkpoints came from, as far as these saved it work', () => {
    const resumed = { sequence: 3, stage: 'third', workSeconds: 1400 };
    const jobs = [1, 2].map((n) => aLongJob(n)).concat(aLongJob(3, { uploaded: new Set([0]) }));
    const batches = [aBatch(1, { tasks: [{ taskId: first, line: 0, unitSeconds: 9 }] })];
    const tasks = [done(first, 3, 1000, { resumed })];
    const cost = costOf({ jobs, batches, tasks });
    expect(cost.used).toMatchObject({ work: 2400, 'failed-attempts': 600 });
    expect(cost.tasks).toMatchObject([{ taskId: first, workMicroUsd: 2400 }]);
  });

  it('believes no worker that claims more time than it was watched for', () => {
    const jobs = [aLongJob(1, { slotSeconds: 1_000_000 })];
    expect(costOf({ jobs, tasks: [done(first, 1, 1_000_000), done(second, 1, 0)] }).used).toEqual({
      ...{ provisioning: 200, idle: 6000, work: 1000 },
    });
  });
});

describe('the cost of any lease', () => {
  const seconds = fc.integer({ min: 0, max: 5000 });
  const count = fc.nat(3);
  const anyJob = fc.record({
    status: fc.constantFrom('submitting', 'running', 'lost', 'ended', 'refused'),
    slotSeconds: fc.double({ min: 0, max: 1e7, noNaN: true }),
    submitted: seconds,
    answered: fc.option(seconds, { nil: undefined }),
    lost: fc.option(seconds, { nil: undefined }),
    uploaded: fc.uniqueArray(fc.nat(3)),
    refusedResults: count,
    rejectedResults: count,
    votes: count,
    batches: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { minLength: 1 }),
  });
  const anyEnd = fc.record({
    status: fc.constantFrom('accepted', 'done', 'failed', 'cancelled'),
    job: fc.integer({ min: 1, max: 9 }),
    slotSeconds: fc.double({ min: 0, max: 1e6, noNaN: true }),
    ended: seconds,
    saved: fc.option(seconds, { nil: undefined }),
  });
  const anyLease = fc.record({
    billed: fc.nat(50_000_000),
    quoted: fc.nat(50_000_000),
    surplus: fc.option(fc.nat(1_000_000), { nil: undefined }),
    alive: seconds,
    ready: fc.option(seconds, { nil: undefined }),
    paidFrom: fc.option(seconds, { nil: undefined }),
  });
  const history = fc.record({
    lease: anyLease,
    jobs: fc.array(anyJob, { maxLength: 8 }),
    ends: fc.array(anyEnd, { minLength: 8, maxLength: 8 }),
  });
  type Given = typeof history extends fc.Arbitrary<infer T> ? T : never;
  const maybe = (secondsAgo: number | undefined) =>
    secondsAgo === undefined ? undefined : at(-secondsAgo);

  const rowsOf = ({ lease, jobs, ends }: Given) => {
    const batches: BatchRow[] = [1, 2, 3, 4].map((n) => aBatch(n));
    return {
      lease: billed({
        billedMicroUsd: lease.billed,
        quotedMicroUsd: lease.quoted,
        surplusMicroUsd: lease.surplus,
        aliveSeconds: lease.alive,
        readyAt: maybe(lease.ready),
        paidFrom: maybe(lease.paidFrom),
      }),
      batches,
      jobs: jobs.map(
        ({ submitted, answered, lost, uploaded, batches: of, status, ...job }, index) =>
          aJob(index + 1, {
            ...{ ...job, uploaded: new Set(uploaded), submittedAt: at(-submitted) },
            ...{ answeredAt: maybe(answered), lostAt: maybe(lost) },
            status: status === 'ended' || status === 'lost' ? status : 'running',
            batches: of.map((n) => ({ batchId: `000000001-0000000${n}`, batchFence: 1 })),
          }),
      ),
      tasks: ends.map(({ job, ended, saved, ...end }, index) =>
        aTask(batches[index >> 1]?.tasks[index % 2]?.taskId ?? '', {
          ...{ ...end, job: `${BURST}-${job}`, burst: BURST },
          ...(end.status === 'accepted' ? {} : { endedAt: at(-ended) }),
          ...(saved === undefined
            ? {}
            : { resumed: { sequence: 1, stage: 'a', workSeconds: saved } }),
        }),
      ),
    };
  };

  it('adds up to its bill, line by line and task by task, to the micro-USD', () => {
    fc.assert(
      fc.property(history, (given) => {
        const rows = rowsOf(given);
        const cost = costOf(rows);
        const sum = (amounts: readonly number[]) => amounts.reduce((total, one) => total + one, 0);
        const lines = Object.values(cost.lines);
        const all = [
          ...lines,
          ...cost.tasks.flatMap(({ workMicroUsd, billedMicroUsd }) => [
            workMicroUsd,
            billedMicroUsd,
          ]),
        ];
        expect(all.every((amount) => Number.isSafeInteger(amount) && amount >= 0)).toBe(true);
        expect(Object.keys(cost.lines).sort()).toEqual([...COST_LINES].sort());
        expect(sum(lines)).toBe(given.lease.billed);
        if (cost.tasks.length === 0) {
          expect(cost.lines.work).toBe(0);
          return;
        }
        expect(sum(cost.tasks.map((task) => task.workMicroUsd))).toBe(cost.lines.work);
        expect(sum(cost.tasks.map((task) => task.billedMicroUsd))).toBe(given.lease.billed);
        expect(sum(cost.tasks.map((task) => task.quotedMicroUsd))).toBe(given.lease.quoted);
      }),
    );
  });
});
