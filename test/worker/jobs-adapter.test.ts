import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createWorkerJobs } from '../../shared/ionet/worker-jobs.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { BurstId, jobIdOf, WorkerId } from '../../shared/model/ids.ts';
import { Instant } from '../../shared/model/time.ts';
import type { WorkerAddress } from '../../shared/ports.ts';
import { type HostileServer, openHttpServer, openTcpServer } from '../support/hostile-server.ts';

const servers: HostileServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(opening: Promise<HostileServer>): Promise<HostileServer> {
  const server = await opening;
  servers.push(server);
  return server;
}

/** Long enough for an answer on a busy machine; calls that time out take this long. */
const TIMEOUT_MILLISECONDS = 1000;

const adapter = (options: Partial<Parameters<typeof createWorkerJobs>[0]> = {}) =>
  createWorkerJobs({ allowLoopback: true, timeoutMilliseconds: TIMEOUT_MILLISECONDS, ...options });

const at = (url: string): WorkerAddress => ({
  workerId: WorkerId.parse('w'),
  url,
  token: 'the-token',
});

const BURST = BurstId.parse('test-0123456789ab');
const JOB = {
  jobId: jobIdOf(BURST, 1),
  manifestUrl: 'https://storage.example/m',
  manifestSha256: sha256Of('m'),
  deadlineAt: Instant.parse('2030-01-01T00:00:00.000Z'),
};
const HEALTH = { contract: 1, status: 'ready', slots: 1, gpus: [], gpuUsed: false };
const REPORT = {
  jobId: JOB.jobId,
  manifestSha256: JOB.manifestSha256,
  status: 'running',
  uploaded: [0],
  failures: [],
  checkpoints: [],
  slotSeconds: 1,
};

const SILENT = { kind: 'silent', why: expect.any(String) };
const NOT_ASKED = { kind: 'not-asked', why: expect.any(String) };

const replies = (status: number, body: unknown) =>
  serve(
    openHttpServer((_request, response) => {
      response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
    }),
  );

describe('a stranger that answers HTTP badly', () => {
  /** Writes `piece` for as long as the other side takes it. */
  const pour = (response: ServerResponse | Socket, piece: string): void => {
    while (!response.destroyed && response.write(piece)) {}
    response.once('drain', () => pour(response, piece));
  };

  it.each<{ name: string; handle: (response: ServerResponse) => void }>([
    { name: 'never answers', handle: () => {} },
    { name: 'hangs up', handle: (response) => response.destroy() },
    {
      name: 'sends a head and no body',
      handle: (response) => response.writeHead(200).flushHeaders(),
    },
    { name: 'sends a body without end', handle: (response) => pour(response, 'x'.repeat(65_536)) },
    { name: 'sends spaces without end', handle: (response) => pour(response, ' '.repeat(1000)) },
    {
      name: 'sends 10 MB',
      handle: (response) => response.end(JSON.stringify('x'.repeat(10_000_000))),
    },
    {
      name: 'drips a byte at a time',
      handle: (response) => {
        const timer = setInterval(() => response.write(' '), 20);
        response.on('close', () => clearInterval(timer));
      },
    },
    {
      name: 'breaks off in the middle',
      handle: (response) => {
        response.writeHead(200, { 'content-length': 1000 });
        response.write('{"contract":1', () => response.destroy());
      },
    },
    {
      name: 'answers compressed, though nobody asked',
      handle: (response) =>
        response
          .writeHead(200, { 'content-encoding': 'gzip' })
          .end(gzipSync(JSON.stringify(HEALTH))),
    },
  ])('is silent when it $name', async ({ handle }) => {
    const server = await serve(openHttpServer((_request, response) => handle(response)));
    expect(await adapter().health(at(server.url))).toEqual(SILENT);
  });

  it.each<{ name: string; handle: (socket: Socket) => void }>([
    {
      name: 'something else than HTTP',
      handle: (socket) => void socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
    },
    {
      name: 'headers without end',
      handle: (socket) => pour(socket.resume(), 'x: y\r\n'.repeat(1000)),
    },
    {
      name: 'a change of protocol',
      handle: (socket) =>
        void socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
        ),
    },
    {
      name: 'more bytes than it announces',
      handle: (socket) =>
        void socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n${JSON.stringify(HEALTH)}`),
    },
    {
      name: 'two lengths',
      handle: (socket) =>
        void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}'),
    },
    {
      name: 'a negative length',
      handle: (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: -2\r\n\r\n{}'),
    },
    {
      name: '100 MB announced and one byte sent',
      handle: (socket) => void socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n{'),
    },
    {
      name: 'a chunk longer than any memory',
      handle: (socket) =>
        void socket.end(
          'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n{',
        ),
    },
    {
      name: 'interim answers without end',
      handle: (socket) => pour(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'),
    },
  ])('is silent when it answers with $name', async ({ handle }) => {
    const server = await serve(openTcpServer(handle));
    expect(await adapter().health(at(server.url))).toEqual(SILENT);
  });

  it.each([
    { name: 'a page of HTML', status: 200, body: '<html>Welcome</html>' },
    { name: 'nothing', status: 200, body: '' },
    { name: 'null', status: 200, body: null },
    { name: 'a list', status: 200, body: [HEALTH] },
    { name: 'a number for a word', status: 200, body: { ...HEALTH, status: 1 } },
    { name: 'text for a number', status: 200, body: { ...HEALTH, slots: '1' } },
    { name: 'no slot', status: 200, body: { ...HEALTH, slots: 0 } },
    { name: '65 slots', status: 200, body: { ...HEALTH, slots: 65 } },
    { name: 'another version of the contract', status: 200, body: { ...HEALTH, contract: 2 } },
    { name: 'health under the wrong status', status: 203, body: HEALTH },
    { name: 'a refusal of our token', status: 401, body: { error: 'wrong token' } },
    { name: 'an error of its own', status: 500, body: { error: 'internal error' } },
    { name: 'deep nesting', status: 200, body: '['.repeat(60_000) },
  ])('is silent when its health is $name', async ({ status, body }) => {
    const server = await replies(status, body);
    expect(await adapter().health(at(server.url))).toEqual(SILENT);
  });

  it.each([
    { bytes: 65_536, kind: 'answered' },
    { bytes: 65_537, kind: 'silent' },
  ])('is $kind when its reply has $bytes bytes', async ({ bytes, kind }) => {
    const server = await replies(200, JSON.stringify(HEALTH).padEnd(bytes));
    expect(await adapter().health(at(server.url))).toMatchObject({ kind });
  });

  it('says what its GPUs are in a few printable words', async () => {
    const gpus = [{ model: `RTX\u0000${'x'.repeat(60_000)}`, vramMb: 1 }];
    const server = await replies(200, { ...HEALTH, gpus });
    const answer = await adapter().health(at(server.url));
    expect(answer).toMatchObject({
      value: { gpus: [{ model: `RTX ${'x'.repeat(95)}…`, vramMb: 1 }] },
    });
  });

  it.each(['999999999', 'Fri, 31 Dec 2199 23:59:59 GMT', '-1'])(
    'is neither waited for nor asked again when it says Retry-After: %s',
    async (retryAfter) => {
      let asked = 0;
      const server = await serve(
        openHttpServer((_request, response) => {
          asked += 1;
          response.writeHead(503, { 'retry-after': retryAfter }).end('{"error":"draining"}');
        }),
      );
      expect(await adapter().submit(at(server.url), JOB)).toMatchObject({ kind: 'answered' });
      expect(asked).toBe(1);
    },
  );

  it('is not followed to where it redirects', async () => {
    let visits = 0;
    const inner = await serve(
      openHttpServer((_request, response) => {
        visits += 1;
        response.end(JSON.stringify(HEALTH));
      }),
    );
    for (const status of [301, 302, 307, 308]) {
      const outer = await serve(
        openHttpServer((_request, response) => {
          response
            .writeHead(status, { location: `${inner.url}/healthz` })
            .end(JSON.stringify(HEALTH));
        }),
      );
      expect(await adapter().health(at(outer.url))).toEqual(SILENT);
    }
    expect(visits).toBe(0);
  });

  it('is silent when nobody listens there', async () => {
    const server = await replies(200, HEALTH);
    await servers.splice(0)[0]?.close();
    expect(await adapter().health(at(server.url))).toEqual({ kind: 'silent', why: 'ECONNREFUSED' });
  });

  it('is silent when it speaks no TLS where TLS is due', async () => {
    const { port } = await replies(200, HEALTH);
    expect(await adapter().health(at(`https://127.0.0.1:${port}`))).toEqual(SILENT);
  });
});

describe('what an answer means', () => {
  it.each([
    {
      status: 202,
      body: { jobId: JOB.jobId },
      answer: { kind: 'answered', value: { accepted: true } },
    },
    {
      status: 200,
      body: { jobId: JOB.jobId },
      answer: { kind: 'answered', value: { accepted: true } },
    },
    ...[400, 401, 409, 413, 503].map((status) => ({
      status,
      body: { error: 'a text of the stranger' },
      answer: {
        kind: 'answered',
        value: { accepted: false, reason: expect.not.stringContaining('stranger') },
      },
    })),
    { status: 503, body: '<html>no healthy upstream</html>', answer: SILENT },
    { status: 503, body: {}, answer: SILENT },
    { status: 200, body: { jobId: jobIdOf(BURST, 2) }, answer: SILENT },
    { status: 200, body: {}, answer: SILENT },
    { status: 404, body: { error: 'no such call' }, answer: SILENT },
    { status: 500, body: { error: 'internal error' }, answer: SILENT },
  ])('a submit answered with $status $body', async ({ status, body, answer }) => {
    const server = await replies(status, body);
    expect(await adapter().submit(at(server.url), JOB)).toEqual(answer);
  });

  it.each([
    { status: 200, body: REPORT, answer: { kind: 'answered', value: REPORT } },
    // A worker of an older contract says nothing of checkpoints.
    {
      status: 200,
      body: { ...REPORT, checkpoints: undefined },
      answer: { kind: 'answered', value: REPORT },
    },
    { status: 200, body: { ...REPORT, extra: 1 }, answer: { kind: 'answered', value: REPORT } },
    { status: 404, body: { error: 'no such job' }, answer: { kind: 'answered', value: undefined } },
    { status: 404, body: '<html>Not found</html>', answer: SILENT },
    { status: 404, body: {}, answer: SILENT },
    { status: 200, body: { ...REPORT, jobId: jobIdOf(BURST, 2) }, answer: SILENT },
    { status: 200, body: { ...REPORT, status: 'splendid' }, answer: SILENT },
    { status: 200, body: { ...REPORT, uploaded: [-1] }, answer: SILENT },
    { status: 200, body: { ...REPORT, uploaded: [1.5] }, answer: SILENT },
    { status: 200, body: { ...REPORT, uploaded: Array(10_001).fill(1) }, answer: SILENT },
    { status: 200, body: { ...REPORT, slotSeconds: null }, answer: SILENT },
    { status: 200, body: { ...REPORT, slotSeconds: 1e308 }, answer: SILENT },
    {
      status: 200,
      body: { ...REPORT, slotSeconds: 1e-200 },
      answer: { kind: 'answered', value: { ...REPORT, slotSeconds: 0 } },
    },
    {
      status: 200,
      body: {
        ...REPORT,
        failures: [{ line: 0, class: 'executor', message: 'a\u001b[2J\r\n\u202eb\ud800' }],
      },
      answer: {
        kind: 'answered',
        value: { ...REPORT, failures: [{ line: 0, class: 'executor', message: 'a [2J b ' }] },
      },
    },
    { status: 401, body: { error: 'wrong token' }, answer: SILENT },
    { status: 503, body: { error: 'busy' }, answer: SILENT },
  ])('a get answered with $status $body.status', async ({ status, body, answer }) => {
    const server = await replies(status, body);
    expect(await adapter().get(at(server.url), JOB.jobId)).toEqual(answer);
  });

  it.each([
    { status: 200, body: REPORT, answer: { kind: 'answered', value: undefined } },
    { status: 404, body: { error: 'no such job' }, answer: { kind: 'answered', value: undefined } },
    { status: 404, body: '<html></html>', answer: SILENT },
    { status: 500, body: {}, answer: SILENT },
  ])('a cancel answered with $status $body', async ({ status, body, answer }) => {
    const server = await replies(status, body);
    expect(await adapter().cancel(at(server.url), JOB.jobId)).toEqual(answer);
  });
});

describe('the URL of a worker', () => {
  it.each([
    'not a url',
    '',
    'ftp://worker.example',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'http://worker.example',
    'http://127.0.0.1:9',
    'https://user:secret@worker.example',
    'https://user@worker.example',
    'https://worker.example:99999',
  ])('is not called when it is %j', async (url) => {
    const asked: string[] = [];
    const resolve = async (name: string) => {
      asked.push(name);
      return [];
    };
    expect(await adapter({ allowLoopback: false, resolve }).health(at(url))).toEqual(SILENT);
    expect(asked).toEqual([]);
  });

  const NOWHERE = { kind: 'silent', why: 'its URL leads to no public address' };

  it.each([
    '127.0.0.1',
    '127.1',
    '2130706433',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '127.0.0.1.',
    '①②⑦.⓪.⓪.①',
    '0.0.0.0',
    '10.0.0.1',
    '100.100.100.200',
    '169.254.169.254',
    '172.31.255.255',
    '192.168.1.1',
    '224.0.0.1',
    '255.255.255.255',
    '[::]',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:8.8.8.8]',
    '[fd00:ec2::254]',
    '[fe80::1]',
    '[64:ff9b::a9fe:a9fe]',
  ])('is not called when its host is %s, though it is https', async (host) => {
    const jobs = adapter({ allowLoopback: false });
    expect(await jobs.health(at(`https://${host}/`))).toEqual(NOWHERE);
  });

  it.each(['127.0.0.1', '10.1.2.3', '169.254.169.254', '::1', '::ffff:10.0.0.1', 'fd00::1'])(
    'is not called when its name stands for %s',
    async (address) => {
      const resolve = async () => [{ address, family: address.includes(':') ? 6 : 4 }];
      const jobs = adapter({ allowLoopback: false, resolve });
      expect(await jobs.health(at('https://worker.example'))).toEqual(NOWHERE);
    },
  );

  it('is called over plain HTTP on this machine only', async () => {
    const resolve = async () => [{ address: '93.184.216.34', family: 4 }];
    expect(await adapter({ resolve }).health(at('http://worker.example'))).toEqual(NOWHERE);
  });

  it('is resolved once, and the checked address is the one that gets the call', async () => {
    const seen: unknown[] = [];
    const server = await serve(
      openHttpServer(({ url, headers }, response) => {
        seen.push([url, headers.host, headers.authorization]);
        response.end(JSON.stringify(HEALTH));
      }),
    );
    let lookups = 0;
    const resolve = async () => {
      lookups += 1;
      // The next look at the name would lead elsewhere.
      return lookups > 1
        ? []
        : ['10.0.0.1', '127.0.0.1'].map((address) => ({ address, family: 4 }));
    };
    const url = `http://worker.example:${server.port}/base/?query#hash`;
    expect(await adapter({ resolve }).health(at(url))).toMatchObject({ kind: 'answered' });
    expect(seen).toEqual([['/base/healthz', `worker.example:${server.port}`, 'Bearer the-token']]);
    expect(lookups).toBe(1);
  });
});

describe('trouble of our own', () => {
  const fails = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
  const never = () => new Promise<never>(() => {});

  it.each([
    { name: 'the resolver does not answer', resolve: fails('EAI_AGAIN'), answer: NOT_ASKED },
    { name: 'the resolver is gone', resolve: fails('ECONNREFUSED'), answer: NOT_ASKED },
    { name: 'the resolver hangs', resolve: never, answer: NOT_ASKED },
    { name: 'the name does not exist', resolve: fails('ENOTFOUND'), answer: SILENT },
    { name: 'the name has no address', resolve: async () => [], answer: SILENT },
  ])('is told from a silent worker when $name', async ({ resolve, answer }) => {
    const jobs = adapter({ resolve, timeoutMilliseconds: 50 });
    expect(await jobs.health(at('https://worker.example'))).toEqual(answer);
  });

  it('is no evidence about a worker: this process stood still', async () => {
    const cell = new Int32Array(new SharedArrayBuffer(4));
    const server = await serve(openHttpServer(() => void Atomics.wait(cell, 0, 0, 500)));
    const jobs = adapter({ timeoutMilliseconds: 200 });
    expect(await jobs.health(at(server.url))).toEqual(NOT_ASKED);
  });
});

describe('the line', () => {
  it('lets as many calls go at a time as it has places, and all of them in the end', async () => {
    const held: ServerResponse[] = [];
    let most = 0;
    const server = await serve(
      openHttpServer((_request, response) => {
        held.push(response);
        most = Math.max(most, held.length);
        // Answered only when both places are taken, or nobody else is left to take one.
        if (held.length === 2) for (const each of held.splice(0)) each.end(JSON.stringify(HEALTH));
      }),
    );
    const jobs = adapter({ concurrency: 2 });
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => jobs.health(at(server.url))),
    );
    expect(answers.map(({ kind }) => kind)).toEqual(Array(10).fill('answered'));
    expect(most).toBe(2);
  });

  it('does not ask a worker whose turn does not come in time', async () => {
    const server = await serve(openHttpServer(() => {}));
    const jobs = adapter({ concurrency: 1, lineMilliseconds: 20 });
    const [first, second] = await Promise.all([
      jobs.health(at(server.url)),
      jobs.health(at(server.url)),
    ]);
    expect([first, second]).toEqual([SILENT, NOT_ASKED]);
  });
});
