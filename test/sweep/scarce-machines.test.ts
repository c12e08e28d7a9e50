import { describe, expect, it } from 'vitest';
import { Tenant } from '../../shared/model/ids.ts';
import { ProfileRow } from '../../shared/model/rows.ts';
import { yieldingProfiles } from '../../shared/sweep/scarce-machines.ts';
import { at, NOW } from '../support/burst-rows.ts';

type Fields = Readonly<Record<string, unknown>>;

const need = { gpus: 1, vramGb: 24 };
const profileOf = (
  tenant: string,
  profile: string,
  { slots = 0, openedAt = at(-5000), ...more }: Fields & { slots?: number; openedAt?: string } = {},
  requirement: Fields = {},
) =>
  ProfileRow.parse({
    v: 1,
    profile: profile.repeat(12),
    requirement: { tenant, image: 'x', need, gpuUsed: true, ...requirement },
    seq: 1,
    bursts:
      slots === 0
        ? []
        : [{ burstId: `burst-${profile.repeat(12)}`, state: 'open', slots, openedAt }],
    oldestOpen: '000000001-00000001',
    ...more,
  });

/** Refused for want of machines; its pause was over so many seconds ago. */
const refused = (secondsAgo = 0): Fields => ({
  cooldownReason: 'CapacityUnavailable: no-capacity: none free',
  cooldownUntil: at(-secondsAgo),
});
const yielders = (...profiles: ProfileRow[]) => [
  ...yieldingProfiles(profiles, { tenantWeights: {} }, NOW).keys(),
];
const TENANT = Tenant.parse('amber');
const AMBER = 'a'.repeat(12);

describe('where machines are scarce, a tenant with more GPUs', () => {
  const amber = profileOf('amber', 'a', { slots: 2 });

  it('lets one open first that was refused and asks again, and is told why', () => {
    const birch = profileOf('birch', 'b', { slots: 1, ...refused() });
    expect([...yieldingProfiles([amber, birch], { tenantWeights: {} }, NOW)]).toEqual([
      [
        AMBER,
        'fair-share: tenant amber has 2 GPUs; 1 with fewer for their weight could not get any and ask first',
      ],
    ]);
  });

  it.each([
    ['one fewer', 1, [AMBER]],
    ['as many', 2, []],
    ['one more', 3, ['b'.repeat(12)]],
  ])('or as many goes by who has fewer: the other has %s', (_, slots, yields) => {
    const both = [
      profileOf('amber', 'a', { slots: 2, ...refused() }),
      profileOf('birch', 'b', { slots, ...refused() }),
    ];
    expect(yielders(...both)).toEqual(yields);
  });

  it('is judged by its weight', () => {
    const birch = profileOf('birch', 'b', { slots: 1, ...refused() });
    const yields = (heavy: number) =>
      yieldingProfiles([amber, birch], { tenantWeights: { [TENANT]: heavy } }, NOW).size;
    expect([1, 2, 3].map(yields)).toEqual([1, 0, 0]);
  });

  it.each([
    ['its pause is not over', -0.001, 0],
    ['its pause is just over', 0, 1],
    ['it could still ask', 599, 1],
    ['it could have asked long ago', 600, 0],
  ])('waits for another only while that asks: %s', (_, secondsAgo, count) => {
    const birch = profileOf('birch', 'b', refused(secondsAgo));
    expect(yielders(amber, birch)).toHaveLength(count);
  });

  it.each<[string, Fields, Fields]>([
    ['has asked since', { slots: 1, openedAt: at(-50), ...refused(60) }, {}],
    [
      'was refused for want of money',
      { cooldownReason: 'BudgetExceeded: x', cooldownUntil: NOW },
      {},
    ],
    ['has nothing to do', { oldestOpen: undefined, ...refused() }, {}],
    [
      'needs what the first has no use for',
      refused(),
      { need: { gpus: 1, gpuModels: ['H100 SXM'] } },
    ],
    ['looks elsewhere', refused(), { locations: ['FI'] }],
  ])('does not wait for one that %s', (_, fields, requirement) => {
    const there = profileOf(
      'amber',
      'a',
      { slots: 2 },
      { locations: ['DE', 'US'], need: { ...need, gpuModels: ['RTX 4090'] } },
    );
    expect(yielders(there, profileOf('birch', 'b', fields, requirement))).toEqual([]);
  });

  it('does not wait for itself, nor where nobody was refused', () => {
    const more = profileOf('amber', 'c', refused());
    expect(yielders(amber, more)).toEqual([]);
    expect(yielders(amber, profileOf('birch', 'b'))).toEqual([]);
  });

  it('counts what it has in all of its profiles', () => {
    const second = profileOf('amber', 'c', { slots: 1 });
    const birch = profileOf('birch', 'b', { slots: 2, ...refused() });
    expect(yielders(amber, second, birch)).toEqual([AMBER, 'c'.repeat(12)]);
  });
});
