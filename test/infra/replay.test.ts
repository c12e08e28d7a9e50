import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { wireStages } from '../../infra/stages.ts';
import { memoryIds } from '../../shared/memory/memory-ids.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { BurstDocument, StageInput } from '../../shared/model/burst.ts';
import { LeaseRow, MoneyRow } from '../../shared/model/rows.ts';
import { type Instant, plusSeconds } from '../../shared/model/time.ts';
import type { Clusters, Ledger, Ports, Row, Value } from '../../shared/ports.ts';
import { aVirtualWorld, sendTasks, testSettings } from '../support/virtual-bursts.ts';
import { fromJson, kindOf, Recording, SCHEMAS, toJson } from './recorded.ts';

/**
 * An upgrade under running bursts: executions that began before it go on with their old functions, beside the new
 * intake, sweep and reap. What either side wrote, the other must read, for every release that was recorded.
 */
const FOLDER = new URL('recordings/', import.meta.url);
const recordings = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.json'))
  .map((file) => Recording.parse(JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'))));

const settings = testSettings();
const invocation = { remainingSeconds: () => 60 };

async function ledgerWith(rows: readonly Row[]): Promise<Ledger & { rows(): Row[] }> {
  const ledger = memoryLedger({ staleIndex: false });
  for (const { pk, sk, ...fields } of rows) {
    const key = { pk: String(pk), sk: String(sk) };
    const set = Object.entries(fields).map(([name, value]) => [name, value as Value] as const);
    await ledger.write({ key, when: [], set });
  }
  return ledger;
}

const unannounced = (what: string) => (): never => {
  throw new Error(`nobody announced a call of ${what}`);
};

/** A provider that ends what it is told to end, and whose list shows the burst's cluster until then. */
function endingProvider(lease: LeaseRow): Clusters & { readonly destroyed: string[] } {
  const destroyed: string[] = [];
  const clusterId = lease.clusterId;
  if (clusterId === undefined) throw new Error('the recorded lease has no cluster');
  const alive = () =>
    destroyed.length > 0 ? [] : [{ clusterId, name: lease.burstId, phase: 'RUNNING' as const }];
  return {
    destroyed,
    offers: unannounced('offers'),
    quote: unannounced('quote'),
    create: unannounced('create'),
    extend: unannounced('extend'),
    logs: unannounced('logs'),
    get: async () => undefined,
    findByName: async () => alive(),
    list: async () => alive(),
    destroy: async (id) => void destroyed.push(id),
  };
}

async function worldOf(recording: Recording) {
  const ledger = await ledgerWith(recording.rows.map(fromJson));
  const leaseRow = ledger.rows().find((row) => kindOf(row) === 'lease');
  const lease = LeaseRow.parse(leaseRow);
  const clusters = endingProvider(lease);
  const started: { name: string; input: unknown }[] = [];
  let now: Instant = plusSeconds(lease.nextLookBy, -1);
  const ports: Ports = {
    clock: { now: () => now },
    ids: memoryIds(1, { now: () => now }),
    log: () => undefined,
    ledger,
    artifacts: {
      get: unannounced('artifacts.get'),
      put: unannounced('artifacts.put'),
      remove: unannounced('artifacts.remove'),
      removeAll: unannounced('artifacts.removeAll'),
      size: unannounced('artifacts.size'),
      readUrl: unannounced('artifacts.readUrl'),
      writeUrl: unannounced('artifacts.writeUrl'),
    },
    bursts: {
      start: async (name, input) => {
        started.push({ name, input });
        return 'started';
      },
    },
    clusters,
    jobs: {
      health: unannounced('jobs.health'),
      submit: unannounced('jobs.submit'),
      get: unannounced('jobs.get'),
      cancel: unannounced('jobs.cancel'),
      drain: async () => ({ kind: 'answered', value: undefined }),
    },
  };
  const stages = wireStages(ports, settings);
  const leaseNow = async () =>
    LeaseRow.parse(await ledger.read({ pk: `L#${lease.burstId}`, sk: '#' }));
  return {
    ...{ lease, leaseNow, ledger, clusters, started, stages },
    later: (seconds: number) => {
      now = plusSeconds(now, seconds);
    },
    /** Asks a function what a recorded execution would ask it in this state. */
    async ask(stage: 'plan' | 'teardown', state: string, more: object = {}) {
      const { burst } = documentOf(recording, 'Check jobs');
      return BurstDocument.parse(
        await stages[stage]({ state, burst: { ...burst, ...more } }, invocation),
      );
    },
  };
}

const documentOf = (recording: Recording, state: string) => {
  const found = recording.documents
    .map((one) => StageInput.parse(one))
    .find((one) => one.state === state);
  if (found === undefined) throw new Error(`the recording has no document of ${state}`);
  return found;
};

describe.each(recordings)('what release $of wrote', (recording) => {
  it('is read: every row and every document', () => {
    const unread = recording.rows
      .map((row) => fromJson(row))
      .filter((row) => !SCHEMAS[kindOf(row)].safeParse(row).success);
    expect(unread).toEqual([]);
    expect(recording.documents.filter((one) => !StageInput.safeParse(one).success)).toEqual([]);
    expect(recording.documents.length).toBeGreaterThan(10);
  });

  it('is taken up where it stands', async () => {
    const { ask } = await worldOf(recording);
    expect(await ask('plan', 'Take up the lease')).toMatchObject({ next: 'run' });
  });

  it('is handed over to a segment of the current release', async () => {
    const { ask, started, lease } = await worldOf(recording);
    expect(await ask('plan', 'Hand over')).toMatchObject({ next: 'handed-over' });
    expect(started).toMatchObject([
      { name: `${lease.burstId}-2`, input: { segment: 2, leaseFence: 2 } },
    ]);
  });

  it('is taken over by the sweep once it falls silent', async () => {
    const { stages, later, started, lease, leaseNow } = await worldOf(recording);
    const taken = () => started.find(({ name }) => name === `${lease.burstId}-2`);
    for (let pass = 0; pass < 4 && taken() === undefined; pass += 1) {
      later(settings.looks.graceSeconds + 60);
      await stages.sweep({}, invocation);
    }
    expect(taken()?.input).toMatchObject({ segment: 2, leaseFence: 2 });
    expect(await leaseNow()).toMatchObject({ segment: 2, takeOvers: 1 });
  });

  it('is owned in the eyes of reap', async () => {
    const { stages } = await worldOf(recording);
    expect(await stages.reap({}, invocation)).toEqual({ listed: 1, unowned: 0, destroyed: 0 });
  });

  it('is brought to its end: closed, torn down, confirmed, settled', async () => {
    const { ask, later, leaseNow, ledger, clusters, lease } = await worldOf(recording);
    const failure = { Error: 'ClusterGone', Cause: 'told so by a test' };
    expect(await ask('plan', 'Close burst', { failure })).toMatchObject({ next: 'tear-down' });
    expect(await ask('teardown', 'Tear down cluster')).toMatchObject({ next: 'confirm' });
    let next = 'confirm';
    for (let look = 0; look < 10 && next === 'confirm'; look += 1) {
      later(60);
      next = (await ask('teardown', 'Confirm teardown')).next ?? '';
    }
    expect(next).toBe('settle');
    expect(await ask('teardown', 'Settle')).toMatchObject({ next: 'failed' });
    expect(await leaseNow()).toMatchObject({ phase: 'settled' });
    expect(clusters.destroyed).toEqual([lease.clusterId]);
    const money = ledger.rows().filter((row) => kindOf(row) === 'money');
    expect(money.map((row) => MoneyRow.parse(row).holds)).toEqual([{}, {}, {}]);
  });
});

describe('what this release writes', () => {
  const written: Row[] = [];
  const documents: unknown[] = [];

  beforeAll(async () => {
    const world = aVirtualWorld({
      taskSeconds: () => 600,
      settings: { clusters: { maxWorkers: 1, maxBursts: 1 }, batches: { maxTasks: 2 } },
      onInvoke: (_stage, input) => {
        if (StageInput.safeParse(input).success) documents.push(input);
      },
    });
    await sendTasks(world, 4, { estimatedSeconds: 600 });
    await world.queue.send([{ id: '1', body: '{"taskId":"refused"}' }]);
    const bought = () => world.market.all().length > 0;
    await world.run({ forSeconds: 3600, done: bought });
    written.push(...world.ledger.rows());
    await world.run({ forSeconds: 1500 });
    written.push(...world.ledger.rows());
    await world.run({ forSeconds: 8 * 3600 });
    written.push(...world.ledger.rows());
  });

  it.each(recordings)('is read by the functions of release $of', ({ schemas }) => {
    const olderSchema = Object.fromEntries(
      Object.entries(schemas).map(([kind, schema]) => [kind, z.fromJSONSchema(schema)]),
    );
    const seen = new Set<string>();
    const unread = written.flatMap((row) => {
      const kind = kindOf(row);
      seen.add(kind);
      const problems = olderSchema[kind]?.safeParse(toJson(row)).error;
      return problems === undefined ? [] : [`${row.pk} ${row.sk}: ${problems.message}`];
    });
    expect(unread).toEqual([]);
    expect([...seen].toSorted()).toEqual(
      [
        'task',
        'rejection',
        'profile',
        'batch',
        'lease',
        'job',
        'money',
        'knowledge',
        'provider',
      ].toSorted(),
    );
    const refused = documents.filter(
      (one) => !olderSchema.document?.safeParse(toJson(one)).success,
    );
    expect(refused).toEqual([]);
    expect(documents.length).toBeGreaterThan(20);
  });

  it.each(recordings)(
    'would be refused by release $of with a phase it has no word for',
    ({ schemas }) => {
      const lease = written.find((row) => kindOf(row) === 'lease');
      const older = z.fromJSONSchema({ ...schemas.lease });
      expect(older.safeParse(toJson({ ...lease, phase: 'paused' })).success).toBe(false);
      expect(older.safeParse(toJson({ ...lease, aNewField: 1 })).success).toBe(true);
    },
  );
});
