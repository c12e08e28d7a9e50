import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDemo } from '../../infra/local/demo/run.ts';
import type { Report } from '../../infra/local/demo/snapshot.ts';

const collection = { name: 'Small', seed: 'the other flavour', supply: 2, size: 64 };

describe('a whole burst over the /clusters flavour', () => {
  const outDir = mkdtempSync(join(tmpdir(), 'burst-'));
  let report: Report;

  beforeAll(async () => {
    report = await runDemo({
      work: {
        tasks: [1, 2].map((tokenId) => ({
          taskId: `small-${tokenId}`,
          kind: 'nft.generative',
          spec: { collection, tokenId },
          resources: { vramGb: 24 },
        })),
        files: new Map(),
      },
      outDir,
      calm: true,
      flavour: 'clusters',
      speed: 300,
      screen: { show: () => undefined, say: () => undefined, close: () => undefined },
      signal: new AbortController().signal,
      uptimeMs: () => performance.now(),
    });
  }, 120_000);

  afterAll(() => rmSync(outDir, { recursive: true, force: true }));

  it('finishes every task, verified, and sees the end of its cluster', () => {
    expect(report.tasks).toMatchObject({ accepted: 2, done: 2 });
    expect(report.verified).toEqual({ 're-render': 2 });
    expect(report.clusters).toMatchObject([{ gpuModel: 'RTX 3090', confirmedGone: true }]);
    expect(report.executions.map(({ status }) => status)).toEqual(['SUCCEEDED']);
    const picture = readFileSync(join(outDir, 'results', 'small-2', 'image.png'));
    expect(picture.subarray(1, 4).toString()).toBe('PNG');
  });

  it('is quoted two hours and billed what it took of them, the first in full', () => {
    expect(report.billedUsd).toBeGreaterThanOrEqual(report.quotedUsd / 2);
    expect(report.billedUsd).toBeLessThan(report.quotedUsd);
  });

  it('reaches the workers through the provider, and asks nothing of the container API', () => {
    const calls = Object.keys(report.apiCalls.ionet ?? {});
    expect(calls).toEqual(
      expect.arrayContaining([
        ...['catalogue', 'price', 'deploy', 'look', 'destroy', 'list'],
        ...['health', 'submit', 'job', 'drain'],
      ]),
    );
    expect(calls).not.toContain('availability');
    expect(calls).not.toContain('containers');
  });
});
