import { describe, expect, it } from 'vitest';
import { RejectionRow } from '../../shared/model/rows.ts';
import { aMessage, aSpec, someSettings } from './make.ts';
import { expectPlaced } from './settled-intake.ts';
import { type Fate, intakeWorld, type Sent } from './world.ts';

/** Twice the timeout of a function, and a second: whoever placed a task before is dead by now. */
const TWO_TIMEOUTS = 121;

const message = (taskId: string, changes: Readonly<Record<string, unknown>> = {}): Sent => ({
  messageId: `m-${taskId}`,
  body: aMessage({ taskId, ...changes }),
});

/** Calls whose name is like this throw, before anything is done. */
const failing =
  (name: RegExp): Fate =>
  async (call, what) => {
    if (name.test(what)) throw new Error(`no ${what}`);
    return call();
  };

/** Writing a batch: its tasks have rows by then, and no profile has heard of it. */
const WRITING_A_BATCH = /^write P#.* B#/;

describe('a delivery', () => {
  it('without messages does nothing', async () => {
    const world = intakeWorld();
    expect(await world.deliver([])).toEqual([]);
    expect(world.ledger.rows()).toEqual([]);
  });

  it('of sound tasks lists them in batches, opens one burst per profile and starts it', async () => {
    const world = intakeWorld();
    const messages = [message('a'), message('b'), message('c', { resources: { gpus: 2 } })];
    expect(await world.deliver(messages)).toEqual([]);
    await expectPlaced(world, ['a', 'b', 'c']);
    expect(world.batches()).toHaveLength(2);
  });

  it('beside eleven others at once opens one burst for all of them', async () => {
    const world = intakeWorld();
    const ids = Array.from({ length: 12 }, (_, n) => `t-${n}`);
    const left = await Promise.all(ids.map((id) => world.deliver([message(id)])));
    expect(left.flat()).toEqual([]);
    await expectPlaced(world, ids);
  });

  it('from an unknown queue is not taken at all', async () => {
    const world = intakeWorld();
    const strange = { ...message('a'), queue: 'somebody-elses' };
    await expect(world.deliver([message('b'), strange])).rejects.toThrow(
      'no tenant is set for the queue somebody-elses',
    );
    expect(world.ledger.rows()).toEqual([]);
  });

  it('that is no event of the queue is not taken at all', async () => {
    const world = intakeWorld();
    const broken: unknown = { messageId: 'm', eventSourceARN: 'x' };
    await expect(world.deliver([broken as Sent])).rejects.toThrow('body');
    expect(world.ledger.rows()).toEqual([]);
  });

  it('keeps tenants apart, whatever their bodies say', async () => {
    const world = intakeWorld();
    const own = message('same-id');
    const theirs = { ...message('same-id'), messageId: 'theirs', queue: 'intake-studio' };
    expect(await world.deliver([own, theirs])).toEqual([]);
    expect(world.tasks().map(({ tenant }) => tenant)).toEqual(['default', 'studio']);
    const profiles = world.profiles();
    expect(profiles.map(({ requirement }) => requirement.tenant)).toEqual(['default', 'studio']);
    expect(new Set(profiles.map(({ profile }) => profile)).size).toBe(2);
    expect(world.artifacts.keys().map((key) => key.split('/')[1])).toEqual(['default', 'studio']);
  });
});

describe('a bad message', () => {
  const bad: Sent = { messageId: 'bad', body: aMessage({ taskId: 'b', colour: 'red' }) };

  it('becomes one record and is acknowledged, and its neighbours are placed', async () => {
    const world = intakeWorld();
    const twice = { ...bad, messageId: 'bad again' };
    expect(await world.deliver([message('a'), bad, twice, message('c')])).toEqual([]);
    await expectPlaced(world, ['a', 'c']);
    expect(world.rejections()).toHaveLength(1);
    expect(world.rejectionOf(bad.body)).toMatchObject({
      tenant: 'default',
      code: 'E_UNKNOWN_FIELD',
      field: 'colour',
      claimedTaskId: 'b',
    });
  });

  it('has one record, of the last time it was delivered, which expires', async () => {
    const world = intakeWorld();
    await world.deliver([bad]);
    const first = world.rejections();
    world.pass(3600);
    expect(await world.deliver([bad])).toEqual([]);
    const [{ rejectedAt, expiresAt, ...said } = RejectionRow.parse({}), ...others] =
      world.rejections();
    expect(others).toEqual([]);
    expect(first).toMatchObject([said]);
    expect(Date.parse(rejectedAt) - Date.parse(first[0]?.rejectedAt ?? '')).toBe(3_600_000);
    expect(expiresAt - Date.parse(rejectedAt) / 1000).toBe(14 * 86_400);
  });

  it('that is no JSON has a record without an id', async () => {
    const world = intakeWorld();
    await world.deliver([{ messageId: 'm', body: 'garbage' }]);
    expect(world.rejections()).toMatchObject([{ code: 'E_JSON', field: '' }]);
    expect(world.rejections()[0]).not.toHaveProperty('claimedTaskId');
  });

  it('leaves a secret it holds in no row, no object and no log line', async () => {
    const world = intakeWorld();
    const secret = 'AKIAIOSFODNN7EXAMPLE';
    const bodies = [secret, `{"${secret}`, aMessage({ taskId: secret }), aMessage({ [secret]: 1 })];
    await world.deliver(bodies.map((body, n) => ({ messageId: String(n), body })));
    expect(world.rejections()).toHaveLength(4);
    expect(JSON.stringify([world.ledger.rows(), world.logged])).not.toContain(secret);
    expect(world.artifacts.keys()).toEqual([]);
  });

  it('is delivered again when its record cannot be written', async () => {
    const world = intakeWorld();
    expect(await world.deliver([message('a'), bad], failing(/^write R#/))).toEqual(['bad']);
    await expectPlaced(world, ['a']);
  });
});

describe('the same task twice', () => {
  const again = { ...message('a'), messageId: 'copy' };

  it('is one task within one delivery', async () => {
    const world = intakeWorld();
    expect(await world.deliver([message('a'), again])).toEqual([]);
    await expectPlaced(world, ['a']);
    expect(world.rejections()).toEqual([]);
  });

  it('is one task across deliveries, now and later', async () => {
    const world = intakeWorld();
    await world.deliver([message('a')]);
    expect(await world.deliver([again])).toEqual([]);
    world.pass(TWO_TIMEOUTS);
    expect(await world.deliver([again])).toEqual([]);
    await expectPlaced(world, ['a']);
  });

  it('is one task in any number of deliveries at once', async () => {
    const world = intakeWorld();
    const deliveries = Array.from({ length: 8 }, (_, n) =>
      world.deliver([
        { ...message('a'), messageId: `m-${n}` },
        { ...message('b'), messageId: `n-${n}` },
      ]),
    );
    const left = new Set((await Promise.all(deliveries)).flat());
    expect(left.size).toBeLessThan(16);
    world.pass(TWO_TIMEOUTS);
    expect(await world.deliver([message('a'), message('b')])).toEqual([]);
    await expectPlaced(world, ['a', 'b']);
  });

  it('is asked to come later while its first placing may be under way, then placed', async () => {
    const world = intakeWorld();
    expect(await world.deliver([message('a')], failing(WRITING_A_BATCH))).toEqual(['m-a']);
    expect(world.batches()).toEqual([]);
    world.pass(TWO_TIMEOUTS - 2);
    expect(await world.deliver([message('a')])).toEqual(['m-a']);
    world.pass(1);
    expect(await world.deliver([message('a')])).toEqual([]);
    await expectPlaced(world, ['a']);
  });

  it('tells its profile of the batch when the first delivery died before it could', async () => {
    const world = intakeWorld();
    expect(await world.deliver([message('a')], failing(/^query P#/))).toEqual(['m-a']);
    expect(world.batches()).toHaveLength(1);
    expect(world.executions.size).toBe(0);
    expect(await world.deliver([message('a')])).toEqual([]);
    await expectPlaced(world, ['a']);
  });

  it('is known once it has ended, and nothing is opened for it', async () => {
    const world = intakeWorld();
    await world.deliver([message('a')]);
    const key = { pk: 'T#default#a', sk: '#' };
    await world.ledger.write({ key, when: [], set: [['status', 'done']] });
    const before = world.ledger.rows();
    expect(await world.deliver([again])).toEqual([]);
    expect(world.ledger.rows()).toEqual(before);
  });
});

describe('an id with another body', () => {
  const other: Sent = { messageId: 'other', body: aMessage({ taskId: 'a', spec: aSpec(2) }) };

  it('is refused, and the first task is left as it was', async () => {
    const world = intakeWorld();
    await world.deliver([message('a')]);
    const before = [world.tasks(), world.batches()];
    expect(await world.deliver([other])).toEqual([]);
    expect([world.tasks(), world.batches()]).toEqual(before);
    expect(world.rejectionOf(other.body)).toMatchObject({
      code: 'E_ID_REUSED',
      field: 'taskId',
      claimedTaskId: 'a',
      reason: expect.stringContaining('choose a new one'),
    });
  });

  it('is refused when both come at once: one is the task, the other the record', async () => {
    const world = intakeWorld();
    expect(await world.deliver([message('a'), other])).toEqual([]);
    await expectPlaced(world, ['a']);
    expect(world.rejections()).toMatchObject([{ code: 'E_ID_REUSED' }]);
  });

  it('in deliveries at once leaves one task and one record', async () => {
    const world = intakeWorld();
    await Promise.all([world.deliver([message('a')]), world.deliver([other])]);
    await expectPlaced(world, ['a']);
    expect(world.rejections()).toMatchObject([{ code: 'E_ID_REUSED' }]);
  });

  it('never takes the place of a task that is still to be placed, even when it comes first', async () => {
    const world = intakeWorld();
    await world.deliver([message('warm-up')]);
    await world.deliver([message('a')], failing(WRITING_A_BATCH));
    world.pass(TWO_TIMEOUTS);
    expect(await world.deliver([other, message('a')])).toEqual([]);
    await expectPlaced(world, ['a', 'warm-up']);
    expect(world.rejectionOf(other.body)?.code).toBe('E_ID_REUSED');
    expect(world.rejectionOf(message('a').body)).toBeUndefined();
  });
});

describe('a failure', () => {
  const messages = [
    message('a'),
    message('b'),
    message('c', { resources: { gpus: 2 } }),
    { messageId: 'bad', body: '{}' },
  ];

  it.each([
    ['of one task row', /^write T#default#a/, ['m-a']],
    ['of one task row of another profile', /^write T#default#c/, ['m-c']],
    ['of one record', /^write R#/, ['bad']],
    ['of the artifacts', /^put /, ['m-a', 'm-b', 'm-c']],
    ['of every execution', /^start /, ['m-a', 'm-b', 'm-c']],
    ['of the whole ledger', /^(read|write|query) /, ['m-a', 'm-b', 'm-c', 'bad']],
  ])('%s sends exactly its own messages again', async (_what, calls, again) => {
    const world = intakeWorld();
    const left = await world.deliver(messages, failing(calls));
    expect(left.sort()).toEqual(again.sort());
    const healthy = messages.filter(({ messageId }) => !again.includes(messageId));
    const listed = world.batches().flatMap(({ tasks }) => tasks.map(({ taskId }) => `m-${taskId}`));
    for (const { messageId } of healthy) {
      if (messageId !== 'bad') expect(listed).toContain(messageId);
    }
  });

  it('of one profile leaves another profile alone', async () => {
    const world = intakeWorld();
    await world.deliver(messages);
    const [first] = world.profiles();
    if (first === undefined) throw new Error('no profile');
    const waiting = world.batches().filter(({ profile }) => profile === first.profile);
    const own = new Set(waiting.flatMap(({ tasks }) => tasks.map(({ taskId }) => String(taskId))));
    const later = ['a', 'c'].map((id) =>
      message(`${id}-2`, id === 'c' ? { resources: { gpus: 2 } } : {}),
    );
    const left = await world.deliver(later, failing(RegExp(`^query P#default#${first.profile}`)));
    expect(left).toEqual([own.has('c') ? 'm-c-2' : 'm-a-2']);
  });
});

describe('a profile that may have no further burst', () => {
  it('is told of new batches without its backlog being read', async () => {
    const world = intakeWorld(someSettings({ clusters: { maxBursts: 1 } }));
    await world.deliver([message('a')]);
    const [before] = world.profiles();
    expect(await world.deliver([message('b')], failing(/^query /))).toEqual([]);
    await expectPlaced(world, ['a', 'b']);
    expect(world.profiles()[0]?.seq).toBe((before?.seq ?? Number.NaN) + 1);
  });

  it('has its backlog read while it may have one more', async () => {
    const world = intakeWorld(someSettings({ clusters: { maxBursts: 2 } }));
    await world.deliver([message('a')]);
    expect(await world.deliver([message('b')], failing(/^query /))).toEqual(['m-b']);
  });
});

describe('what intake writes', () => {
  it('stays within the limits of one batch', async () => {
    const world = intakeWorld(someSettings({ batches: { maxTasks: 3 } }));
    const messages = Array.from({ length: 7 }, (_, n) => message(`t-${n}`));
    await world.deliver(messages);
    expect(world.batches().map(({ tasks }) => tasks.length)).toEqual([3, 3, 1]);
    await expectPlaced(
      world,
      messages.map((_, n) => `t-${n}`),
    );
  });
});
