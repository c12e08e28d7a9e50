import { beforeAll, describe, expect, it } from 'vitest';
import { functionBundles } from '../../infra/aws/function-bundles.ts';
import { STAGE_NEEDS } from '../../infra/aws/stage-needs.ts';
import { STAGE_NAMES } from '../../infra/stages.ts';

const KB = 1000;

/**
 * Lambda loads and parses all of it before the first call. Functions that are called often and do little are
 * held to less; the others need every client there is.
 */
const MAX_BYTES: Readonly<Record<string, number>> = {
  intake: 700 * KB,
  plan: 450 * KB,
  provision: 450 * KB,
  run: 780 * KB,
  poll: 450 * KB,
  collect: 680 * KB,
  teardown: 450 * KB,
  // Deletes objects, so it has the S3 client.
  sweep: 570 * KB,
  reap: 450 * KB,
  events: 350 * KB,
};
const NAMES = [...STAGE_NAMES, 'events'];

type Output = ReturnType<typeof functionBundles>['metafile']['outputs'][string];
let outputs: Map<string, Output>;

beforeAll(() => {
  const all = Object.entries(functionBundles().metafile.outputs);
  outputs = new Map(
    all.flatMap(([path, output]) => {
      const [, name] = /\/(\w+)\/index\.mjs$/.exec(path) ?? [];
      return name === undefined ? [] : [[name, output]];
    }),
  );
});

const outputOf = (name: string): Output => {
  const found = outputs.get(name);
  if (found === undefined) throw new Error(`no bundle of ${name}`);
  return found;
};

/** Bytes in the bundle that come from files whose path holds this. */
const bytesOf = (name: string, path: string | RegExp): number =>
  Object.entries(outputOf(name).inputs)
    .filter(([input]) => (typeof path === 'string' ? input.includes(path) : path.test(input)))
    .reduce((sum, [, { bytesInOutput }]) => sum + bytesInOutput, 0);
const holds = (name: string, path: string): boolean => bytesOf(name, path) > 0;

it('there is a bundle for every function, and a budget for every bundle', () => {
  expect([...outputs.keys()].toSorted()).toEqual([...NAMES].toSorted());
  expect(Object.keys(MAX_BYTES)).toEqual(NAMES);
});

describe.each(NAMES)('the bundle of %s', (name) => {
  it('exports a handler', () => {
    expect(outputOf(name).exports).toEqual(['handler']);
  });

  it.each(['@solana/', 'aws-cdk-lib/', 'dynalite/', 'infra/local/', 'worker/'])(
    'holds nothing of %s',
    (path) => {
      expect(holds(name, path)).toBe(false);
    },
  );

  it('takes its credentials from the environment, where Lambda puts them', () => {
    expect(holds(name, '@aws-sdk/credential-provider-env/')).toBe(true);
    expect(holds(name, '@aws-sdk/credential-provider-node/')).toBe(false);
  });

  it('takes zod through the entry that leaves out what is not used', () => {
    // The fat entry brings the words for every language, 250 KB of them.
    expect(bytesOf(name, /zod\/v4\/locales\/(?!en\.)/)).toBe(0);
    expect(bytesOf(name, 'node_modules/zod/')).toBeLessThan(120 * KB);
  });

  it('weighs no more than its budget', () => {
    expect(outputOf(name).bytes).toBeLessThanOrEqual(MAX_BYTES[name] ?? 0);
  });
});

describe.each(STAGE_NAMES)('the bundle of %s', (stage) => {
  it('holds the clients of the services its role opens, and no others', () => {
    const { provider, reads, writes, deletes, startsBursts = false } = STAGE_NEEDS[stage];
    expect({
      ledger: holds(stage, '@aws-sdk/client-dynamodb/'),
      secret: holds(stage, '@aws-sdk/client-secrets-manager/'),
      provider: holds(stage, 'shared/ionet/transport.ts'),
      objects: holds(stage, '@aws-sdk/client-s3/'),
      executions: holds(stage, '@aws-sdk/client-sfn/'),
      bus: holds(stage, '@aws-sdk/client-eventbridge/'),
    }).toEqual({
      ledger: true,
      secret: provider !== undefined,
      provider: provider !== undefined,
      objects: [reads, writes, deletes].some((one) => one !== undefined),
      executions: startsBursts,
      bus: false,
    });
  });
});
