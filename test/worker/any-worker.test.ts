import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { reachOf } from '../../shared/ionet/public-address.ts';
import { createWorkerJobs } from '../../shared/ionet/worker-jobs.ts';
import { startPatience } from '../../shared/ionet/worker-patience.ts';
import { pin } from '../../shared/ionet/worker-pin.ts';
import { stored } from '../../shared/memory/stored-values.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { BatchId, BurstId, jobIdOf, TaskId, WorkerId } from '../../shared/model/ids.ts';
import { ManifestTask, manifestText, parseManifest } from '../../shared/model/job.ts';
import { Instant } from '../../shared/model/time.ts';
import type { WorkerAddress } from '../../shared/ports.ts';
import { anyText } from '../support/any-text.ts';
import { type HostileServer, openHttpServer } from '../support/hostile-server.ts';

const JOB_ID = jobIdOf(BurstId.parse('test-0123456789ab'), 1);
const JOB = {
  jobId: JOB_ID,
  manifestUrl: 'https://storage.example/m',
  manifestSha256: sha256Of('m'),
  deadlineAt: Instant.parse('2030-01-01T00:00:00.000Z'),
};

/** Right for every call of the contract at once. */
const RIGHT: Readonly<Record<string, unknown>> = {
  contract: 1,
  status: 'ready',
  slots: 1,
  gpus: [{ model: 'RTX 4090', vramMb: 24_564 }],
  gpuUsed: true,
  jobId: JOB_ID,
  manifestSha256: JOB.manifestSha256,
  uploaded: [0],
  failures: [{ line: 1, class: 'executor', message: 'no' }],
  checkpoints: [{ line: 2, sequence: 3, resumedFrom: 1 }],
  slotSeconds: 1,
};

const wrong = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(-1, 1e-200, 1e308, 2 ** 53, 'running', 'x'.repeat(70_000)),
  anyText({ maxLength: 20 }),
);

const almostRight = fc
  .tuple(
    fc.constantFrom(...Object.keys(RIGHT)),
    fc.nat(3),
    wrong,
    fc.constantFrom('ready', 'running'),
  )
  .map(([field, place, value, status]) => {
    const list: unknown = RIGHT[field];
    const [entry] = Array.isArray(list) ? list : [];
    const name = Object.keys(Object(entry))[place];
    const put = name === undefined ? value : [{ ...entry, [name]: value }];
    return JSON.stringify({ ...RIGHT, status, [field]: put });
  });

describe('any reply of a worker', () => {
  let server: HostileServer;
  let reply = { status: 200, body: '' };
  const jobs = createWorkerJobs({ allowLoopback: true, timeoutMilliseconds: 3000 });
  const calls: Readonly<Record<string, (worker: WorkerAddress) => Promise<{ kind: string }>>> = {
    health: (worker) => jobs.health(worker),
    submit: (worker) => jobs.submit(worker, JOB),
    get: (worker) => jobs.get(worker, JOB_ID),
    cancel: (worker) => jobs.cancel(worker, JOB_ID),
    drain: (worker) => jobs.drain(worker),
  };

  beforeAll(async () => {
    server = await openHttpServer((_request, response) => {
      response.writeHead(reply.status).end(reply.body);
    });
  });
  afterAll(() => server.close());

  it.each(Object.entries(calls))(
    'to %s is an answer the ledger can keep, or silence',
    async (_name, call) => {
      const kinds = new Set<string>();
      const replies = fc.record({
        status: fc.oneof(
          { weight: 3, arbitrary: fc.constant(200) },
          fc.constantFrom(202, 204, 302, 400, 401, 404, 409, 413, 418, 500, 503),
        ),
        body: fc.oneof(
          { weight: 3, arbitrary: almostRight },
          fc.json(),
          anyText(),
          fc.constant('{"error":"x"}'),
        ),
      });
      await fc.assert(
        fc.asyncProperty(replies, async (one) => {
          reply = one;
          const worker = { workerId: WorkerId.parse('w'), url: server.url, token: 'the-token' };
          const answer = await call(worker);
          kinds.add(answer.kind);
          stored(answer);
          expect(JSON.stringify(answer)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]|\\u/u);
        }),
        { numRuns: 120 },
      );
      expect([...kinds].sort()).toEqual(['answered', 'silent']);
    },
  );
});

describe('any URL of a worker', () => {
  const octet = fc.oneof(
    fc.constantFrom(0, 10, 127, 169, 172, 192, 100, 198, 254, 255),
    fc.nat(255),
  );
  const v4 = fc.array(octet, { minLength: 4, maxLength: 4 }).map((octets) => octets.join('.'));
  const oddV4 = fc.oneof(
    fc.nat(0xffffffff).map(String),
    fc.nat(0xffffffff).map((n) => `0x${n.toString(16)}`),
    fc.tuple(octet, octet).map(([a, b]) => `0${a.toString(8)}.${b}`),
    v4.map((address) => `[::ffff:${address}]`),
    v4.map((address) => [...address].map((c) => (c === '.' ? '。' : c)).join('')),
  );
  const host = fc.oneof(
    v4,
    oddV4,
    fc.ipV6().map((address) => `[${address}]`),
    fc.domain(),
    fc.constant('localhost'),
  );
  const url = fc.oneof(
    fc
      .tuple(
        fc.constantFrom('https', 'https', 'https', 'http', 'ftp', 'file', 'javascript', 'HTTPS'),
        fc.constantFrom('', '', '', 'user@', 'user:secret@'),
        host,
        fc.constantFrom('', ':22', ':99999', '/x/../..', '?q', '#h', '\\@evil.example'),
      )
      .map(([scheme, user, name, rest]) => `${scheme}://${user}${name}${rest}`),
    anyText({ maxLength: 30 }),
    anyText({ maxLength: 30 }).map((text) => `https://${text}`),
  );
  /** Not the program's own table, and coarser. */
  const INSIDE =
    /^(0|10|127)\.|^169\.254\.|^192\.168\.|^172\.(1[6-9]|2\d|3[01])\.|^(22[4-9]|2[3-5]\d)\.|^(?![23][0-9a-f]{3}:)[0-9a-f]*:/;

  it('leads to a checked public address by https, or is silence', async () => {
    let called = 0;
    const addresses = fc.array(fc.oneof(v4, fc.ipV6()), { maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(url, addresses, async (baseUrl, named) => {
        const resolve = async () =>
          named.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
        const patience = startPatience(1000);
        const rules = { allowLoopback: false, resolve };
        const pinned = await pin({ baseUrl, path: '/healthz' }, rules, patience);
        patience.end();
        if (pinned.kind !== 'answered') {
          expect(pinned.kind).toBe('silent');
          return;
        }
        called += 1;
        const { url: to, address } = pinned.value;
        expect([to.protocol, to.username, to.password]).toEqual(['https:', '', '']);
        expect(to.pathname.endsWith('/healthz')).toBe(true);
        expect(reachOf(address.address)).toBe('public');
        expect(address.address).not.toMatch(INSIDE);
      }),
      { numRuns: 600 },
    );
    expect(called).toBeGreaterThan(3);
  });
});

describe('any manifest', () => {
  const tasks = [0, 1].map((line) =>
    ManifestTask.parse({
      ...{ line, batchFence: 1, index: line, kind: 'nft.generative', spec: {} },
      batchId: BatchId.parse('000000001-00000001'),
      taskId: TaskId.parse(`task-${line}`),
      uploads: [{ name: 'a.png', url: 'https://x.example', contentType: 'image/png', maxBytes: 1 }],
    }),
  );
  const text = manifestText(JOB_ID, tasks);

  it('is one, or refused by the schema or the syntax', () => {
    let read = 0;
    const edited = fc
      .tuple(fc.nat(text.length), fc.nat(3), anyText({ maxLength: 3 }))
      .map(([at, drop, put]) => text.slice(0, at) + put + text.slice(at + drop));
    fc.assert(
      fc.property(fc.oneof({ weight: 4, arbitrary: edited }, anyText(), fc.json()), (given) => {
        try {
          const { header, tasks: found } = parseManifest(given);
          expect(found).toHaveLength(header.tasks);
          read += 1;
        } catch (error) {
          expect(error instanceof z.ZodError || error instanceof SyntaxError).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
    expect(read).toBeGreaterThan(0);
  });

  it('is read no further than one line behind those it announces', () => {
    const endless = `${text}${JSON.stringify(tasks[0])}\n${'no JSON\n'.repeat(1000)}`;
    expect(() => parseManifest(endless)).toThrow('announces 2 tasks and does not list as many');
  });

  it('never announces more than 10,000 tasks', () => {
    const announced = (count: number) => text.replace('"tasks":2', `"tasks":${count}`);
    expect(() => parseManifest(announced(10_000))).toThrow('announces 10000 tasks');
    expect(() => parseManifest(announced(10_001))).toThrow(z.ZodError);
  });
});
