import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { addressFinding } from '../../infra/doctor/address.ts';
import {
  examineImage,
  examineProvider,
  examineStores,
  unasked,
} from '../../infra/doctor/examine.ts';
import { clockFinding, type Finding, isWell, storeFailure } from '../../infra/doctor/findings.ts';
import { providerPorts, storePorts } from '../../infra/doctor/ports.ts';
import { reportText } from '../../infra/doctor/report-text.ts';
import type { AwsServices } from '../../infra/local/cloud/aws-services.ts';
import { createLedgerTable } from '../../infra/local/cloud/ledger-table.ts';
import { dynamoDbClient, s3Client } from '../../shared/aws/clients.ts';
import { doctorConfigFrom } from '../../shared/config.ts';
import { BASE_URLS } from '../../shared/ionet/flavour.ts';
import { instantOf } from '../../shared/model/time.ts';
import { localAws, REGION } from '../contracts/local-aws.ts';
import { API_KEY, DIGEST, IMAGE, ionetWorld } from '../support/ionet-world.ts';
import { type Scripted, scriptedServer } from '../support/scripted-server.ts';

const states = (findings: readonly Finding[]) =>
  Object.fromEntries(findings.map(({ check, state }) => [check, state]));
const only = (findings: readonly Finding[], check: Finding['check']) =>
  findings.find((one) => one.check === check);

describe('the doctor looks at the provider', () => {
  let close: () => Promise<unknown> = async () => undefined;
  afterEach(() => close());

  async function simulated(
    options: Parameters<typeof ionetWorld>[0] = {},
    changes: Readonly<Record<string, string>> = {},
  ) {
    const world = await ionetWorld(options);
    close = world.close;
    const config = doctorConfigFrom({
      IONET_API_KEY: API_KEY,
      IONET_BASE_URL: world.simulator.baseUrl,
      ...changes,
    });
    const ports = providerPorts(config, { now: () => instantOf(world.time.now()) });
    return 'wrong' in ports ? unasked(ports.wrong) : examineProvider(ports.ports);
  }

  it('and finds all well, with the price of an hour and no credits', async () => {
    const findings = await simulated();
    expect(isWell(findings)).toBe(true);
    expect(states(findings)).toEqual({
      ...{ api: 'ok', key: 'ok', clock: 'ok', catalogue: 'ok', price: 'ok', credits: 'unknown' },
    });
    expect(only(findings, 'price')?.says).toBe(
      '0.276075 USD for one RTX 3090 hour in US, fees included',
    );
    expect(only(findings, 'credits')?.says).toContain('not readable through the API');
  });

  it('through its other flavour as well', async () => {
    const world = await ionetWorld();
    close = world.close;
    const config = doctorConfigFrom({
      IONET_API_KEY: API_KEY,
      IONET_API_FLAVOUR: 'clusters',
      IONET_BASE_URL: world.simulator.clustersUrl,
    });
    const ports = providerPorts(config, { now: () => instantOf(world.time.now()) });
    if ('wrong' in ports) throw new Error(ports.wrong.says);
    expect(isWell(await examineProvider(ports.ports))).toBe(true);
  });

  it('and prices whole machines where smaller ones are not rented', async () => {
    const findings = await simulated({ behaviour: { fewestGpusPerContainer: 8 } });
    expect(only(findings, 'price')).toMatchObject({
      state: 'ok',
      says: expect.stringContaining('only workers of 8 GPUs are priced'),
    });
  });

  it('and says what is wrong with the key, and what cannot be asked without it', async () => {
    const findings = await simulated({}, { IONET_API_KEY: 'an-old-key' });
    expect(states(findings)).toMatchObject({
      key: 'failed',
      catalogue: 'skipped',
      price: 'skipped',
    });
    expect(only(findings, 'key')?.mend).toContain('ai.io.net/ai/api-keys');
    expect(isWell(findings)).toBe(false);
  });

  it('and says that nothing is free', async () => {
    const findings = await simulated({ catalogue: { locations: [], hardware: [] } });
    expect(states(findings)).toMatchObject({ key: 'ok', catalogue: 'failed', price: 'skipped' });
  });

  it.each([
    { changes: { IONET_API_KEY: '' }, bad: 'key', mend: /ai\.io\.net\/ai\/api-keys/ },
    { changes: { IONET_API_KEY: 'two\nlines' }, bad: 'key', mend: /ai\.io\.net\/ai\/api-keys/ },
    {
      changes: { IONET_BASE_URL: 'http://api.example' },
      bad: 'api',
      mend: /^unset IONET_BASE_URL/,
    },
    { changes: { IONET_BASE_URL: 'api.example' }, bad: 'api', mend: /^unset IONET_BASE_URL/ },
    { changes: { IONET_BASE_URL: 'https://a:two@api.example' }, bad: 'api', mend: /^unset IONET_/ },
    { changes: { IONET_API_FLAVOUR: 'vmaas' }, bad: 'api', mend: /^set IONET_API_FLAVOUR to caas/ },
  ] as const)(
    'and says which variable is not usable in $changes',
    async ({ changes, bad, mend }) => {
      const findings = await simulated({}, changes);
      const failures = findings.filter(({ state }) => state === 'failed');
      expect(failures).toEqual([
        expect.objectContaining({ check: bad, mend: expect.stringMatching(mend) }),
      ]);
      expect(failures[0]?.says).toMatch(/IONET_|API key/);
      expect(failures[0]?.says).not.toContain('two');
      expect(findings.map(({ check }) => check).sort()).toEqual([
        'api',
        'catalogue',
        'clock',
        'credits',
        'key',
        'price',
      ]);
    },
  );

  async function against(scripted: (path: string) => Scripted, flavour = 'caas', path = '') {
    const server = await scriptedServer((request) => scripted(request.path));
    close = server.close;
    const config = doctorConfigFrom({
      ...{ IONET_API_KEY: API_KEY, IONET_API_FLAVOUR: flavour },
      IONET_BASE_URL: `${server.baseUrl}${path}`,
    });
    const ports = providerPorts(config, { now: () => instantOf(0) });
    if ('wrong' in ports) throw new Error(ports.wrong.says);
    const findings = await examineProvider(ports.ports);
    expect(reportText(findings)).not.toContain(API_KEY);
    return findings;
  }

  it.each<{ scripted: Scripted; check: Finding['check']; mend: RegExp }>([
    {
      scripted: { status: 429, headers: { 'retry-after': '7' } },
      ...{ check: 'key', mend: /ask again in 7 s/ },
    },
    { scripted: { status: 400, body: { key_set: true } }, check: 'key', mend: /make a key/ },
    { scripted: { status: 402 }, check: 'key', mend: /buy IO Credits/ },
    {
      scripted: { status: 401, body: { detail: `bad ${API_KEY}` } },
      ...{ check: 'key', mend: /make a key.*sent to IONET_BASE_URL \(http/ },
    },
    { scripted: 'hang up', check: 'api', mend: /connection to 127\.0\.0\.1:\d+ broke off/ },
    { scripted: { status: 503 }, check: 'api', mend: /in trouble: ask again later/ },
    {
      scripted: { status: 404 },
      ...{ check: 'api', mend: /=http:\/\/127\.0\.0\.1:\d+\/enterprise\/v1\/io-cloud\/caas$/ },
    },
    {
      scripted: { status: 301, headers: { location: '/' } },
      check: 'api',
      mend: /^unset IONET_BASE/,
    },
    {
      scripted: { body: '<!doctype html>' },
      check: 'api',
      mend: /^unset IONET_BASE_URL for io\.net/,
    },
  ])('and has a mend for $scripted, without the key', async ({ scripted, check, mend }) => {
    const findings = (await against(() => scripted)).filter(({ check }) => check !== 'clock');
    expect(findings.filter(({ state }) => state === 'failed')).toEqual([
      expect.objectContaining({ check, mend: expect.stringMatching(mend) }),
    ]);
  });

  it.each([
    { flavour: 'caas', served: '/clusters', body: { clusters: [], total: 0 }, set: 'clusters' },
    {
      flavour: 'clusters',
      served: '/deployments',
      body: { deployments: [], total: 0 },
      set: 'caas',
    },
  ])('and says which flavour is spoken there when it is not $flavour', async (one) => {
    const findings = await against(
      (path) => (path === one.served ? { body: one.body } : { status: 404 }),
      one.flavour,
    );
    expect(only(findings, 'api')).toMatchObject({
      state: 'failed',
      says: expect.stringMatching(/^GET http:\/\/127\S+ answered 404$/),
      mend: expect.stringMatching(new RegExp(`set IONET_API_FLAVOUR=${one.set}$`)),
    });
  });

  it('and tells a catalogue that cannot be read from an address that is wrong', async () => {
    const findings = await against((path) => ({
      body: path === '/deployments' ? { deployments: [], total: 0 } : { hardware: 'none' },
    }));
    expect(states(findings)).toMatchObject({ api: 'ok', key: 'ok', catalogue: 'failed' });
    expect(only(findings, 'catalogue')?.mend).toContain('has changed this reply');
  });
});

describe('the address', () => {
  const address = { flavour: 'caas', baseUrl: BASE_URLS.caas } as const;
  it.each([
    ['getaddrinfo ENOTFOUND api.io.solutions', /cannot be resolved: check its spelling/],
    ['connect ECONNREFUSED 127.0.0.1:1', /^nothing listens at api\.io\.solutions/],
    ['self-signed certificate in certificate chain', /cannot prove who it is by TLS/],
    ['no answer within 10000 ms', /does not answer from here/],
    ['read ECONNRESET', /broke off/],
  ])('that gives "%s" has a mend of its own', (why, mend) => {
    const finding = addressFinding(address, { kind: 'none', why }, 'nothing', false);
    expect(finding.mend).toMatch(mend);
    expect(finding.says).toContain(`GET ${BASE_URLS.caas}/deployments: ${why}`);
  });

  it.each([
    ['caas', /the address is the published one/],
    ['clusters', /publishes no such API: unset IONET_API_FLAVOUR/],
  ] as const)('of io.net itself where %s is not', (flavour, mend) => {
    const nothing = { text: '', contentType: '', retryAfter: undefined, date: undefined };
    const reply = { kind: 'answer', status: 404, ...nothing } as const;
    const at = { flavour, baseUrl: BASE_URLS[flavour] };
    expect(addressFinding(at, reply, 'another', false).mend).toMatch(mend);
  });

  it.each([
    ['caas', '/enterprise/v1/io-cloud/caas', 'clusters', '/enterprise/v1/io-cloud'],
    ['clusters', '/enterprise/v1/io-cloud/', 'caas', '/enterprise/v1/io-cloud/caas'],
  ] as const)('of a server of your own without %s leads to its other API', (...one) => {
    const [flavour, path, other, otherPath] = one;
    const nothing = { text: '', contentType: '', retryAfter: undefined, date: undefined };
    const reply = { kind: 'answer', status: 404, ...nothing } as const;
    const origin = 'http://127.0.0.1:8123';
    const at = { flavour, baseUrl: `${origin}${path}` };
    expect(addressFinding(at, reply, 'another', false).mend).toMatch(
      `IONET_API_FLAVOUR=${other} and IONET_BASE_URL=${origin}${otherPath}`,
    );
  });
});

describe('the clock', () => {
  const at = (seconds: number) => instantOf(Date.UTC(2026, 10, 22) + seconds * 1000);
  it.each([
    { ours: -61, state: 'failed', words: '61 s behind' },
    { ours: -60, state: 'ok', words: '60 s behind' },
    { ours: 60, state: 'ok', words: '60 s ahead' },
    { ours: 61, state: 'failed', words: '61 s ahead' },
  ])('$ours s off is $state', ({ ours, state, words }) => {
    const finding = clockFinding('Sun, 22 Nov 2026 00:00:00 GMT', at(ours - 1), at(ours + 1));
    expect(finding).toMatchObject({ state, says: expect.stringContaining(words) });
  });

  it.each([undefined, 'yesterday'])('cannot be told from %o', (date) => {
    expect(clockFinding(date, at(0), at(0)).state).toBe('unknown');
  });
});

describe('the image', () => {
  it.each([
    { image: IMAGE, state: 'ok', says: 'pinned to sha256:aaaa' },
    { image: 'registry.example/worker:latest', state: 'failed', says: 'no digest' },
    { image: 'registry.example/worker@sha256:12', state: 'failed', says: '64 hexadecimal' },
    { image: IMAGE, state: 'ok', says: 'Not asked: whether a registry has it' },
    { image: `https://${IMAGE}`, state: 'failed', says: 'begins with a protocol' },
    { image: ` ${IMAGE}`, state: 'failed', says: 'a blank around' },
    { image: IMAGE.replace('worker', 'Worker'), state: 'failed', says: 'capital letters' },
    { image: `@${DIGEST}`, state: 'failed', says: 'not registry/name' },
    { image: IMAGE.replace(/a{64}/, '0'.repeat(64)), state: 'failed', says: 'placeholder' },
    { image: undefined, state: 'failed', says: 'BURST_IMAGE is not set' },
  ])('$image is $state', ({ image, state, says }) => {
    const finding = examineImage(doctorConfigFrom({ BURST_IMAGE: image }).image);
    expect(finding).toMatchObject({ state, says: expect.stringContaining(says) });
  });
});

describe('the stores', () => {
  let services: AwsServices;
  let endpoint: string;
  beforeAll(async () => {
    const local = await localAws();
    services = local.services;
    endpoint = services.url;
    const [s3, dynamoDb] = [s3Client(local.access), dynamoDbClient(local.access)];
    await s3.send(new CreateBucketCommand({ Bucket: 'artifacts' }));
    await createLedgerTable(dynamoDb, 'ledger');
    for (const client of [s3, dynamoDb]) client.destroy();
  });
  afterAll(() => services.close());

  const look = (changes: Readonly<Record<string, string | undefined>> = {}) => {
    const config = doctorConfigFrom({
      ...{ AWS_REGION: REGION, BURST_BUCKET: 'artifacts', BURST_TABLE: 'ledger' },
      ...{ BURST_AWS_ENDPOINT: endpoint, ...changes },
    });
    return examineStores(config, storePorts(config));
  };

  it('are reachable', async () => {
    expect(states(await look())).toEqual({ bucket: 'ok', table: 'ok' });
  });

  it.each([
    { changes: { BURST_BUCKET: 'nobodys' }, bad: 'bucket', says: 'does not exist' },
    { changes: { BURST_TABLE: 'nobodys' }, bad: 'table', says: 'does not exist' },
    { changes: { BURST_TABLE: undefined }, bad: 'table', says: 'BURST_TABLE is not set' },
    { changes: { AWS_REGION: 'here' }, bad: 'bucket', says: 'must be a region' },
    { changes: { BURST_BUCKET: 'artifacts/x' }, bad: 'bucket', says: 'name of a bucket alone' },
    { changes: { BURST_BUCKET: 's3://artifacts' }, bad: 'bucket', says: 'name of a bucket alone' },
    { changes: { BURST_TABLE: 'a/b/c' }, bad: 'table', says: 'name of a table alone' },
    { changes: { BURST_AWS_ENDPOINT: 'aws' }, bad: 'table', says: 'BURST_AWS_ENDPOINT: ' },
  ] as const)('are told apart when $changes', async ({ changes, bad, says }) => {
    const finding = only(await look(changes), bad);
    expect(finding).toMatchObject({ state: 'failed', says: expect.stringContaining(says) });
    expect(finding?.mend).toContain(Object.keys(changes)[0]);
  });

  it.each([
    { name: 'CredentialsProviderError', mend: /sign in/ },
    { name: 'AccessDeniedException', mend: /dynamodb:DescribeTable/ },
    { name: 'TimeoutError', mend: /let this machine reach AWS/ },
    { name: 'ExpiredTokenException', mend: /sign in again/ },
  ])('have a mend for $name', ({ name, mend }) => {
    const error = Object.assign(new Error('no'), { name });
    expect(storeFailure('table', 'ledger', error).mend).toMatch(mend);
  });
});

describe('npm run doctor', () => {
  const MAIN = fileURLToPath(new URL('../../infra/doctor/main.ts', import.meta.url));
  async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...args], { env });
    const words = { stdout: '', stderr: '' };
    child.stdout.on('data', (text) => (words.stdout += text));
    child.stderr.on('data', (text) => (words.stderr += text));
    const [code] = await once(child, 'close');
    return { code, ...words };
  }

  it('prints one JSON object, no secret, and exits with 1 where something failed', async () => {
    const server = await scriptedServer(() => ({ status: 403, body: { detail: API_KEY } }));
    const { code, stdout, stderr } = await run(['--json', '--provider-only'], {
      ...{ IONET_API_KEY: API_KEY, IONET_BASE_URL: server.baseUrl, BURST_IMAGE: IMAGE },
    });
    await server.close();
    expect(stderr).toBe('');
    const { ok, findings } = JSON.parse(stdout);
    expect([code, ok]).toEqual([1, false]);
    expect(states(findings)).toEqual({
      ...{ api: 'ok', key: 'failed', catalogue: 'skipped', price: 'skipped', image: 'ok' },
      ...{ clock: 'ok', bucket: 'skipped', table: 'skipped', credits: 'unknown' },
    });
    expect(stdout).not.toContain(API_KEY);
  });

  it('exits with 0 where nothing failed', async () => {
    const offers = { offers: [{ gpu_model: 'NVIDIA_4090', location: 'FI', available_workers: 1 }] };
    const price = { num_gpus: 1, duration_hours: 1, total_usd: 0.3 };
    const server = await scriptedServer(({ path }) => ({
      body: path === '/clusters' ? { clusters: [], total: 0 } : path === '/offers' ? offers : price,
    }));
    const { code, stdout } = await run(['--provider-only'], {
      ...{ IONET_API_KEY: API_KEY, IONET_BASE_URL: server.baseUrl, BURST_IMAGE: IMAGE },
      IONET_API_FLAVOUR: 'clusters',
    });
    await server.close();
    expect([code, stdout]).toEqual([0, expect.stringContaining('nothing failed, 2 not looked at')]);
  });

  it('exits with 2 for words it cannot use, in one line', async () => {
    const { code, stderr } = await run(['--nonsense']);
    expect(code).toBe(2);
    expect(stderr.trim().split('\n')).toEqual([expect.stringContaining('--nonsense')]);
  });
});
