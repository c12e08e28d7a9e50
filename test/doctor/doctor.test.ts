import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { examineImage, examineProvider, examineStores } from '../../infra/doctor/examine.ts';
import { clockFinding, type Finding, isWell, storeFailure } from '../../infra/doctor/findings.ts';
import { providerPorts, storePorts } from '../../infra/doctor/ports.ts';
import { reportText } from '../../infra/doctor/report-text.ts';
import type { AwsServices } from '../../infra/local/cloud/aws-services.ts';
import { createLedgerTable } from '../../infra/local/cloud/ledger-table.ts';
import { dynamoDbClient, s3Client } from '../../shared/aws/clients.ts';
import { doctorConfigFrom } from '../../shared/config.ts';
import { instantOf } from '../../shared/model/time.ts';
import { localAws, REGION } from '../contracts/local-aws.ts';
import { API_KEY, IMAGE, ionetWorld } from '../support/ionet-world.ts';
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
    return 'wrong' in ports
      ? examineProvider(undefined, ports.wrong)
      : examineProvider(ports.ports, '');
  }

  it('and finds all well, with the price of an hour and no credits', async () => {
    const findings = await simulated();
    expect(isWell(findings)).toBe(true);
    expect(states(findings)).toEqual({
      ...{ key: 'ok', clock: 'ok', catalogue: 'ok', price: 'ok', credits: 'unknown' },
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
    if ('wrong' in ports) throw new Error(ports.wrong);
    expect(isWell(await examineProvider(ports.ports, ''))).toBe(true);
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
    { IONET_API_KEY: '' },
    { IONET_API_KEY: 'two\nlines' },
    { IONET_BASE_URL: 'http://api.example' },
    { IONET_API_FLAVOUR: 'vmaas' },
  ])('and says which variable is not usable in %o', async (changes) => {
    const [key] = await simulated({}, changes);
    expect(key).toMatchObject({ check: 'key', state: 'failed' });
    expect(key?.says).toMatch(/IONET_|API key/);
    expect(key?.says).not.toContain('two');
  });

  it.each<{ scripted: Scripted; mend: RegExp }>([
    { scripted: { status: 429, headers: { 'retry-after': '7' } }, mend: /ask again in 7 s/ },
    { scripted: { status: 404 }, mend: /IONET_BASE_URL and IONET_API_FLAVOUR/ },
    { scripted: { status: 400, body: { key_set: true } }, mend: /make a key/ },
    { scripted: { status: 402 }, mend: /buy IO Credits/ },
    { scripted: 'hang up', mend: /check the network/ },
    { scripted: { status: 401, body: { detail: `bad ${API_KEY}` } }, mend: /make a key/ },
  ])('and has a mend for $scripted, without the key', async ({ scripted, mend }) => {
    const server = await scriptedServer(() => scripted);
    close = server.close;
    const config = doctorConfigFrom({ IONET_API_KEY: API_KEY, IONET_BASE_URL: server.baseUrl });
    const ports = providerPorts(config, { now: () => instantOf(0) });
    if ('wrong' in ports) throw new Error(ports.wrong);
    const findings = await examineProvider(ports.ports, '');
    expect(only(findings, 'key')).toMatchObject({
      state: 'failed',
      mend: expect.stringMatching(mend),
    });
    expect(reportText(findings)).not.toContain(API_KEY);
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
  ] as const)('are told apart when $changes', async ({ changes, bad, says }) => {
    const finding = only(await look(changes), bad);
    expect(finding).toMatchObject({ state: 'failed', says: expect.stringContaining(says) });
    expect(finding?.mend).toBeTruthy();
  });

  it.each([
    { name: 'CredentialsProviderError', mend: /sign in/ },
    { name: 'AccessDeniedException', mend: /dynamodb:DescribeTable/ },
    { name: 'TimeoutError', mend: /network/ },
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
      ...{ key: 'failed', catalogue: 'skipped', price: 'skipped', image: 'ok' },
      ...{ clock: 'skipped', bucket: 'skipped', table: 'skipped', credits: 'unknown' },
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
