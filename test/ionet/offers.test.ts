import { describe, expect, it } from 'vitest';
import { hardwareOf, offersOf, shapesFor } from '../../shared/ionet/offers.ts';
import { idText, type WireId, wireId } from '../../shared/ionet/schemas.ts';

const hardware = (name: string, max: number) => ({
  hardware_id: 5,
  hardware_name: name,
  max_gpus_per_container: max,
});

describe('shapesFor', () => {
  it.each([
    { gpus: 1, max: 1, sizes: [1] },
    { gpus: 1, max: 7, sizes: [1] },
    { gpus: 1, max: 8, sizes: [1, 8] },
    { gpus: 2, max: 8, sizes: [2, 8] },
    { gpus: 3, max: 7, sizes: [3] },
    { gpus: 3, max: 8, sizes: [3, 8] },
    { gpus: 5, max: 8, sizes: [5, 8] },
    { gpus: 7, max: 8, sizes: [7, 8] },
    { gpus: 4, max: 3, sizes: [] },
    { gpus: 8, max: 7, sizes: [] },
    { gpus: 8, max: 8, sizes: [8] },
  ])(
    'gives a task of $gpus GPUs workers of $sizes where $max is the most',
    ({ gpus, max, sizes }) => {
      const shapes = shapesFor({ gpus, vramGb: 1 }, [hardware('GeForce RTX 4090', max)]);
      expect(shapes.map(({ gpusPerWorker }) => gpusPerWorker)).toEqual(sizes);
    },
  );

  it.each([
    { name: 'GeForce RTX 4090', need: { gpus: 1, vramGb: 24 }, found: 'RTX 4090' },
    { name: 'GeForce RTX 4090', need: { gpus: 1, vramGb: 25 }, found: undefined },
    { name: 'NVIDIA L40S', need: { gpus: 1, vramGb: 48 }, found: 'L40S' },
    { name: 'NVIDIA L40S', need: { gpus: 1, vramGb: 1, gpuModels: ['L40'] }, found: undefined },
    { name: 'A100', need: { gpus: 1, vramGb: 1 }, found: undefined },
    { name: 'A100-SXM4-40GB', need: { gpus: 1, vramGb: 41 }, found: undefined },
    { name: 'A100-SXM4-80GB', need: { gpus: 1, vramGb: 80 }, found: 'A100 SXM 80GB' },
    {
      name: 'A100-SXM4-80GB',
      need: { gpus: 1, vramGb: 1, gpuModels: ['A100 80GB'] },
      found: 'A100 SXM 80GB',
    },
    {
      name: 'A100-SXM4-80GB',
      need: { gpus: 1, vramGb: 1, gpuModels: ['A100 40GB'] },
      found: undefined,
    },
    { name: 'H100 80GB HBM3', need: { gpus: 2, vramGb: 1, nvlink: true }, found: 'H100 SXM' },
    { name: 'H100 PCIe', need: { gpus: 2, vramGb: 1, nvlink: true }, found: undefined },
    { name: 'RTX 4090 Laptop', need: { gpus: 1, vramGb: 1 }, found: undefined },
    { name: 'Apple M2', need: { gpus: 1, vramGb: 1 }, found: undefined },
  ])('resolves "$name" for $need to $found', ({ name, need, found }) => {
    expect(shapesFor(need, [hardware(name, 8)])[0]?.gpuModel).toBe(found);
  });
});

describe('offersOf', () => {
  const shape = { hardwareId: 5, gpuModel: 'RTX 4090', gpusPerWorker: 1 };
  const replicas = [
    { id: 1, iso2: 'us ', available_replicas: 3 },
    { id: 'eu-1', iso2: 'DE', available_replicas: 1 },
    { id: 3, iso2: 'FI', available_replicas: 0 },
    { id: 4, iso2: 'Europe', available_replicas: 9 },
  ];

  it('keeps countries with a free worker', () => {
    expect(offersOf(shape, replicas, undefined)).toEqual([
      {
        offerId: '5/1x@1',
        gpuModel: 'RTX 4090',
        gpusPerWorker: 1,
        location: 'US',
        locationId: '1',
        availableWorkers: 3,
      },
      {
        offerId: '5/1x@eu-1',
        gpuModel: 'RTX 4090',
        gpusPerWorker: 1,
        location: 'DE',
        locationId: 'eu-1',
        availableWorkers: 1,
      },
    ]);
  });

  it('keeps only the countries that are allowed', () => {
    expect(offersOf(shape, replicas, ['DE', 'FI']).map(({ location }) => location)).toEqual(['DE']);
  });
});

describe('ids', () => {
  const ids: WireId[] = [0, 17, -1, 'gpu_1x_l40', '8H100.80S.176V', '17', 'a/1x@b', 'US'];

  it.each(ids)('sends %o back as it came', (id) => {
    expect(wireId(idText(id))).toBe(id);
  });

  it.each(ids)('finds hardware %o in its offer', (hardwareId) => {
    const shape = { hardwareId, gpuModel: 'L40', gpusPerWorker: 1 };
    const [offer] = offersOf(
      shape,
      [{ id: 'x/1x@y', iso2: 'US', available_replicas: 1 }],
      undefined,
    );
    expect(offer && hardwareOf(offer)).toBe(hardwareId);
  });

  it('refuses an offer of another provider', () => {
    expect(() => hardwareOf({ offerId: 'abc', locationId: '1', gpusPerWorker: 1 })).toThrow(
      'abc is not one of this provider',
    );
    expect(() => hardwareOf({ offerId: '/1x@1', locationId: '1', gpusPerWorker: 1 })).toThrow(
      'is not one of this provider',
    );
  });
});
