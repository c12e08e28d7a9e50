import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runDemo } from '../../infra/local/demo/run.ts';
import type { Report } from '../../infra/local/demo/snapshot.ts';
import type { Task } from '../../shared/model/task.ts';

const collection = { name: 'Small', seed: 'whole burst', supply: 8, size: 64 };

const token = (tokenId: number): Task => ({
  taskId: `small-${tokenId}`,
  kind: 'nft.generative',
  spec: { collection, tokenId },
  resources: { vramGb: tokenId % 2 === 0 ? 24 : 48 },
});

/** Sound for the client, refused by this deployment: no job may take that long. */
const tooLong: Task = { ...token(8), taskId: 'too-long', estimatedSeconds: 80_000 };

describe('a whole burst through processes, SDK clients and loopback HTTP', () => {
  const outDir = mkdtempSync(join(tmpdir(), 'burst-'));
  const said: string[] = [];
  let report: Report;

  beforeAll(async () => {
    report = await runDemo({
      work: { tasks: [...[1, 2, 3, 4, 5, 6].map(token), tooLong], files: new Map() },
      outDir,
      calm: true,
      flavour: 'caas',
      // A paid hour in 12 seconds.
      speed: 300,
      screen: {
        show: () => undefined,
        say: (line) => void said.push(line),
        close: () => undefined,
      },
      signal: new AbortController().signal,
      uptimeMs: () => performance.now(),
    });
  }, 120_000);

  afterAll(() => rmSync(outDir, { recursive: true, force: true }));

  it('finishes every accepted task, verified, and records the refused message', () => {
    expect(report.tasks).toEqual({ accepted: 6, done: 6, failed: 0, rejected: 1, cancelled: 0 });
    expect(report.verified).toEqual({ 're-render': 6 });
  });

  it('rents one cluster per GPU need and sees the end of both', () => {
    expect(report.clusters.map(({ gpuModel }) => gpuModel).sort()).toEqual(['L40', 'RTX 3090']);
    expect(report.clusters.every(({ confirmedGone }) => confirmedGone)).toBe(true);
  });

  it('is billed no more than it was quoted', () => {
    expect(report.billedUsd).toBeLessThanOrEqual(report.quotedUsd);
    expect(report.billedUsd).toBeGreaterThan(0);
  });

  it('ends every execution well and shows its history through the real client', () => {
    for (const execution of report.executions) {
      expect(execution.status).toBe('SUCCEEDED');
      expect(execution.historyEvents).toBeGreaterThan(execution.transitions);
    }
  });

  it('leaves the results where a person looks for them', () => {
    for (const id of ['small-1', 'small-6']) {
      const folder = join(outDir, 'results', id);
      expect(readFileSync(join(folder, 'image.png')).subarray(1, 4).toString()).toBe('PNG');
      expect(JSON.parse(readFileSync(join(folder, 'metadata.json'), 'utf8'))).toMatchObject({
        name: `Small #${id.at(-1)}`,
      });
    }
    expect(existsSync(join(outDir, 'results', 'too-long'))).toBe(false);
    expect(existsSync(join(outDir, 'contact-sheet.png'))).toBe(true);
  });
});
