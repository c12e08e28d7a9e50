import { readFileSync } from 'node:fs';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { InvokeAnswer } from '../../infra/local/engine/invoke.ts';
import { STAGE_NAMES } from '../../infra/stages.ts';
import { randomFrom } from '../../shared/memory/memory-ids.ts';
import { BurstDocument } from '../../shared/model/burst.ts';
import { aWorld, everyEvent, STARTED_AT } from '../engine/machine.ts';

/** The real definition, with each Task also telling its function what the machine has counted so far. */
const counted: unknown = JSON.parse(
  readFileSync(new URL('../../infra/burst.asl.json', import.meta.url), 'utf8'),
  (key, value) =>
    key === 'Payload' ? { ...value, counted: '{% $exists($events) ? $events : 0 %}' } : value,
);
const StageCall = z.object({
  state: z.string(),
  burst: z.looseObject({ failedLooks: z.number() }),
  counted: z.number(),
});
type Call = z.infer<typeof StageCall>;

const INPUT = BurstDocument.parse({
  v: 1,
  burstId: 'burst-test-0123456789ab',
  segment: 1,
  leaseFence: 1,
  lookUntil: '2027-01-01T00:00:00.000Z',
});

/** The document a function returns: the state stands where `next` says. */
const goOn = (next: string, more: object = {}): InvokeAnswer => ({
  payload: { ...INPUT, next, waitSeconds: 15, ...more },
});
const fails = (error: string): InvokeAnswer => ({ error, cause: 'x'.repeat(5000) });

interface Walked {
  /** Number of events in the whole history. */
  readonly events: number;
  readonly status: string;
  readonly lastState: string | undefined;
  /** True number of events before each Task, and what the machine had counted by then. */
  readonly counts: readonly {
    readonly true: number;
    readonly counted: number;
    readonly state: string;
  }[];
  readonly longestDocument: number;
}

/** Walks the machine with functions that answer as they are told. */
async function walk(answer: (call: Call) => InvokeAnswer, random: () => number): Promise<Walked> {
  const counts: Walked['counts'][number][] = [];
  const functions = Object.fromEntries(
    STAGE_NAMES.map((stage) => [
      stage,
      async (payload: unknown) => {
        const call = StageCall.parse(payload);
        const { events } = world.machine.history('run', { maxResults: 40, reverseOrder: true });
        const entered = events.find(({ type }) => type === 'TaskStateEntered');
        counts.push({ true: (entered?.id ?? 0) - 1, counted: call.counted, state: call.state });
        return answer(call);
      },
    ]),
  );
  const substitutions = Object.fromEntries(STAGE_NAMES.map((name) => [name, name]));
  const world = aWorld(counted, functions, { substitutions, random });
  world.machine.start({ name: 'run', input: JSON.stringify(INPUT) });
  const { status } = await world.time.settle(world.machine.closed('run'));
  const events = everyEvent(world.machine, 'run');
  const texts = events.flatMap(({ stateEnteredEventDetails, stateExitedEventDetails }) => [
    stateEnteredEventDetails?.input ?? '',
    stateExitedEventDetails?.output ?? '',
  ]);
  return {
    events: events.length,
    status,
    lastState: events.findLast(({ stateEnteredEventDetails }) => stateEnteredEventDetails)
      ?.stateEnteredEventDetails?.name,
    counts,
    longestDocument: Math.max(...texts.map((text) => Buffer.byteLength(text))),
  };
}

const expectCountedEnough = ({ counts }: Walked) => {
  for (const { state, ...count } of counts) {
    if (state === 'Take up the lease') continue;
    expect(count.counted, `before "${state}"`).toBeGreaterThanOrEqual(count.true);
  }
};

/** What every state's function may answer besides failing. */
const ANSWERS: Readonly<Record<string, readonly string[]>> = {
  'Take up the lease': ['plan', 'provision', 'check-cluster', 'run', 'close', 'tear-down'],
  'Plan burst': ['provision', 'close'],
  'Provision cluster': ['check-cluster', 'unknown', 'close'],
  'Check cluster': ['run', 'check-cluster', 'close'],
  'Run jobs': ['wait', 'wait', 'wait', 'extend', 'hold', 'close'],
  'Extend lease': ['run'],
  'Check jobs': ['collect', 'run', 'wait', 'wait', 'close'],
  'Collect results': ['collect', 'run', 'wait'],
  'Close burst': ['tear-down', 'settle', 'run', 'run'],
  'Tear down cluster': ['confirm'],
  'Confirm teardown': ['settle', 'confirm', 'owed'],
  Settle: ['failed', 'done', 'superseded'],
  'Hand over': ['handed-over'],
};
const ERRORS = [
  'Lambda.ServiceException',
  'Throttled',
  'States.Timeout',
  'CapacityUnavailable',
  'ProviderRefused',
  'Runtime.ExitError',
];

describe('any walk through the machine', () => {
  it('counts at least the events that happened, and keeps the document small', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.double({ min: 0, max: 0.7, noNaN: true }),
        async (seed, faults) => {
          const random = randomFrom(seed);
          const pick = (all: readonly string[]) => all[Math.floor(random() * all.length)] ?? '';
          const failure = { Error: 'ClusterGone', Cause: 'y'.repeat(1000) };
          const walked = await walk(
            ({ state }) =>
              random() < faults
                ? fails(pick(ERRORS))
                : goOn(pick(ANSWERS[state] ?? []), random() < 0.2 ? { failure } : {}),
            random,
          );
          expectCountedEnough(walked);
          expect(walked.longestDocument).toBeLessThan(8192);
        },
      ),
      { numRuns: 45, seed: 1 },
    );
  });
});

/** Where a burst can stay for ever, by what each state's function answers then. */
const LOOPS: readonly (readonly [string, Readonly<Record<string, InvokeAnswer>>])[] = [
  [
    'jobs run',
    { 'Take up the lease': goOn('run'), 'Run jobs': goOn('wait'), 'Check jobs': goOn('run') },
  ],
  [
    'looks at jobs are quiet',
    { 'Take up the lease': goOn('run'), 'Run jobs': goOn('wait'), 'Check jobs': goOn('wait') },
  ],
  ['it holds', { 'Take up the lease': goOn('run'), 'Run jobs': goOn('hold') }],
  [
    'results never end',
    {
      'Take up the lease': goOn('run'),
      'Run jobs': goOn('wait'),
      'Check jobs': goOn('collect'),
      'Collect results': goOn('collect'),
    },
  ],
  [
    'an extension is never answered',
    {
      'Take up the lease': goOn('run'),
      'Run jobs': goOn('extend'),
      'Extend lease': fails('X'),
      'Check jobs': goOn('wait'),
    },
  ],
  [
    'the cluster never comes',
    { 'Take up the lease': goOn('check-cluster'), 'Check cluster': goOn('check-cluster') },
  ],
  [
    'a create is never answered',
    { 'Take up the lease': goOn('provision'), 'Provision cluster': fails('X') },
  ],
  [
    'the cluster never ends',
    {
      'Take up the lease': goOn('tear-down'),
      'Tear down cluster': fails('X'),
      'Confirm teardown': goOn('confirm'),
    },
  ],
  [
    'no look ever works',
    { 'Take up the lease': goOn('run'), 'Run jobs': fails('Lambda.ServiceException') },
  ],
  ['no first look ever works', { 'Take up the lease': fails('Lambda.ServiceException') }],
];

describe('a segment that goes on for ever', () => {
  it.each(LOOPS)('hands over before 15,000 events: %s', async (_why, answers) => {
    const walked = await walk(
      ({ state }) => answers[state] ?? goOn('handed-over'),
      () => 0.5,
    );
    expectCountedEnough(walked);
    expect(walked).toMatchObject({ status: 'SUCCEEDED', lastState: 'Handed over' });
    expect(walked.events).toBeLessThan(15_000);
    expect(walked.events).toBeGreaterThan(8_000);
  });

  it('ends by itself when even handing over fails, and the sweep goes on', async () => {
    const walked = await walk(
      ({ state }) =>
        state === 'Take up the lease'
          ? goOn('run')
          : state === 'Run jobs'
            ? goOn('hold')
            : fails('X'),
      () => 0.5,
    );
    expect(walked).toMatchObject({ status: 'FAILED', lastState: 'Leave the burst to the sweep' });
    expect(walked.events).toBeLessThan(15_000);
  });
});

describe('a failing look', () => {
  it('is given up once the paid time is over, and the burst closes', async () => {
    const lookUntil = new Date(Date.parse(STARTED_AT) + 600_000).toISOString();
    const walked = await walk(
      ({ state }) => {
        if (state === 'Take up the lease') return goOn('run', { lookUntil });
        if (state === 'Run jobs') return fails('X');
        return goOn({ 'Close burst': 'settle' }[state] ?? 'done');
      },
      () => 0.5,
    );
    expect(walked).toMatchObject({ status: 'SUCCEEDED', lastState: 'Burst done' });
    expect(walked.counts.filter(({ state }) => state === 'Run jobs').length).toBeGreaterThan(5);
  });
});
