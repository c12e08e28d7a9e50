import { describe, expect, it } from 'vitest';
import { gpuOptions } from '../../infra/estimate/gpu-options.ts';
import { DEFAULT_CATALOGUE } from '../../infra/local/ionet/catalogue.ts';
import { Requirement } from '../../shared/model/rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const requirement = (need: object, more: object = {}) =>
  Requirement.parse({
    tenant: 'default',
    image: `registry.test/worker@sha256:${'ab'.repeat(32)}`,
    need: { gpus: 1, vramGb: 1, ...need },
    gpuUsed: true,
    ...more,
  });

const judged = (need: object, more: object = {}, slots = 1) =>
  gpuOptions(DEFAULT_CATALOGUE, requirement(need, more), slots, testSettings());

const rows = (need: object, more: object = {}, slots = 1) =>
  judged(need, more, slots).options.map(
    ({ gpuModel, fits, chosen, why }) =>
      `${chosen ? 'chosen' : fits ? 'fits' : 'out'} ${gpuModel}: ${why}`,
  );

describe('the GPUs of a catalogue beside each other', () => {
  it('are all there, the cheapest chosen, the others with their price beside it', () => {
    expect(rows({})).toEqual([
      'chosen RTX 3090: cheapest: $0.2761 a slot and term',
      'fits RTX 4090: dearer: $0.3068 a slot and term, RTX 3090 $0.2761',
      'fits L40: dearer: $0.6748 a slot and term, RTX 3090 $0.2761',
      'fits H100 SXM: dearer: $2.1370 a slot and term, RTX 3090 $0.2761',
    ]);
    const [first] = judged({}).options;
    expect(first).toMatchObject({ vramGb: 24, usdPerGpuHour: 0.27, hardwareId: 203 });
  });

  it.each([
    [24, 'chosen RTX 3090: cheapest'],
    [25, 'out RTX 3090: 24 GB are below the 25 needed'],
  ])('say what memory is missing at a need of %i GB', (vramGb, expected) => {
    expect(rows({ vramGb })[0]).toContain(expected);
  });

  it('say that a model was not asked for, that a worker is too small, that a place is not allowed', () => {
    expect(rows({ gpuModels: ['L40'] })[0]).toBe('out RTX 3090: not asked for: L40');
    expect(rows({ gpus: 8 })[2]).toBe('out L40: 4 GPUs per worker are too few');
    expect(rows({}, { locations: ['FI'] })[2]).toMatch(/^out L40: .*(FI|allowed locations)/);
    expect(rows({ gpus: 2, nvlink: true })[1]).toBe('out RTX 4090: has no NVLink, which is needed');
  });

  it('say in the words of the planner why nothing can be rented', () => {
    const { options, offerId, noCapacity } = judged({ vramGb: 80 }, { locations: ['DE'] });
    expect(options.some(({ fits }) => fits)).toBe(false);
    expect(offerId).toBeUndefined();
    expect(noCapacity).toMatch(/on offer outside the allowed locations: H100 SXM in US/);
  });
});
