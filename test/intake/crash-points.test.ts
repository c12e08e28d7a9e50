import { describe, expect, it } from 'vitest';
import { aMessage } from './make.ts';
import { expectPlaced } from './settled-intake.ts';
import { type Fate, type IntakeWorld, intakeWorld, type Sent } from './world.ts';

const MESSAGES: readonly Sent[] = [
  { messageId: 'a', body: aMessage({ taskId: 'a' }) },
  { messageId: 'b', body: aMessage({ taskId: 'b' }) },
  { messageId: 'c', body: aMessage({ taskId: 'c', resources: { gpus: 2 } }) },
  { messageId: 'bad', body: aMessage({ taskId: 'd', colour: 'red' }) },
];

class Crashed extends Error {
  override readonly name = 'Crashed';
}

type When = 'before it' | 'after it';

/** Call number `n` fails, before or after it was carried out; `dead`: so does every later one. */
function trouble(n: number, when: When, dead: boolean): Fate {
  let calls = 0;
  return async (call, what) => {
    calls += 1;
    if (calls < n || (calls > n && !dead)) return call();
    if (calls === n && when === 'after it') await call();
    throw new Crashed(`${when}: ${what}`);
  };
}

async function callsOfOneDelivery(): Promise<string[]> {
  const calls: string[] = [];
  const note: Fate = (call, what) => {
    calls.push(what);
    return call();
  };
  await intakeWorld().deliver(MESSAGES, note);
  return calls;
}

/** Delivers what is left, each time after everyone who had it is dead, then lets the sweep look around. */
async function recover(world: IntakeWorld, left: readonly string[]): Promise<void> {
  let waiting = MESSAGES.filter(({ messageId }) => left.includes(messageId));
  for (let round = 0; waiting.length > 0; round += 1) {
    expect(round).toBeLessThan(2);
    world.pass(121);
    const again = await world.deliver(waiting);
    waiting = waiting.filter(({ messageId }) => again.includes(messageId));
  }
  for (let minute = 0; minute < 5; minute += 1) {
    world.pass(60);
    await world.sweep();
  }
}

const CALLS = await callsOfOneDelivery();
const POINTS = CALLS.flatMap((what, index) =>
  (['before it', 'after it'] as const).map((when) => ({ n: index + 1, what, when })),
);

describe('an intake that dies', () => {
  it.each(POINTS)(
    'at call $n ($what), $when, is finished by redelivery and sweep',
    async ({ n, when }) => {
      const world = intakeWorld();
      await world.deliver(MESSAGES, trouble(n, when, true));
      await recover(
        world,
        MESSAGES.map(({ messageId }) => messageId),
      );
      await expectPlaced(world, ['a', 'b', 'c']);
      expect(world.rejections()).toHaveLength(1);
    },
  );
});

describe('an intake that meets one error', () => {
  it.each(POINTS)(
    'at call $n ($what), $when, is finished by what it asks to see again',
    async ({ n, when }) => {
      const world = intakeWorld();
      const left = await world.deliver(MESSAGES, trouble(n, when, false));
      await recover(world, left);
      await expectPlaced(world, ['a', 'b', 'c']);
      expect(world.rejections()).toHaveLength(1);
    },
  );
});

describe('two intakes with the same messages', () => {
  it.each(POINTS)(
    'of which one dies at call $n ($what), $when, leave each task once',
    async ({ n, when }) => {
      const world = intakeWorld();
      const [, left] = await Promise.all([
        world.deliver(MESSAGES, trouble(n, when, true)),
        world.deliver(MESSAGES),
      ]);
      await recover(world, left);
      await expectPlaced(world, ['a', 'b', 'c']);
      expect(world.rejections()).toHaveLength(1);
    },
  );
});
