import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ListStateMachinesCommand } from '@aws-sdk/client-sfn';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { invokeLambdaHost } from '../../infra/local/lambda-host/invoke-lambda-host.ts';
import { sfnClient } from '../../shared/aws/clients.ts';
import { HELD_DEFINITION } from './held-machine.ts';

const entry = (path: string) =>
  fileURLToPath(new URL(`../../infra/local/${path}`, import.meta.url));
let folder: string;
let child: ChildProcess | undefined;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'burst-local-'));
  writeFileSync(join(folder, 'machine.asl.json'), HELD_DEFINITION);
  writeFileSync(
    join(folder, 'handlers.mjs'),
    'export const createHandlers = (settings) => ({ echo: async (event) => ({ event, settings }) });',
  );
});
afterEach(() => child?.kill('SIGKILL'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Starts a process of the local world; answers with its announcement, parsed. */
async function start(path: string, config: unknown, stdio: 'pipe' | 'ipc' = 'pipe') {
  const started = spawn(
    process.execPath,
    ['--import', 'tsx', entry(path), JSON.stringify(config)],
    { stdio: stdio === 'ipc' ? ['ignore', 'pipe', 'inherit', 'ipc'] : ['pipe', 'pipe', 'inherit'] },
  );
  child = started;
  const exit = new Promise<number | null>((resolve) => started.once('exit', resolve));
  if (started.stdout === null) throw new Error('the process has no stdout');
  for await (const line of createInterface({ input: started.stdout })) {
    return { child: started, exit, announced: JSON.parse(line) };
  }
  throw new Error(`the process ended with code ${await exit}`);
}

const cloudConfig = () => ({
  definitionFile: join(folder, 'machine.asl.json'),
  queues: [{ name: 'intake-default' }],
  eventSources: [{ queue: 'intake-default', functionName: 'intake' }],
  clock: {
    originAt: '2030-01-01T00:00:00.000Z',
    realOriginAt: '2026-11-22T00:00:00.000Z',
    speed: 60,
  },
});

describe('the cloud process', () => {
  it('announces its address, serves, and ends on SIGTERM', async () => {
    const { child, exit, announced } = await start('cloud/main.ts', cloudConfig());
    expect(announced).toMatchObject({
      url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      queues: [
        { name: 'intake-default', url: expect.stringMatching(/\/000000000000\/intake-default$/) },
      ],
    });
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const client = sfnClient({ region: 'us-east-1', endpoint: announced.url, credentials });
    const { stateMachines } = await client.send(new ListStateMachinesCommand({}));
    expect(stateMachines).toMatchObject([{ stateMachineArn: announced.stateMachineArn }]);
    client.destroy();
    child.kill('SIGTERM');
    expect(await exit).toBe(0);
  });

  it('ends when the stdin its parent holds comes to its end', async () => {
    const { child, exit } = await start('cloud/main.ts', cloudConfig());
    child.stdin?.end();
    expect(await exit).toBe(0);
  });
});

describe('the Lambda host process', () => {
  it('runs the handlers of a file, and ends when the IPC channel closes', async () => {
    const config = { handlersFile: join(folder, 'handlers.mjs'), settings: { a: 1 } };
    const { child, exit, announced } = await start('lambda-host/main.ts', config, 'ipc');
    const invoke = invokeLambdaHost(() => announced.url);
    expect(await invoke('echo', { n: 1 }, new AbortController().signal)).toEqual({
      payload: { event: { n: 1 }, settings: { a: 1 } },
    });
    child.disconnect();
    expect(await exit).toBe(0);
  });

  it('refuses a configuration it does not understand', async () => {
    await expect(start('lambda-host/main.ts', { handlers: 'x' })).rejects.toThrow('code 1');
  });
});
