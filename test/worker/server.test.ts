import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sha256Of } from '../../shared/model/digest.ts';
import { BurstId, jobIdOf } from '../../shared/model/ids.ts';
import type { JobRunner } from '../../worker/job-runner.ts';
import { createJobServer } from '../../worker/server.ts';
import { openServer } from '../support/hostile-server.ts';

const TOKEN = 'a-token-for-tests-only';
const JOB = JSON.stringify({
  jobId: jobIdOf(BurstId.parse('test-0123456789ab'), 1),
  manifestUrl: 'https://storage.example/m',
  manifestSha256: sha256Of('m'),
  deadlineAt: '2030-01-01T00:00:00.000Z',
});

/** Takes every job and knows none. */
const runner: JobRunner = {
  submit: () => 'new',
  report: () => undefined,
  cancel: () => undefined,
  drain: () => {},
  isDraining: () => false,
  shutDown: async () => [],
};

let server: Awaited<ReturnType<typeof openServer>>;
beforeEach(async () => {
  const hardware = () => ({ slots: 1, gpus: [], gpuUsed: false });
  const parts = { runner, token: TOKEN, hardware, requestTimeoutMilliseconds: 200 };
  server = await openServer(createJobServer(parts));
});
afterEach(() => server.close());

/** Sends with `send` and collects what comes back until the server closes. */
function exchange(send: (socket: Socket) => void): Promise<string> {
  return new Promise((resolve) => {
    let reply = '';
    const socket = connect(server.port, '127.0.0.1', () => send(socket));
    socket.on('data', (bytes) => {
      reply += bytes.toString('latin1');
    });
    socket.on('error', () => {}).on('close', () => resolve(reply));
  });
}

const head = (method: string, path: string, ...headers: string[]) =>
  [
    `${method} ${path} HTTP/1.1`,
    'host: w',
    `authorization: Bearer ${TOKEN}`,
    ...headers,
    '',
    '',
  ].join('\r\n');

const isWell = async () => {
  const headers = { authorization: `Bearer ${TOKEN}` };
  return (await fetch(`${server.url}/healthz`, { headers })).status === 200;
};

describe('a caller that wears a worker out', () => {
  it.each([
    { name: 'a head that never ends', text: 'GET /healthz HTTP/1.1\r\nhost: w\r\nx: ' },
    {
      name: 'a body that never comes',
      text: head('POST', '/jobs', 'content-length: 1000'),
    },
    {
      name: 'a chunk that never ends',
      text: `${head('POST', '/jobs', 'transfer-encoding: chunked')}ff\r\n{`,
    },
  ])('is cut off with 408 in its time: $name', async ({ text }) => {
    expect(await exchange((socket) => void socket.write(text))).toMatch(/^HTTP\/1\.1 408 /);
    expect(await isWell()).toBe(true);
  });

  // The reply itself may be lost: the other side resets a connection whose bytes nobody reads.
  it.each([
    {
      name: 'in the middle of a body without end, with 413',
      text: `${head('POST', '/jobs', 'transfer-encoding: chunked')}fffff\r\n${'x'.repeat(100_000)}`,
      reply: /^$|^HTTP\/1\.1 413 /,
    },
    {
      name: 'before its body when it has no token, with 401',
      text:
        head('POST', '/jobs', 'content-length: 100000000').replace(TOKEN, 'another') +
        'x'.repeat(100_000),
      reply: /^$|^HTTP\/1\.1 401 /,
    },
    {
      name: 'in the middle of a head of more than 16 KiB, with 431',
      text: head('GET', '/').slice(0, -2) + `x: ${'y'.repeat(100)}\r\n`.repeat(300),
      reply: /^$|^HTTP\/1\.1 431 /,
    },
  ])('is turned away $name', async ({ text, reply }) => {
    expect(await exchange((socket) => void socket.write(text))).toMatch(reply);
    expect(await isWell()).toBe(true);
  });
});

describe('any bytes at all', () => {
  it('are answered by a status of the contract, or by nothing, and the worker is well after them', async () => {
    const sound = [
      head('POST', '/jobs', `content-length: ${JOB.length}`, 'connection: close') + JOB,
      head('GET', '/jobs/x', 'connection: close'),
      head('POST', '/drain', 'content-length: 0', 'connection: close'),
    ];
    const edited = fc
      .tuple(fc.constantFrom(...sound), fc.nat(400), fc.nat(6), fc.uint8Array({ maxLength: 6 }))
      .map(([text, at, remove, insert]) =>
        Buffer.concat([
          Buffer.from(text.slice(0, at)),
          insert,
          Buffer.from(text.slice(at + remove)),
        ]),
      );
    const bytes = fc.oneof({ weight: 4, arbitrary: edited }, fc.uint8Array({ maxLength: 200 }));
    await fc.assert(
      fc.asyncProperty(bytes, async (sent) => {
        const reply = await exchange((socket) => void socket.end(sent));
        expect(reply).toMatch(/^$|^HTTP\/1\.1 (200|202|400|401|404|408|413|417|431) /);
      }),
      { numRuns: 150 },
    );
    expect(await isWell()).toBe(true);
  });
});
