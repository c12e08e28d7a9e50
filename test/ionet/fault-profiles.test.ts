import { describe, expect, it } from 'vitest';
import { Behaviour, seededRandom } from '../../infra/local/ionet/behaviour.ts';
import {
  FAULT_PROFILES,
  type FaultProfileName,
  faultProfile,
} from '../../infra/local/ionet/fault-profiles.ts';
import { createFaults } from '../../infra/local/ionet/faults.ts';

const names = Object.keys(FAULT_PROFILES).filter(
  (name): name is FaultProfileName => name in FAULT_PROFILES,
);

const taken = (name: FaultProfileName, operation: 'look' | 'deploy' | 'destroy', times: number) => {
  const { first = [], standing = [] } = faultProfile(name);
  const faults = createFaults({ faults: standing, random: seededRandom(1) });
  for (const fault of first) faults.add(fault);
  return Array.from({ length: times }, () => faults.take(operation)).filter(
    (one) => one !== undefined,
  );
};

describe('fault profiles', () => {
  it.each(names)('%s is one a simulator can play', (name) => {
    expect(() => Behaviour.parse(faultProfile(name).behaviour ?? {})).not.toThrow();
    expect(faultProfile(name).says).toMatch(/^[a-z].+[^.]$/);
    taken(name, 'deploy', 1);
  });

  it('happen to the first calls, or to a share of all', () => {
    expect(taken('none', 'deploy', 1000)).toEqual([]);
    expect(taken('sold-out', 'deploy', 10)).toHaveLength(3);
    expect(taken('no-credits', 'deploy', 10)).toHaveLength(10);
    expect(taken('no-credits', 'look', 10)).toHaveLength(0);
    expect(taken('key-expired', 'destroy', 10)).toHaveLength(10);
    const throttled = taken('throttled', 'look', 1000).length;
    expect(throttled).toBeGreaterThan(200);
    expect(throttled).toBeLessThan(300);
  });
});
