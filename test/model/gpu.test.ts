import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  GPU_MODELS,
  GpuNeed,
  gpuMeets,
  hasMemoryOf,
  isGpuModel,
  knownGpuModel,
  modelsNamed,
  needInWords,
} from '../../shared/model/gpu.ts';
import { GPUS } from '../../shared/model/gpu-table.ts';

const need = (changes: Readonly<Record<string, unknown>> = {}) => GpuNeed.parse(changes);
const vramGbOf = (model: string) => GPUS.get(model)?.vramGb;

describe('the table of GPUs', () => {
  it.each([
    ['RTX 3090', 24, 'bridge'],
    ['RTX 4090', 24, 'none'],
    ['RTX 5090', 32, 'none'],
    ['RTX A6000', 48, 'bridge'],
    ['L4', 24, 'none'],
    ['L40S', 48, 'none'],
    ['A100 SXM 40GB', 40, 'board'],
    ['A100 80GB', 80, 'bridge'],
    ['H100 PCIe', 80, 'bridge'],
    ['H100 SXM', 80, 'board'],
    ['H100 NVL', 94, 'bridge'],
    ['H200', 141, 'board'],
    ['B200', 192, 'board'],
    ['B300', 288, 'board'],
  ])('gives %s %i GB and NVLink by %s', (model, vramGb, nvlink) => {
    expect(GPUS.get(model)).toMatchObject({ vramGb, nvlink });
  });

  it('names a source for every row, and a row resolves to itself', () => {
    for (const [model, { source }] of GPUS) {
      expect(source, model).toMatch(/^NVIDIA, .{4,}/);
      expect(knownGpuModel(model), model).toBe(model);
    }
  });

  it('has the facts of a form agree with those of its model', () => {
    for (const model of GPU_MODELS) {
      for (const form of GPU_MODELS.filter((other) => isGpuModel(model, other))) {
        expect(vramGbOf(form), form).toBe(vramGbOf(model));
        if (form !== model) expect(GPUS.get(model)?.nvlink, model).toBe('bridge');
      }
    }
  });
});

describe('free text', () => {
  it.each([
    ['NVIDIA_3090', 'RTX 3090'],
    ['4090', 'RTX 4090'],
    ['GeForce RTX 4090', 'RTX 4090'],
    ['NVIDIA GeForce RTX 4090', 'RTX 4090'],
    ['NVIDIA® GeForce RTX™ 4090 24 GB', 'RTX 4090'],
    ['RTX4090 (24GB)', 'RTX 4090'],
    ['geforce rtx 3090 ti', 'RTX 3090 Ti'],
    ['RTX 4080 SUPER', 'RTX 4080 SUPER'],
    ['NVIDIA RTX A6000', 'RTX A6000'],
    ['NVIDIA RTX 6000 Ada Generation', 'RTX 6000 Ada'],
    ['NVIDIA RTX PRO 6000 Blackwell Server Edition', 'RTX PRO 6000'],
    ['Tesla T4', 'T4'],
    ['NVIDIA L40', 'L40'],
    ['NVIDIA L40S', 'L40S'],
    ['A100_80G', 'A100 80GB'],
    ['A100-SXM4-80GB', 'A100 SXM 80GB'],
    ['NVIDIA A100-SXM4-40GB', 'A100 SXM 40GB'],
    ['NVIDIA A100-PCIE-40GB', 'A100 PCIe 40GB'],
    ['NVIDIA A100 80GB PCIe', 'A100 PCIe 80GB'],
    ['h100-sxm', 'H100 SXM'],
    ['H100-SXM5-80GB', 'H100 SXM'],
    ['NVIDIA H100 80GB HBM3', 'H100 SXM'],
    ['NVIDIA H100 PCIe', 'H100 PCIe'],
    ['NVIDIA H100 NVL', 'H100 NVL'],
    ['H100 NVL 94GB', 'H100 NVL'],
    ['H100 80GB', 'H100'],
    ['NVIDIA H200', 'H200'],
    ['NVIDIA H200 NVL', 'H200 NVL'],
    ['NVIDIA B200', 'B200'],
    ['NVIDIA B300 SXM6 AC', 'B300'],
  ])('"%s" is the model %s', (text, model) => {
    expect(modelsNamed(text)).toEqual([model]);
  });

  it.each([
    ['A100', ['A100 40GB', 'A100 80GB']],
    ['NVIDIA A100 PCIe', ['A100 PCIe 40GB', 'A100 PCIe 80GB']],
    ['A100-SXM4', ['A100 SXM 40GB', 'A100 SXM 80GB']],
  ])('"%s" without its memory may be %j, and is not guessed', (text, models) => {
    expect(modelsNamed(text)).toEqual(models);
    expect(knownGpuModel(text)).toBeUndefined();
  });

  it.each([
    ['another chip', 'NVIDIA GeForce RTX 4090 Laptop GPU'],
    ['another chip', 'GeForce RTX 3090 Max-Q'],
    ['another chip', 'RTX 4090 Mobile'],
    ['another chip', 'GeForce RTX 4090 D'],
    ['another chip', 'NVIDIA A10G'],
    ['another chip', 'NVIDIA A100X'],
    ['another chip', 'NVIDIA GH200 480GB'],
    ['another chip', 'NVIDIA GB200'],
    ['another chip', 'Quadro RTX 6000'],
    ['another chip', 'NVIDIA RTX PRO 6000 Blackwell Max-Q Workstation Edition'],
    ['a slice of a chip', 'NVIDIA H100 80GB HBM3 MIG 1g.10gb'],
    ['a slice of a chip', 'GRID A100-20C'],
    ['other memory', 'RTX 4090 48GB'],
    ['other memory', 'H100 64GB'],
    ['other memory', 'A100-SXM-64GB'],
    ['two sizes', 'A100 40GB 80GB'],
    ['a size glued to a form', 'A100SXM480GB'],
    ['several cards', '8x H100'],
    ['a letter of another alphabet', 'RTX 4\u041e90'],
    ['a letter of another alphabet', 'L40\u017f'],
    ['a letter of another alphabet', 'H100\u0425'],
    ['a digit of another script', 'RTX \uff14090'],
    ['no name', ''],
    ['no name', 'NVIDIA'],
    ['no name', '80GB'],
    ['a property of objects', 'constructor'],
    ['a text without end', `RTX 4090${' '.repeat(5000)}D`],
  ])('of %s is no model: "%s"', (_what, text) => {
    expect(modelsNamed(text)).toEqual([]);
  });

  const word = fc.constantFrom(
    ...['NVIDIA', 'GeForce', 'RTX', 'Tesla', 'A100', 'H100', 'H200', 'B200', '4090', '3090', 'Ti'],
    ...[
      'L4',
      'L40',
      'L40S',
      'T4',
      'SXM',
      'SXM4',
      'SXM5',
      'PCIe',
      'NVL',
      'HBM3',
      'Laptop',
      'Max-Q',
      'D',
    ],
    ...['24GB', '40GB', '80GB', '80 GB', '94G', '141GB', '480GB', 'SUPER', '4080', 'Ada', '6000'],
  );
  const text = fc
    .array(fc.tuple(word, fc.constantFrom(' ', '-', '_', '')), { minLength: 1, maxLength: 5 })
    .map((words) => words.flat().join(''));

  it('never resolves to a model with another memory than it names', () => {
    let resolved = 0;
    fc.assert(
      fc.property(text, (written) => {
        const model = knownGpuModel(written);
        if (model === undefined) return;
        resolved += 1;
        const sizes = [...written.matchAll(/(\d+) ?G/g)].map((match) => Number(match[1]));
        expect(sizes.filter((size) => size !== vramGbOf(model))).toEqual([]);
      }),
      { numRuns: 5000 },
    );
    expect(resolved).toBeGreaterThan(100);
  });

  it('means at most one model once it names the memory', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(...GPUS.values()), (written, { vramGb }) => {
        expect(modelsNamed(`${written} ${vramGb}GB`).length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 2000 },
    );
  });

  it('means the same in any case and with any separators', () => {
    fc.assert(
      fc.property(fc.constantFrom(...GPU_MODELS), fc.constantFrom(' ', '-', '_'), (model, by) => {
        const written = model.replaceAll(' ', by);
        for (const one of [written.toLowerCase(), written.toUpperCase(), `NVIDIA ${written}`]) {
          expect(knownGpuModel(one)).toBe(model);
        }
      }),
    );
  });
});

describe('a need', () => {
  it.each([
    [{ vramGb: 24 }, 'RTX 4090', true],
    [{ vramGb: 25 }, 'RTX 4090', false],
    [{ vramGb: 80 }, 'A100 40GB', false],
    [{ vramGb: 94 }, 'H100 NVL', true],
    [{ vramGb: 95 }, 'H100 NVL', false],
    [{ gpuModels: ['H100'] }, 'H100', true],
    [{ gpuModels: ['H100'] }, 'H100 SXM', true],
    [{ gpuModels: ['H100'] }, 'H100 NVL', false],
    [{ gpuModels: ['H100 SXM'] }, 'H100', false],
    [{ gpuModels: ['H100 SXM'] }, 'H100 PCIe', false],
    [{ gpuModels: ['A100 80GB'] }, 'A100 PCIe 80GB', true],
    [{ gpuModels: ['A100 80GB'] }, 'A100 SXM 40GB', false],
    [{ gpuModels: ['A100 40GB'] }, 'A100 80GB', false],
    [{ gpuModels: ['H200'] }, 'H200 NVL', false],
    [{ gpus: 2, nvlink: true }, 'H100 SXM', true],
    [{ gpus: 2, nvlink: true }, 'H100', false],
    [{ gpus: 2, nvlink: true }, 'H100 NVL', false],
    [{ gpus: 2, nvlink: true }, 'RTX 3090', false],
    [{ gpus: 2, nvlink: false }, 'RTX 4090', true],
    [{}, 'nonesuch', false],
    [{}, 'constructor', false],
  ])('of %j is met by %s: %s', (changes, model, met) => {
    expect(gpuMeets(need(changes), model)).toBe(met);
  });

  it('without NVLink is the same written out', () => {
    expect(JSON.stringify(need({ nvlink: false }))).toBe(JSON.stringify(need()));
  });

  it('is read again as it was written', () => {
    for (const model of GPU_MODELS) {
      const once = need({ gpuModels: [model.replaceAll(' ', '_')], nvlink: true, gpus: 2 });
      expect(once.gpuModels).toEqual([model]);
      expect(need(once)).toEqual(once);
    }
  });

  it.each([
    [{}, '1 GPU of 1 GB or more'],
    [
      { gpus: 2, vramGb: 80, gpuModels: ['H100-SXM'], nvlink: true },
      '2 GPUs (H100 SXM) of 80 GB or more, joined by NVLink',
    ],
  ])('of %j reads "%s"', (changes, words) => {
    expect(needInWords(need(changes))).toBe(words);
  });
});

describe('memory as a driver shows it', () => {
  // Totals that nvidia-smi shows, with ECC where the card has it on from the factory.
  it.each([
    ['RTX 3090', 24_576],
    ['RTX 4090', 24_564],
    ['RTX 5090', 32_607],
    ['T4', 15_109],
    ['A10', 23_028],
    ['L4', 23_034],
    ['L40S', 46_068],
    ['A100 PCIe 40GB', 40_536],
    ['A100 SXM 80GB', 81_920],
    ['H100 SXM', 81_559],
    ['H200', 143_771],
    ['B200', 182_630],
  ])('is that of a %s where it shows %i MiB', (model, vramMb) => {
    expect(hasMemoryOf(model, vramMb)).toBe(true);
  });

  it.each([
    ['a quarter of the chip', 'H100 SXM', 20_096],
    ['the smaller card', 'A100 80GB', 40_960],
    ['the 64 GB card', 'A100 80GB', 65_536],
    ['the next smaller card', 'RTX 4090', 20_475],
    ['nothing', 'RTX 3090', 0],
    ['an unknown model', 'nonesuch', 1_000_000],
  ])('is not: %s', (_what, model, vramMb) => {
    expect(hasMemoryOf(model, vramMb)).toBe(false);
  });

  it('may be two in a hundred less than the vendor says, and no more', () => {
    const least = Math.ceil((24e9 * 0.98) / 2 ** 20);
    expect([least, least - 1].map((vramMb) => hasMemoryOf('RTX 4090', vramMb))).toEqual([
      true,
      false,
    ]);
  });
});
