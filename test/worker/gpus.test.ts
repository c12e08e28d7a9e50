import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { askNvidiaSmi, type GpuReading, gpusFromCsv, watchGpus } from '../../worker/gpus.ts';

const folder = mkdtempSync(join(tmpdir(), 'burst-smi-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A program in the place of nvidia-smi. */
function program(name: string, script: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('what nvidia-smi prints', () => {
  it.each([
    [
      'a card that tells everything',
      'NVIDIA GeForce RTX 4090, 24564, 550.54.15, 7, [N/A]\n',
      [
        {
          model: 'NVIDIA GeForce RTX 4090',
          vramMb: 24_564,
          driver: '550.54.15',
          utilizationPercent: 7,
          mig: false,
        },
      ],
    ],
    [
      'a part of a card',
      'NVIDIA A100-SXM4-80GB, 81920, 535.129.03, [N/A], Enabled',
      [{ model: 'NVIDIA A100-SXM4-80GB', vramMb: 81_920, driver: '535.129.03', mig: true }],
    ],
    [
      'a card that does not tell its memory',
      'NVIDIA GB10, [N/A], [N/A], 101, Disabled',
      [{ model: 'NVIDIA GB10', vramMb: 0, mig: false }],
    ],
    ['two cards', 'T4, 1, 2, 0, Disabled\nL4, 3, 4, 100, Disabled\n', [{}, {}]],
    ['no card', '\n', []],
  ])('is read: %s', (_what, csv, gpus) => {
    expect(gpusFromCsv(csv)).toMatchObject(gpus);
    expect(gpusFromCsv(csv)).toHaveLength(gpus.length);
  });

  it.each([
    ['an error', 'Field "mig.mode.current" is not a valid field to query.'],
    ['memory with its unit', 'T4, 15360 MiB, 550, 0, Disabled'],
    ['no name', ', 15360, 550, 0, Disabled'],
    ['a column too few', 'T4, 15360, 550, 0'],
    ['a good line and a bad one', 'T4, 15360, 550, 0, Disabled\nhello'],
  ])('is not guessed at: %s', (_what, csv) => {
    expect(gpusFromCsv(csv)).toBeUndefined();
  });
});

describe('asking nvidia-smi', () => {
  it('asks for what is read', async () => {
    const smi = program(
      'right',
      'test "$1" = --query-gpu=name,memory.total,driver_version,utilization.gpu,mig.mode.current && test "$2" = --format=csv,noheader,nounits && echo "NVIDIA L4, 23034, 550.54.15, 0, Disabled"',
    );
    expect(await askNvidiaSmi(smi)).toMatchObject({
      gpus: [{ model: 'NVIDIA L4', vramMb: 23_034 }],
      gpusFrom: 'nvidia-smi',
    });
  });

  it.each([
    ['it is not there', () => join(folder, 'missing'), 'none: there is no nvidia-smi'],
    ['it fails', () => program('broken', 'exit 9'), 'none: nvidia-smi failed (9)'],
    ['it says no table', () => program('odd', 'echo hi'), 'none: nvidia-smi said something else'],
  ])('says so when %s', async (_how, path, gpusFrom) => {
    expect(await askNvidiaSmi(path())).toEqual({ gpus: [], gpusFrom });
  });
});

it('a watch tells the newest reading at once, and takes another when it is 15 seconds old', async () => {
  let now = 0;
  let asked = 0;
  let answer = (_reading: GpuReading): void => {};
  const reading = (n: number): GpuReading => ({ gpus: [], gpusFrom: `reading ${n}` });
  const ask = () => {
    asked += 1;
    if (asked === 1) return Promise.resolve(reading(1));
    return new Promise<GpuReading>((resolve) => {
      answer = resolve;
    });
  };
  const watch = await watchGpus(ask, () => now);
  now = 14_999;
  watch.reading();
  expect(asked).toBe(1);
  now = 15_000;
  expect([watch.reading(), watch.reading()]).toEqual([reading(1), reading(1)]);
  expect(asked).toBe(2);
  answer(reading(2));
  await Promise.resolve();
  expect(watch.reading()).toEqual(reading(2));
});
