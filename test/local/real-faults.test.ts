import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { GetExecutionHistoryCommand, ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { createObserver, type Observer, type SeenBurst } from '../../infra/local/demo/observer.ts';
import { type LocalWorld, startLocalWorld } from '../../infra/local/world.ts';
import { dynamoDbClient, sfnClient } from '../../shared/aws/clients.ts';
import { dynamoDbLedger } from '../../shared/aws/dynamodb-ledger.ts';
import { createBurstClient, type TaskState } from '../../shared/client/index.ts';
import type { JobRow } from '../../shared/model/rows.ts';
import type { Task } from '../../shared/model/task.ts';
import { systemClock, systemIds } from '../../shared/system.ts';

/** A paid hour in 24 seconds. */
const SPEED = 150;

/** Between two looks at what runs, milliseconds. */
const LOOK_MS = 50;

/** What takes longer than this never comes. */
const LONGEST_MS = 90_000;

/** States in the middle of which the Lambda host may be killed. */
const LOOKS: readonly string[] = ['Run jobs', 'Check jobs', 'Collect results'];

const collection = { name: 'Tried', seed: 'real faults', supply: 8, size: 512 };

/** Two needs, so two clusters: pictures on one, long proofs on the other, two workers each. */
const TASKS: readonly Task[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((tokenId) => ({
    taskId: `tried-${tokenId}`,
    kind: 'nft.generative',
    spec: { collection, tokenId },
    resources: { vramGb: 24 },
  })),
  ...[1, 2].map((n) => ({
    taskId: `delay-${n}`,
    kind: 'vdf.wesolowski',
    spec: { seed: `real faults ${n}`, squarings: 240_000, stages: 12 },
    resources: { vramGb: 48 },
  })),
];

/** What the provider does to the first calls of each operation. */
const PROVIDER_FAULTS = [
  { operation: 'deploy', kind: 'answer', status: 429, body: { detail: 'slow down' } },
  { operation: 'deploy', kind: 'lose-reply' },
  { operation: 'availability', kind: 'answer', status: 502, body: '<html>Bad gateway</html>' },
  { operation: 'price', kind: 'answer', status: 500, body: { detail: 'oops' } },
  { operation: 'list', kind: 'answer', status: 500, body: { detail: 'oops' }, times: 2 },
  { operation: 'look', kind: 'lose-request' },
  { operation: 'look', kind: 'delay', seconds: 3 * SPEED },
  {
    operation: 'containers',
    kind: 'answer',
    status: 429,
    body: {},
    headers: { 'retry-after': '1' },
  },
  { operation: 'destroy', kind: 'lose-reply' },
];

const Deployments = z.array(
  z.object({ status: z.string(), chargedMicroUsd: z.int(), containers: z.array(z.unknown()) }),
);

describe('a burst in a world of processes where everything goes wrong once', () => {
  const outDir = mkdtempSync(join(tmpdir(), 'burst-'));
  const struck: string[] = [];
  let world: LocalWorld;
  let client: ReturnType<typeof createBurstClient>;
  let observer: Observer;
  let states: readonly TaskState[];
  let bursts: readonly SeenBurst[];
  let failures: readonly string[];
  let deployments: z.infer<typeof Deployments>;
  let heldMicroUsd: number;
  /** Set once every task has come to its end: there is nothing left to harm. */
  let isOver = false;
  const closing: (() => void)[] = [];

  const control = (path: string, body?: unknown) =>
    fetch(`${world.controlUrl}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });

  /** Looks until there is what is looked for, or what ends the search. */
  async function until<Found>(
    what: string,
    find: () => Promise<Found | undefined>,
    isInVain = () => false,
  ): Promise<Found> {
    const started = performance.now();
    for (;;) {
      const inVain = isInVain();
      const found = await find();
      if (found !== undefined) return found;
      if (inVain || performance.now() - started > LONGEST_MS) {
        throw new Error(`there never was ${what}`);
      }
      await pause(LOOK_MS);
    }
  }

  const whileAtWork = <Found>(what: string, find: () => Promise<Found | undefined>) =>
    until(what, find, () => isOver);

  const runningJob = (vramGb: number, isReady: (job: JobRow) => boolean) => async () => {
    const seen = (await observer.bursts()).find(
      ({ lease }) => lease.requirement.need.vramGb === vramGb && lease.workers.length === 2,
    );
    return seen?.jobs.find((job) => job.status === 'running' && isReady(job));
  };

  /** A worker dies in a proof that has left a checkpoint. */
  async function killProver() {
    const job = await whileAtWork(
      'a proof with a checkpoint',
      runningJob(48, ({ checkpointsSeen }) => checkpointsSeen.length > 0),
    );
    if ((await control(`/workers/${job.worker}/kill`)).ok) struck.push('killed');
  }

  /**
   * A worker is frozen in its pictures, and thawed once it has been given up. One that had just drawn its last
   * when it was frozen is thawed at once: another is tried.
   */
  async function freezeDrawer() {
    const tried = new Set<string>();
    for (;;) {
      const drawing = await whileAtWork(
        'a job that draws',
        runningJob(24, ({ jobId }) => !tried.has(jobId)),
      );
      tried.add(drawing.jobId);
      if (!(await control(`/workers/${drawing.worker}/stop`)).ok) continue;
      const { status } = await until('an end of a frozen job', async () => {
        const jobs = (await observer.bursts()).flatMap((burst) => burst.jobs);
        return jobs.find(
          (job) => job.jobId === drawing.jobId && !['submitting', 'running'].includes(job.status),
        );
      });
      const thawed = await control(`/workers/${drawing.worker}/cont`);
      if (status !== 'lost') continue;
      struck.push('frozen');
      if (thawed.ok) struck.push('thawed');
      return;
    }
  }

  /** The Lambda host dies while a function runs: its state was entered, its task has begun and not ended. */
  async function killHostAtWork(stateMachineArn: string, sfn: ReturnType<typeof sfnClient>) {
    await whileAtWork('a look at jobs under way', async () => {
      const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
      for (const { executionArn } of executions) {
        const { events = [] } = await sfn.send(
          new GetExecutionHistoryCommand({ executionArn, reverseOrder: true, maxResults: 3 }),
        );
        const entered = events.find(({ type }) => type === 'TaskStateEntered');
        const name = entered?.stateEnteredEventDetails?.name;
        if (events[0]?.type !== 'TaskStarted' || !LOOKS.includes(name ?? '')) continue;
        process.kill(world.pids.lambdaHost, 'SIGKILL');
        struck.push('host');
        return true;
      }
      return undefined;
    });
  }

  beforeAll(async () => {
    world = await startLocalWorld({
      speed: SPEED,
      logFile: join(outDir, 'world.log'),
      settings: {
        clusters: { secondsPerSlot: 30, maxWorkers: 2, maxBursts: 1 },
        limits: {
          functionSeconds: 30 * SPEED,
          // A delayed answer is given up after two real seconds.
          providerSeconds: 2 * SPEED,
          verifyPerLook: 4,
        },
      },
    });
    const { region, url: endpoint, tableName, bucket, stateMachineArn } = world.cloud;
    const access = {
      ...{ region, endpoint },
      credentials: { accessKeyId: 'test', secretAccessKey: 'local' },
    };
    const [dynamoDb, sfn] = [dynamoDbClient(access), sfnClient(access)];
    client = createBurstClient({
      ...{ ...access, tableName, queueUrl: world.queueUrl, bucketName: bucket },
      clock: systemClock(world.clock),
    });
    closing.push(
      () => client.close(),
      () => dynamoDb.destroy(),
      () => sfn.destroy(),
    );
    observer = createObserver({
      ledger: dynamoDbLedger({ client: dynamoDb, tableName, ids: systemIds }),
      ...{ states: sfn, stateMachineArn },
    });

    for (const fault of PROVIDER_FAULTS) {
      const taken = await control('/faults', fault);
      expect(taken.ok, await taken.text()).toBe(true);
    }
    const receipts = await client.enqueue(TASKS);
    const harm = Promise.all([killProver(), freezeDrawer(), killHostAtWork(stateMachineArn, sfn)]);
    const done = client.wait(receipts, { pollSeconds: 0.5, longestPollSeconds: 1 }).finally(() => {
      isOver = true;
    });
    [states] = await Promise.all([done, harm]);
    bursts = await until('an end of every burst', async () => {
      const seen = await observer.bursts();
      return seen.every(({ lease }) => lease.phase === 'settled') ? seen : undefined;
    });
    failures = await taskFailures(stateMachineArn, sfn);
    deployments = Deployments.parse(await (await fetch(`${world.controlUrl}/deployments`)).json());
    const money = await observer.stackMoney();
    heldMicroUsd = Object.values(money?.holds ?? {}).reduce((sum, held) => sum + held, 0);
  }, 180_000);

  afterAll(async () => {
    for (const close of closing) close();
    await world?.stop();
    rmSync(outDir, { recursive: true, force: true });
  });

  it('was harmed in every way it was meant to be', async () => {
    expect(struck.toSorted()).toEqual(['frozen', 'host', 'killed', 'thawed']);
    // A host that goes away while it is asked, not one that could not be asked.
    expect(failures).toContain('Lambda.Unknown');
    const calls = z
      .record(z.string(), z.int())
      .parse(await (await fetch(`${world.controlUrl}/calls`)).json());
    for (const { operation } of PROVIDER_FAULTS)
      expect(calls[operation], operation).toBeGreaterThan(1);
  });

  it('ends with every task done and verified', () => {
    expect(states.map(({ state }) => state)).toEqual(TASKS.map(() => 'done'));
  });

  it('goes on with the proof where its dead worker left it', () => {
    const resumed = states.filter((state) => state.state === 'done' && state.resumed !== undefined);
    expect(resumed.length).toBeGreaterThan(0);
  });

  it('adopts the cluster whose order got no answer, and leaves none behind', () => {
    expect(
      deployments.filter(({ status }) => status !== 'destroyed' && status !== 'completed'),
    ).toEqual([]);
    expect(bursts.every(({ lease }) => lease.confirmedGoneAt !== undefined)).toBe(true);
    expect(bursts.filter(({ lease }) => lease.clusterId !== undefined).length).toBe(
      deployments.length,
    );
  });

  it("has the provider's bill in its ledger, and holds nothing any more", () => {
    const billed = bursts.reduce((sum, { lease }) => sum + (lease.billedMicroUsd ?? 0), 0);
    expect(billed).toBe(deployments.reduce((sum, { chargedMicroUsd }) => sum + chargedMicroUsd, 0));
    expect(billed).toBeGreaterThan(0);
    expect(heldMicroUsd).toBe(0);
  });
});

/** The errors of every task of every execution. */
async function taskFailures(
  stateMachineArn: string,
  sfn: ReturnType<typeof sfnClient>,
): Promise<string[]> {
  const { executions = [] } = await sfn.send(new ListExecutionsCommand({ stateMachineArn }));
  const errors: string[] = [];
  for (const { executionArn } of executions) {
    const { events = [] } = await sfn.send(
      new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }),
    );
    errors.push(...events.flatMap(({ taskFailedEventDetails: failed }) => failed?.error ?? []));
  }
  return errors;
}
