import { describe, expect, it } from 'vitest';
import type { ClusterPhase } from '../../shared/model/cluster.ts';
import { ClusterId } from '../../shared/model/ids.ts';
import type { Intent } from '../../shared/model/rows.ts';
import { quarantineSeconds } from '../../shared/model/settings.ts';
import { type EndLook, judgeEnd } from '../../shared/teardown/confirmation.ts';
import { aLease, at, aView, BURST, CLUSTER, NOW } from '../support/burst-rows.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const settings = testSettings();
const listed = (id: string, phase: ClusterPhase) => ({
  clusterId: ClusterId.parse(id),
  name: BURST,
  phase,
});
const judged = (look: Partial<EndLook>, lease: Parameters<typeof aLease>[0] = {}) =>
  judgeEnd(aLease(lease), { view: undefined, named: [], ...look }, settings, NOW);

describe('a cluster that is known by its id', () => {
  it.each(['EXPIRED', 'FAILED', 'DELETED'] as const)('is gone when it is %s', (phase) => {
    expect(judged({ view: aView({ phase }) })).toEqual({ kind: 'gone' });
  });

  it.each(['PROVISIONING', 'RUNNING', 'UNKNOWN'] as const)(
    'lives, and is asked again, when it is %s',
    (phase) => {
      expect(judged({ view: aView({ phase }) })).toEqual({ kind: 'alive', askAgain: [CLUSTER] });
    },
  );

  it('that says it is on its way out lives, and is left in peace', () => {
    expect(judged({ view: aView({ phase: 'DELETING' }) })).toEqual({ kind: 'alive', askAgain: [] });
  });

  it('is not gone while another of its name lives', () => {
    const named = [listed('c-2', 'RUNNING'), listed('c-3', 'DELETING')];
    expect(judged({ view: aView({ phase: 'DELETED' }), named })).toEqual({
      kind: 'alive',
      askAgain: [ClusterId.parse('c-2')],
    });
  });

  it('and is listed by name as well is asked once', () => {
    const verdict = judged({ view: aView(), named: [listed(CLUSTER, 'RUNNING')] });
    expect(verdict).toEqual({ kind: 'alive', askAgain: [CLUSTER] });
  });
});

describe('a cluster the provider does not know', () => {
  const { goneSeconds } = settings.looks;

  it.each([
    [0, goneSeconds, { kind: 'absent', looks: 1 }],
    [1, goneSeconds - 1, { kind: 'absent', looks: 2 }],
    [1, goneSeconds, { kind: 'gone' }],
    [2, goneSeconds + 1, { kind: 'gone' }],
  ])(
    'is gone by count and time: %i looks before, missing for %i s, %j',
    (absentLooks, ago, verdict) => {
      expect(judged({}, { absentLooks, goneSince: at(-ago) })).toEqual(verdict);
    },
  );

  it('is not gone while nobody has noted since when', () => {
    expect(judged({}, { absentLooks: 5 })).toEqual({ kind: 'absent', looks: 6 });
  });
});

describe('a cluster whose id was never learned', () => {
  const quarantine = quarantineSeconds(settings);
  const intent = (ago: number): Intent[] => [
    { kind: 'create', attempt: 1, term: 1, at: at(-ago), outcome: 'unknown' },
  ];
  const without = { clusterId: undefined, absentLooks: 1, goneSince: at(-3600) };

  it.each([
    [quarantine - 1, { kind: 'in-doubt', waitSeconds: 1 }],
    [quarantine, { kind: 'gone' }],
    [quarantine + 1, { kind: 'gone' }],
  ])('is not gone before its create is dead: %i s after it, %j', (ago, verdict) => {
    expect(judged({}, { ...without, intents: intent(ago) })).toEqual(verdict);
  });

  it('is found by its name and asked to end', () => {
    const named = [listed('c-7', 'PROVISIONING')];
    expect(judged({ named }, { ...without, intents: intent(quarantine) })).toEqual({
      kind: 'alive',
      askAgain: [ClusterId.parse('c-7')],
    });
  });
});
