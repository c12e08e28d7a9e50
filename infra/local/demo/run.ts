import { join } from 'node:path';
import * as z from 'zod';
import { dynamoDbClient, sfnClient } from '../../../shared/aws/clients.ts';
import { dynamoDbLedger } from '../../../shared/aws/dynamodb-ledger.ts';
import {
  type BurstClient,
  createBurstClient,
  type Receipt,
  type TaskState,
} from '../../../shared/client/index.ts';
import type { ApiFlavour } from '../../../shared/ionet/flavour.ts';
import { NftSpec } from '../../../shared/kinds/nft/spec.ts';
import type { Task } from '../../../shared/model/task.ts';
import { systemClock, systemIds } from '../../../shared/system.ts';
import { storeActual, tasksSha256 } from '../../estimate/stored.ts';
import { ONLOOKER } from '../cloud/call-counter.ts';
import { containersOf, NOT_RUN } from '../local-containers.ts';
import type { ForeignProvider } from '../provider.ts';
import { type LocalWorld, startLocalWorld } from '../world.ts';
import { createMishaps, type Mishaps } from './mishaps.ts';
import { createObserver, type Observer } from './observer.ts';
import { billedUsdOf, type EndedTask, finishSecondsOf, reportOf } from './report.ts';
import {
  type FinishedToken,
  provenanceOf,
  saveContactSheet,
  saveResult,
  saveVerificationKey,
} from './results.ts';
import type { Screen } from './screen.ts';
import type { Report } from './snapshot.ts';
import { createWatch } from './watch.ts';
import { uploadFiles, type Work } from './work.ts';

export interface DemoOptions {
  readonly work: Work;
  readonly outDir: string;
  /** Kill and freeze nothing. */
  readonly calm: boolean;
  readonly speed: number;
  /** Which API of the provider is spoken. */
  readonly flavour: ApiFlavour;
  /** @default a simulator of its own */
  readonly provider?: ForeignProvider | undefined;
  readonly screen: Screen;
  /** Ends the run early; everything that was started is ended with it. */
  readonly signal: AbortSignal;
  /** Real milliseconds since this process began. */
  readonly uptimeMs: () => number;
}

/** The embedded engines take any credentials; these say whose calls are the stack's and whose only look on. */
const credentials = (accessKeyId: string) => ({ accessKeyId, secretAccessKey: 'local' });

/**
 * The main job: a local world, a collection through it, two mishaps, and the account of it all. Work goes
 * in and out through the client a dApp would use; the ledger is only looked at.
 *
 * @throws the signal's reason when it is aborted.
 */
export async function runDemo(options: DemoOptions): Promise<Report> {
  const { outDir, speed, flavour, screen, signal } = options;
  const world = await startLocalWorld({
    ...{ speed, flavour, provider: options.provider, say: screen.say },
    logFile: join(outDir, 'world.log'),
  });
  const { region, url: endpoint, tableName, bucket, stateMachineArn } = world.cloud;
  const clientFor = (accessKeyId: string) =>
    createBurstClient({
      ...{ region, endpoint, tableName, credentials: credentials(accessKeyId) },
      ...{ queueUrl: world.queueUrl, bucketName: bucket, clock: systemClock(world.clock) },
    });
  const [client, onlooker] = [clientFor('dapp'), clientFor(ONLOOKER)];
  const access = { region, endpoint, credentials: credentials(ONLOOKER) };
  const clients = { dynamoDb: dynamoDbClient(access), states: sfnClient(access) };
  const observer = createObserver({
    ledger: dynamoDbLedger({ client: clients.dynamoDb, tableName, ids: systemIds }),
    states: clients.states,
    stateMachineArn,
  });
  try {
    signal.throwIfAborted();
    screen.say(`local cloud at ${endpoint}, state machine ${stateMachineArn}`);
    for (const { image } of containersOf(options.work.tasks)) screen.say(`${image}: ${NOT_RUN}`);
    const ending = throughTheWorld(options, world, client, { observer, client: onlooker });
    // A service that died shows first as a call that failed; its own end says it better.
    const orItsCause = ending.catch(async (error: unknown) => {
      await Promise.race([world.failed, pause(SERVICE_END_MS)]);
      throw error;
    });
    return await Promise.race([orItsCause, world.failed]);
  } finally {
    for (const one of [client, onlooker]) one.close();
    for (const one of Object.values(clients)) one.destroy();
    await world.stop();
  }
}

async function throughTheWorld(
  options: DemoOptions,
  world: LocalWorld,
  client: BurstClient,
  onlooker: { readonly observer: Observer; readonly client: BurstClient },
): Promise<Report> {
  const { outDir, screen, signal } = options;
  const { tasks } = options.work;
  const { observer } = onlooker;
  const clock = systemClock(world.clock);
  const startedAt = clock.now();
  await uploadFiles(options.work, client);
  const receipts = await client.enqueue(tasks);
  const mishaps = mishapsFor(options, world);
  const watch = createWatch({ ...onlooker, screen, clock, receipts, startedAt });

  const ending = client.wait(receipts, { signal, pollSeconds: 2, longestPollSeconds: 4 });
  let states: TaskState[] | undefined;
  // Results are fetched while the clusters are still being torn down.
  const saving = ending.then(async (all) => {
    states = all;
    const tokens = await saveAll(client, options, receipts, all);
    return { tokens, contactSheet: saveContactSheet(outDir, tokens) };
  });
  // Its rejection is met below; until then the loop goes on.
  saving.catch(() => undefined);
  for (let look = 0; ; look += 1) {
    signal.throwIfAborted();
    const bursts = await observer.bursts();
    await mishaps?.consider(bursts);
    if (look % LOOKS_PER_PICTURE === 0 || states !== undefined) await watch.look(bursts, states);
    if (states !== undefined && bursts.every(({ lease }) => lease.phase === 'settled')) break;
    await pause(LOOK_MS);
  }
  const { tokens, contactSheet } = await saving;

  const bursts = await observer.bursts();
  const ended = tasks.map((task, index) => endedTask(task, states?.[index]));
  return reportOf({
    tasks: ended,
    bursts,
    costs: await observer.costs(bursts),
    estimate: storeActual(outDir, {
      tasksSha256: tasksSha256(tasks),
      costUsd: billedUsdOf(bursts),
      finishSeconds: finishSecondsOf(ended, startedAt),
    }),
    executions: await observer.executions(),
    mishaps: mishaps?.done ?? [],
    apiCalls: await apiCalls(world),
    startedAt,
    provenanceSha256: provenanceOf(tokens),
    contactSheet,
    outDir,
    wallSeconds: Math.round(options.uptimeMs() / 100) / 10,
    speed: options.speed,
  });
}

/** None where nothing may be broken: by choice, or because the machines are not ours to break. */
function mishapsFor(
  { calm, screen, work: { longProof } }: DemoOptions,
  { controlUrl, clock }: LocalWorld,
): Mishaps | undefined {
  if (calm) return undefined;
  if (controlUrl === undefined) {
    screen.say('nothing is killed or frozen: the provider is not one of ours');
    return undefined;
  }
  return createMishaps({ controlUrl, say: screen.say, now: systemClock(clock).now, longProof });
}

/** How long after a failed call the end of the service it went to may become known. */
const SERVICE_END_MS = 500;

/** Every so many looks the screen is drawn anew, with the cause of every task that waits. */
const LOOKS_PER_PICTURE = 3;

/** Real milliseconds between two looks at the ledger. */
const LOOK_MS = 500;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Downloads what is done, checked against the verified hashes, and writes it below `results/`. */
async function saveAll(
  client: BurstClient,
  { work: { tasks }, outDir }: DemoOptions,
  receipts: readonly Receipt[],
  states: readonly TaskState[],
): Promise<FinishedToken[]> {
  const tokens: FinishedToken[] = [];
  for (const [index, state] of states.entries()) {
    const taskId = receipts[index]?.taskId;
    if (state.state !== 'done' || taskId === undefined) continue;
    const downloaded = await client.download(taskId);
    const files = new Map(downloaded.map(({ name, data }) => [name, data]));
    saveResult(outDir, taskId, files);
    saveVerificationKey(outDir, taskId, tasks[index]?.spec);
    const spec = NftSpec.safeParse(tasks[index]?.spec);
    const { pixelSha256 } = state.evidence;
    if (spec.success) tokens.push({ taskId, spec: spec.data, files, pixelSha256 });
  }
  return tokens;
}

function endedTask(task: Task, state: TaskState | undefined): EndedTask {
  const named = { taskId: task.taskId, kind: task.kind };
  if (state === undefined || state.state === 'unknown') return { ...named, status: 'rejected' };
  if (state.state !== 'done') {
    const attempts = 'attempts' in state ? state.attempts : 0;
    const endedAt = 'endedAt' in state ? state.endedAt : undefined;
    return { ...named, status: state.state, attempts, endedAt };
  }
  const { verifiedBy, attempts, burst, slotSeconds, resumed, endedAt } = state;
  return { ...named, status: 'done', verifiedBy, attempts, endedAt, burst, slotSeconds, resumed };
}

/** Calls the local cloud and a simulated provider of ours received, by service and operation. */
async function apiCalls({ cloud, controlUrl }: LocalWorld): Promise<Report['apiCalls']> {
  const read = async (url: string): Promise<unknown> => (await fetch(url)).json();
  const aws = AwsCalls.parse(await read(`${cloud.url}/_local/calls`));
  if (controlUrl === undefined) return aws;
  return { ...aws, ionet: Calls.parse(await read(`${controlUrl}/calls`)) };
}

const Calls = z.record(z.string(), z.int());
const AwsCalls = z.record(z.string(), Calls);
