import { createServer } from 'node:http';
import { CreateBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AwsServices } from '../../infra/local/cloud/aws-services.ts';
import { listen } from '../../infra/local/cloud/listen.ts';
import { s3Client } from '../../shared/aws/clients.ts';
import { type ApiCall, countCalls } from '../../shared/aws/count-calls.ts';
import { s3Artifacts } from '../../shared/aws/s3-artifacts.ts';
import { type MemoryArtifacts, memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { instantOf } from '../../shared/model/time.ts';
import type { Artifacts } from '../../shared/ports.ts';
import { artifactsContract, type UrlUser } from './artifacts.contract.ts';
import { localAws, REGION } from './local-aws.ts';

const BUCKET = 'artifacts';
let services: AwsServices;
let client: S3Client;
let artifacts: Artifacts;
const calls: ApiCall[] = [];

beforeAll(async () => {
  const local = await localAws();
  services = local.services;
  client = s3Client(local.access);
  await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  countCalls(client, (call) => calls.push(call));
  artifacts = s3Artifacts({ client, bucket: BUCKET });
});
afterAll(async () => {
  client.destroy();
  await services.close();
});

const httpUrls: UrlUser = {
  upload: async (url, bytes, contentType) => {
    const headers = { 'content-type': contentType };
    return (await fetch(url, { method: 'PUT', body: Buffer.from(bytes), headers })).status;
  },
  download: async (url) => {
    const { status, ok, arrayBuffer } = await fetch(url).then(async (response) => ({
      status: response.status,
      ok: response.ok,
      arrayBuffer: await response.arrayBuffer(),
    }));
    return ok ? { status, bytes: new Uint8Array(arrayBuffer) } : { status };
  },
};

const STATUS = { done: 200, forbidden: 403, missing: 404 } as const;
const memoryUrls = (memory: MemoryArtifacts): UrlUser => ({
  upload: async (url, bytes, contentType) => STATUS[memory.upload(url, { bytes, contentType })],
  download: async (url) => {
    const answer = memory.download(url);
    return typeof answer === 'string'
      ? { status: STATUS[answer] }
      : { status: 200, bytes: answer.bytes };
  },
});

artifactsContract('memory', async () => {
  const memory = memoryArtifacts({ clock: { now: () => instantOf(0) } });
  return { artifacts: memory, urls: memoryUrls(memory) };
});
artifactsContract('S3', async () => ({ artifacts, urls: httpUrls }));

describe('artifacts (S3)', () => {
  it('signs the content type and no checksum into an upload URL', async () => {
    const url = new URL(await artifacts.writeUrl('key', { seconds: 90, contentType: 'image/png' }));
    expect(url.searchParams.get('X-Amz-SignedHeaders')?.split(';')).toContain('content-type');
    expect(url.searchParams.get('X-Amz-Expires')).toBe('90');
    expect([...url.searchParams.keys()].filter((name) => /checksum/i.test(name))).toEqual([]);
  });

  it.each([
    { maxBytes: 5, answer: { found: false, why: 'too-large' } },
    { maxBytes: 6, answer: { found: true } },
  ])('caps 6 bytes of unannounced length at $maxBytes', async ({ maxBytes, answer }) => {
    const server = createServer((_request, response) => {
      response.write('abc');
      response.end('def');
    });
    const { url: endpoint } = await listen(server);
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
    const stranger = s3Client({ region: REGION, endpoint, credentials });
    const capped = s3Artifacts({ client: stranger, bucket: BUCKET });
    expect(await capped.get('key', { maxBytes })).toMatchObject(answer);
    stranger.destroy();
    server.close();
  });

  it('names the object when a call fails', async () => {
    const elsewhere = s3Artifacts({ client, bucket: 'no-such-bucket' });
    await expect(elsewhere.get('some/key', { maxBytes: 1 })).rejects.toThrow(
      /reading object some\/key failed: NoSuchBucket/,
    );
  });

  it('counts requests, and signing as none', async () => {
    calls.length = 0;
    await artifacts.readUrl('key', { seconds: 60 });
    await artifacts.remove('key');
    expect(calls).toEqual([{ service: 'S3', operation: 'DeleteObject' }]);
  });
});

describe('artifacts (memory)', () => {
  let nowMs = 0;
  const memory = memoryArtifacts({ clock: { now: () => instantOf(nowMs) } });
  const bytes = new Uint8Array([1]);

  it.each([
    { atMs: 59_999, answer: 'done' },
    { atMs: 60_000, answer: 'forbidden' },
    { atMs: 60_001, answer: 'forbidden' },
  ])('lets a URL of 60 s be used after $atMs ms: $answer', async ({ atMs, answer }) => {
    nowMs = 0;
    const url = await memory.writeUrl('key', { seconds: 60, contentType: 'text/plain' });
    nowMs = atMs;
    expect(memory.upload(url, { bytes, contentType: 'text/plain' })).toBe(answer);
  });

  it('refuses another content type and another direction, as S3 would', async () => {
    const url = await memory.writeUrl('key', { seconds: 60, contentType: 'text/plain' });
    expect(memory.upload(url, { bytes, contentType: 'text/html' })).toBe('forbidden');
    expect(memory.download(url)).toBe('forbidden');
    const reading = await memory.readUrl('key', { seconds: 60 });
    expect(memory.upload(reading, { bytes, contentType: 'text/plain' })).toBe('forbidden');
  });
});
