import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { isAlike } from '../../shared/collect/tally.ts';
import type { Verdict } from '../../shared/kinds/kind.ts';
import { nftDiffusion } from '../../shared/kinds/nft-diffusion.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import { gpusFromCsv } from '../../worker/gpus.ts';
import { workerCallsContract } from '../contracts/worker-calls.contract.ts';
import { workerLifeContract } from '../contracts/worker-life.contract.ts';
import { workerTasksContract } from '../contracts/worker-tasks.contract.ts';
import { aDiffusionSpec, diffusionSpec } from '../kinds/diffusion/make.ts';
import { echo, manifestTasks, prepareJob } from '../support/jobs.ts';
import { type ObjectStore, openObjectStore } from '../support/object-store.ts';
import { PYTHON, startPythonWorker } from '../support/python-worker.ts';
import { endOfJob } from '../support/reports.ts';
import { TOKEN, type WorkerProcess } from '../support/worker-process.ts';

const LIBRARIES = fileURLToPath(new URL('../support/stand_in_libraries', import.meta.url));
const SOURCES = fileURLToPath(new URL('../../worker/diffusion', import.meta.url));

describe.skipIf(PYTHON === undefined)('with python3 of 3.11 or newer', () => {
  workerCallsContract('Python', startPythonWorker);
  workerTasksContract('Python', startPythonWorker);
  workerLifeContract('Python', startPythonWorker);

  let store: ObjectStore;
  const workers: WorkerProcess[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'burst-model-'));
  let n = 0;

  beforeAll(async () => {
    store = await openObjectStore();
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.kill()));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await store.close();
  });

  type Input = ReturnType<typeof diffusionSpec>;

  /** Has one job of pictures made; the verdict of their kind on each, by line. */
  async function verdictsOn(
    specs: readonly Input[],
    environment: Record<string, string>,
    options: Parameters<typeof startPythonWorker>[1] = {},
  ) {
    n += 1;
    const worker = await startPythonWorker(environment, options);
    workers.push(worker);
    const works = specs.map((spec) => ({ kind: 'nft.diffusion', spec }));
    const tasks = manifestTasks(store, n, works).map((task, line): ManifestTask => {
      const outputs = nftDiffusion.outputs(aDiffusionSpec(specs[line]));
      const uploads = outputs.map((file) => ({
        ...file,
        url: store.url(`pictures/${n}/${line}/${file.name}`),
      }));
      return { ...task, uploads };
    });
    const job = prepareJob(store, n, [], { tasks });
    await worker.call('POST', '/jobs', job);
    const report = await endOfJob(worker, job.jobId);
    const verdicts = specs.map((spec, line) => {
      const files = ['image.png', 'metadata.json'].flatMap((name) => {
        const bytes = store.objects.get(`pictures/${n}/${line}/${name}`)?.bytes;
        return bytes === undefined ? [] : [[name, bytes] as const];
      });
      return nftDiffusion.verify(aDiffusionSpec(spec), new Map(files));
    });
    return { report, verdicts };
  }

  const resultOf = (verdict: Verdict | undefined) => {
    if (verdict?.verified !== 'vote') throw new Error(JSON.stringify(verdict));
    return { digest: verdict.digest, ...(verdict.likeness && { likeness: verdict.likeness.hash }) };
  };

  describe('pictures by the Python worker', () => {
    const odd = 'un “phare” \\ à l’aube\u2028 — 灯台 🏮 "x"\u00a0/';
    const specs: Input[] = [
      ...Array.from({ length: 5 }, (_, seed) => diffusionSpec({ seed })),
      diffusionSpec({
        prompt: odd.replace('\u2028', ''),
        negativePrompt: 'text',
        guidance: 7,
        metadata: {
          name: 'Phare #1',
          description: odd.replace('\u2028', ''),
          attributes: [{ trait_type: 'Light', value: 'é' }],
        },
      }),
    ];

    it('pass the look of their kind to the last byte of metadata, made in passes that halve when memory runs out', async () => {
      const small = await verdictsOn(specs, { BURST_TEST_ROOM: '2', BURST_TEST_NOISE: 'one GPU' });
      expect(small.report).toMatchObject({ status: 'succeeded', failures: [] });
      expect(small.report.uploaded.toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
      const large = await verdictsOn(specs, { BURST_TEST_NOISE: 'another GPU' });
      for (const [line, verdict] of small.verdicts.entries()) {
        const [one, other] = [resultOf(verdict), resultOf(large.verdicts[line])];
        expect(one.digest).not.toBe(other.digest);
        expect(isAlike(one, other, 10)).toBe(true);
        expect(isAlike(one, resultOf(large.verdicts[(line + 1) % 6]), 10)).toBe(false);
      }
    });

    it('fail alone: one that ends the process of its pass, and one whose spec is none', async () => {
      const { prompt: _none, ...bare } = diffusionSpec({ seed: 4 });
      const mixed = [
        diffusionSpec({ seed: 1 }),
        diffusionSpec({ prompt: 'crash' }),
        diffusionSpec({ seed: 3 }),
      ];
      const { report } = await verdictsOn(mixed, {});
      expect(report.uploaded.toSorted()).toEqual([0, 2]);
      expect(report.failures).toEqual([
        { line: 1, class: 'executor', message: 'executor process ended: exit code 3' },
      ]);

      const worker = await startPythonWorker();
      workers.push(worker);
      const job = prepareJob(store, 90, [{ kind: 'nft.diffusion', spec: bare }, echo('next')]);
      await worker.call('POST', '/jobs', job);
      expect(await endOfJob(worker, job.jobId)).toMatchObject({
        uploaded: [1],
        failures: [{ line: 0, class: 'bad-spec', message: expect.stringContaining('spec.prompt') }],
      });
    });
  });

  describe('the entry of the diffusion image', () => {
    it.each([
      ['a short token', { BURST_TOKEN: 'short' }],
      ['a slot too many', { BURST_SLOTS: '65' }],
      ['GPUs that are no list', { BURST_GPUS: '{}' }],
      ['a clock that stands', { BURST_CLOCK: '{"speed":0}' }],
      ['no model', { BURST_MODEL_DIR: tmpdir() }],
    ])('does not start with %s: exit code 64', async (_what, environment) => {
      const starting = startPythonWorker(
        { BURST_MODEL_DIR: tmpdir(), ...environment },
        { executor: 'real' },
      );
      await expect(starting).rejects.toThrow('ended with 64');
    });

    it('starts with a model folder, says that it uses a GPU, and fails a task it has no library for', async () => {
      mkdirSync(join(folder, 'unet', '.cache'), { recursive: true });
      writeFileSync(join(folder, 'model_index.json'), '{}');
      writeFileSync(join(folder, 'unet', 'weights.safetensors'), 'weights');
      writeFileSync(join(folder, 'unet', '.cache', 'note'), 'of a downloader');
      const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
      const lines = [
        `${sha256('{}')}  model_index.json\n`,
        `${sha256('weights')}  unet/weights.safetensors\n`,
      ];
      const worker = await startPythonWorker({ BURST_MODEL_DIR: folder }, { executor: 'real' });
      workers.push(worker);
      expect((await worker.call('GET', '/healthz')).body).toMatchObject({
        gpuUsed: true,
        gpus: [],
      });
      const spec = (digest: string) => ({
        ...diffusionSpec(),
        model: { name: 'm', sha256: digest },
      });
      const model = sha256(lines.join(''));
      const works = [model, 'e'.repeat(64)].map((one) => ({
        kind: 'nft.diffusion',
        spec: spec(one),
      }));
      const job = prepareJob(store, 91, works);
      await worker.call('POST', '/jobs', job);
      const { failures } = await endOfJob(worker, job.jobId);
      expect(failures.map((failure) => failure.class)).toEqual(['executor', 'executor']);
      // No machine of these tests has torch and diffusers; one that had them would fail on the weights.
      expect(failures[0]?.message).not.toContain('not the one asked for');
      expect(failures[1]?.message).toBe(
        `this image brings the model ${model}, not the one asked for`,
      );
    });
  });

  describe('the executor of the image, with stand-ins for its libraries', () => {
    const sha256 = (words: string) => createHash('sha256').update(words).digest('hex');
    const model = { name: 'm', sha256: sha256(`${sha256('{}')}  model_index.json\n`) };
    const specs = [0, 1, 2, 3, 4].map((seed) => diffusionSpec({ model, seed }));

    /** The verdicts on one job of pictures, so many of them taken at a time, and how many were in each pass. */
    async function made(room: number, batch = 5, wanted = specs) {
      const dir = mkdtempSync(join(folder, 'alone-'));
      mkdirSync(join(dir, 'model'));
      writeFileSync(join(dir, 'model', 'model_index.json'), '{}');
      const environment = {
        ...{
          PYTHONPATH: LIBRARIES,
          BURST_MODEL_DIR: join(dir, 'model'),
          BURST_BATCH: String(batch),
        },
        ...{ BURST_TEST_ROOM: String(room), BURST_TEST_PASSES: join(dir, 'passes') },
      };
      const job = await verdictsOn(wanted, environment, { executor: 'real' });
      const passes = readFileSync(join(dir, 'passes'), 'utf8').trim().split('\n').map(Number);
      return { ...job, passes };
    }

    it('halves a pass when CUDA memory runs out, frees it first, and makes the same pictures', async () => {
      const [whole, halved] = [await made(5), await made(2)];
      expect([whole.passes, halved.passes]).toEqual([[5], [5, 3, 2, 2, 1]]);
      const digests = whole.verdicts.map((verdict) => resultOf(verdict).digest);
      expect(new Set(digests).size).toBe(5);
      expect(halved.verdicts.map((verdict) => resultOf(verdict).digest)).toEqual(digests);
    });

    it('tries no pass again that was too large for the one before', async () => {
      const { passes, report } = await made(1, 3);
      expect(passes).toEqual([3, 2, 1, 1, 1, 1, 1]);
      expect(report.uploaded).toHaveLength(5);
    });

    it('fails a picture that the filter of its model has blackened, and hands in its neighbours', async () => {
      const lewd = specs.map((spec, n) => (n === 3 ? { ...spec, prompt: 'lewd' } : spec));
      const { report } = await made(5, 5, lewd);
      expect(report.uploaded.toSorted()).toEqual([0, 1, 2, 4]);
      const message = expect.stringContaining("the model's own filter");
      expect(report.failures).toEqual([{ line: 3, class: 'bad-spec', message }]);
    });

    it('gives up a picture that does not fit alone, and says so', async () => {
      const { report, passes } = await made(0);
      expect(passes).toEqual([5, 3, 2, 1]);
      expect(report.uploaded).toEqual([]);
      expect(report.failures).toHaveLength(5);
      for (const failure of report.failures) {
        expect(failure).toMatchObject({
          class: 'executor',
          message: expect.stringMatching(/OutOfMemoryError/),
        });
      }
    });
  });

  it('anything but a request of the contract is refused in JSON, and the worker is well after it', async () => {
    const worker = await startPythonWorker();
    workers.push(worker);
    const { port } = new URL(worker.url);
    const head = `POST /jobs HTTP/1.1\r\nauthorization: Bearer ${TOKEN}\r\n`;
    const requests = [
      '\0\r\n\r\n',
      'GET /healthz HTTP/9.9\r\n\r\n',
      `${head}content-length: -1\r\n\r\n`,
      `${head}transfer-encoding: chunked\r\n\r\nzz\r\n`,
      `${head}transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`,
      `${head}content-length: 60000\r\n\r\n${'['.repeat(60_000)}`,
      `${head}content-length: 9\r\n\r\n${'9'.repeat(9)}`,
      `${head}content-length: 10\r\n\r\n{"a": NaN}`,
    ];
    for (const request of requests) {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(request));
      const reply = await text(socket);
      expect(JSON.parse(reply.slice(reply.indexOf('{')))).toEqual({ error: expect.any(String) });
    }
    expect((await worker.call('GET', '/healthz')).status).toBe(200);
  });

  it('both workers read the same from the same driver', () => {
    const tables = [
      'NVIDIA GeForce RTX 4090, 24564, 550.54.15, 7, [N/A]\n',
      'NVIDIA A100-SXM4-80GB, 81920, 535.129.03, [N/A], Enabled\nL4, 1, 2, 101, Disabled',
      'NVIDIA GB10, [N/A], [N/A], 0, Disabled',
      'T4, 15360 MiB, 550, 0, Disabled',
      'T4, 15360, 550, 0',
      ', 1, 2, 3, 4',
      '',
    ];
    const script =
      'import json, sys; from burst_worker.gpus import gpus_from_csv; print(json.dumps([gpus_from_csv(t) for t in json.load(sys.stdin)]))';
    const { stdout } = spawnSync(PYTHON ?? '', ['-B', '-c', script], {
      cwd: SOURCES,
      input: JSON.stringify(tables),
      encoding: 'utf8',
    });
    expect(JSON.parse(stdout)).toEqual(tables.map((table) => gpusFromCsv(table) ?? null));
  });
});
