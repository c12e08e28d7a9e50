import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalWorld, startLocalWorld } from '../../infra/local/world.ts';
import { s3Client } from '../../shared/aws/clients.ts';
import {
  type ConnectedBurstClient,
  createBurstClient,
  type TaskState,
} from '../../shared/client/index.ts';
import type { Task } from '../../shared/model/task.ts';
import { systemClock } from '../../shared/system.ts';
import { writeWtns } from '../../worker/groth16/wtns.ts';
import { tiny, tinySpec } from '../support/tiny-circuit.ts';
import { until } from '../support/until.ts';

/** What nobody but the owner and the machine that proves may see. */
const SECRET = 918_273_645_546_372_819_203_847_561n;

const credentials = { accessKeyId: 'dapp', secretAccessKey: 'local' };

describe('the witness of a proof', () => {
  const dir = mkdtempSync(join(tmpdir(), 'burst-'));
  const logFile = join(dir, 'world.log');
  let world: LocalWorld;
  let client: ConnectedBurstClient;
  let ended: TaskState[];

  beforeAll(async () => {
    world = await startLocalWorld({ speed: 300, logFile });
    const { region, url: endpoint, tableName, bucket } = world.cloud;
    client = createBurstClient({
      ...{ region, endpoint, credentials, tableName, bucketName: bucket },
      ...{ queueUrl: world.queueUrl, clock: systemClock(world.clock) },
    });
    await client.uploadAsset(tiny.zkey);
    const receipts = await client.enqueue([await aProof('proof-done'), await aProof('proof-off')]);
    await until('the second is accepted', async () => {
      const { state } = await client.get('proof-off');
      return state === 'accepted';
    });
    await client.cancel('proof-off');
    ended = await client.wait(receipts, { pollSeconds: 0.2 });
  });

  afterAll(async () => {
    client.close();
    await world.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  async function aProof(taskId: string): Promise<Task> {
    const witness = tiny.witness(SECRET, 7n);
    const data = writeWtns(witness);
    const input = await client.uploadInput(taskId, { name: 'witness.wtns', data });
    return {
      taskId,
      kind: 'zk.groth16',
      spec: tinySpec({ expectedPublic: [String(witness[1]), null] }),
      inputs: [input],
      confidentiality: 'witness-visible',
    };
  }

  async function keys(): Promise<string[]> {
    const { region, url: endpoint, bucket } = world.cloud;
    const s3 = s3Client({ region, endpoint, credentials });
    const listed = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
    s3.destroy();
    return (listed.Contents ?? []).flatMap(({ Key }) => Key ?? []);
  }

  it('serves to prove, and its owner says who may see it', () => {
    expect(ended).toMatchObject([{ state: 'done', verifiedBy: 'proof' }, { state: 'cancelled' }]);
  });

  it('is deleted when its task ends, done or cancelled, with every checkpoint and upload', async () => {
    const secret = /\/(inputs|checkpoints|uploads)\//;
    await until(
      'the sweep has passed',
      async () => !(await keys()).some((key) => secret.test(key)),
    );
    const left = await keys();
    expect(left.filter((key) => key.includes('/results/proof-done/'))).toHaveLength(2);
    expect(left.some((key) => key.includes('/assets/'))).toBe(true);
  });

  it('appears in no log, neither as a number nor as bytes', () => {
    const log = readFileSync(logFile);
    const bytes = Buffer.from(SECRET.toString(16).padStart(64, '0'), 'hex').reverse();
    for (const form of [String(SECRET), SECRET.toString(16), bytes.toString('base64')]) {
      expect(log.includes(form)).toBe(false);
    }
    expect(log.includes(bytes)).toBe(false);
    // What was searched is the log of the stages that handled the task.
    expect(log.toString()).toMatch(/ lambda .*"intake"/);
  });
});
