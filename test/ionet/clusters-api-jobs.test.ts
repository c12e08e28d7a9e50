import { afterEach, describe, expect, it } from 'vitest';
import { createProviderJobs } from '../../shared/ionet/clusters-api-jobs.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { BurstId, jobIdOf, WorkerId } from '../../shared/model/ids.ts';
import { Instant, instantOf } from '../../shared/model/time.ts';
import type { Answer, Jobs } from '../../shared/ports.ts';
import { API_KEY } from '../support/ionet-world.ts';
import { type Scripted, type Seen, scriptedServer } from '../support/scripted-server.ts';
import { unusableReplies } from '../support/unusable-replies.ts';

const TOKEN = 'a-token-only-this-cluster-has';
const worker = { workerId: WorkerId.parse('w/1'), url: 'clusters/c%2F1', token: TOKEN };
const job = {
  jobId: jobIdOf(BurstId.parse('burst-0123456789ab'), 7),
  manifestUrl: 'https://bucket.example/manifest',
  manifestSha256: sha256Of('manifest'),
  deadlineAt: Instant.parse('2026-11-22T10:30:00.000Z'),
};
const { jobId, manifestSha256 } = job;

const report = {
  jobId,
  manifestSha256,
  status: 'running',
  uploaded: [0],
  failures: [],
  checkpoints: [],
  slotSeconds: 3,
};
const health = { contract: 1, status: 'ready', slots: 1, gpus: [], gpuUsed: true };

const relayed = (status: number, body: unknown) => ({
  body: { worker_id: worker.workerId, worker_reply: { status, body } },
});

let server: Awaited<ReturnType<typeof scriptedServer>>;
afterEach(() => server?.close());

async function jobsOf(
  answer: (request: Seen, n: number) => Scripted,
  timeoutMilliseconds = 5000,
): Promise<Jobs> {
  server = await scriptedServer(answer);
  return createProviderJobs({
    baseUrl: server.baseUrl,
    apiKey: API_KEY,
    clock: { now: () => instantOf(0) },
    timeoutMilliseconds,
  });
}

/** Every question of the port, with a reply of the worker that answers it. */
const QUESTIONS: readonly {
  readonly question: string;
  readonly ask: (jobs: Jobs) => Promise<Answer<unknown>>;
  readonly good: readonly [status: number, body: unknown];
  readonly value: unknown;
}[] = [
  { question: 'health', ask: (jobs) => jobs.health(worker), good: [200, health], value: health },
  {
    question: 'submit',
    ask: (jobs) => jobs.submit(worker, job),
    good: [202, { jobId }],
    value: { accepted: true },
  },
  {
    question: 'get',
    ask: (jobs) => jobs.get(worker, jobId),
    good: [200, report],
    value: report,
  },
  {
    question: 'cancel',
    ask: (jobs) => jobs.cancel(worker, jobId),
    good: [200, report],
    value: undefined,
  },
  { question: 'drain', ask: (jobs) => jobs.drain(worker), good: [200, health], value: undefined },
];

describe('the requests of the jobs adapter of the /clusters flavour', () => {
  it('are these, with the key for the provider and the token for the worker', async () => {
    const jobs = await jobsOf(() => relayed(200, {}));
    for (const { ask } of QUESTIONS) await ask(jobs);
    expect(server.seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'GET /clusters/c%2F1/workers/w%2F1/health',
      'POST /clusters/c%2F1/jobs',
      `GET /jobs/${jobId}`,
      `POST /jobs/${jobId}/cancel`,
      'POST /clusters/c%2F1/workers/w%2F1/drain',
    ]);
    for (const { headers } of server.seen) {
      expect(headers).toMatchObject({ 'x-api-key': API_KEY, authorization: `Bearer ${TOKEN}` });
    }
  });

  it('submit with exactly these fields', async () => {
    const jobs = await jobsOf(() => relayed(202, { jobId }));
    await jobs.submit(worker, job);
    expect(server.seen[0]?.body).toEqual({
      job_id: jobId,
      worker_id: 'w/1',
      manifest_url: job.manifestUrl,
      manifest_sha256: manifestSha256,
      deadline_at: job.deadlineAt,
    });
  });
});

describe.each(QUESTIONS)('a question: $question', ({ ask, good, value }) => {
  const notAsked = { kind: 'not-asked', why: expect.any(String) };
  const silent = { kind: 'silent', why: expect.any(String) };

  it('is answered by the worker', async () => {
    const jobs = await jobsOf(() => relayed(...good));
    expect(await ask(jobs)).toEqual({ kind: 'answered', value });
  });

  it('meets a silent worker where the provider says so', async () => {
    const body = { worker_id: worker.workerId, worker_reply: null };
    expect(await ask(await jobsOf(() => ({ body })))).toEqual(silent);
  });

  it.each([
    { what: 'nonsense', status: 418, body: 'a teapot' },
    { what: 'an error', status: 500, body: { error: 'internal error' } },
  ])('takes $what of the worker for silence', async ({ status, body }) => {
    expect(await ask(await jobsOf(() => relayed(status, body)))).toEqual(silent);
  });

  const whole = { worker_id: worker.workerId, worker_reply: { status: good[0], body: good[1] } };
  it.each([
    ...unusableReplies({}),
    { what: 'an answer for another worker', scripted: { body: { ...whole, worker_id: 'w/2' } } },
    { what: 'a worker of a wrong type', scripted: { body: { ...whole, worker_id: [1] } } },
    { what: 'no reply field', scripted: { body: { worker_id: worker.workerId } } },
    {
      what: 'a status that is none',
      scripted: { body: { ...whole, worker_reply: { status: -1, body: good[1] } } },
    },
    { what: '401', scripted: { status: 401, body: { detail: 'Invalid API key' } } },
    { what: '404 as an error page', scripted: { status: 404, body: '<html>gone</html>' } },
    {
      what: '429',
      scripted: { status: 429, headers: { 'retry-after': '999999999' }, body: { detail: 'no' } },
    },
  ])('is not asked when the provider sends $what', async ({ scripted }) => {
    expect(await ask(await jobsOf(() => scripted))).toEqual(notAsked);
  });

  it.each(['hang up', 'silence', 'drip'] as const)(
    'is not asked when the provider meets it with "%s"',
    async (scripted) => {
      expect(await ask(await jobsOf(() => scripted, 150))).toEqual(notAsked);
    },
  );

  it('is not asked at an address of another flavour', async () => {
    const jobs = await jobsOf(() => relayed(...good));
    for (const url of ['https://worker.example', 'clusters/', 'clusters/a/b', 'clusters/%']) {
      const elsewhere: Jobs = {
        health: (to) => jobs.health({ ...to, url }),
        submit: (to, what) => jobs.submit({ ...to, url }, what),
        get: (to, id) => jobs.get({ ...to, url }, id),
        cancel: (to, id) => jobs.cancel({ ...to, url }, id),
        drain: (to) => jobs.drain({ ...to, url }),
      };
      expect(await ask(elsewhere)).toEqual(notAsked);
    }
    expect(server.seen).toEqual([]);
  });
});

describe('a refusal in the words of the provider', () => {
  const refusing = (status: number) => jobsOf(() => ({ status, body: { detail: 'no' } }));

  it.each([404, 410])('is silence of a worker that is not known (%i)', async (status) => {
    const jobs = await refusing(status);
    const silent = { kind: 'silent', why: 'the provider knows no such worker' };
    expect(await jobs.health(worker)).toEqual(silent);
    expect(await jobs.submit(worker, job)).toEqual(silent);
    expect(await jobs.drain(worker)).toEqual(silent);
  });

  it('is the answer that a job never arrived', async () => {
    const jobs = await refusing(404);
    const answered = { kind: 'answered', value: undefined };
    expect(await jobs.get(worker, jobId)).toEqual(answered);
    expect(await jobs.cancel(worker, jobId)).toEqual(answered);
  });

  it.each([400, 409, 413, 422])('turns a job down (%i)', async (status) => {
    const jobs = await refusing(status);
    expect(await jobs.submit(worker, job)).toEqual({
      kind: 'answered',
      value: { accepted: false, reason: expect.stringContaining('provider') },
    });
  });

  it('keeps key and token out of what is said about it', async () => {
    const jobs = await jobsOf(({ headers }) => ({
      status: 403,
      body: { detail: `not for ${headers['x-api-key']} and ${headers.authorization}` },
    }));
    const { why } = { why: '', ...(await jobs.health(worker)) };
    expect(why).toContain('not for [secret] and Bearer [secret]');
  });
});
