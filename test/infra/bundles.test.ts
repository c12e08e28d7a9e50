import { type BuildResult, build } from 'esbuild';
import { beforeAll, describe, expect, it } from 'vitest';
import { STAGE_NEEDS } from '../../infra/aws/stage-needs.ts';
import { STAGE_NAMES, type StageName } from '../../infra/stages.ts';

/** Run needs every client there is, and the curves of every kind; it weighed 813,000 when this was written. */
const MAX_BYTES = 850_000;

let outputs: NonNullable<BuildResult['metafile']>['outputs'];

/** One build of all entries, with the choices of `StageFunction` that decide what gets in. */
beforeAll(async () => {
  const result = await build({
    entryPoints: STAGE_NAMES.map((stage) => `infra/aws/functions/${stage}.ts`),
    outdir: 'unwritten',
    write: false,
    metafile: true,
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
  });
  outputs = result.metafile.outputs;
});

const outputOf = (stage: StageName) => {
  const found = outputs[`unwritten/${stage}.js`];
  if (found === undefined) throw new Error(`no bundle of ${stage}`);
  return found;
};

const holds = (stage: StageName, path: string): boolean =>
  Object.entries(outputOf(stage).inputs).some(
    ([input, { bytesInOutput }]) => input.includes(path) && bytesInOutput > 0,
  );

describe.each(STAGE_NAMES)('the bundle of %s', (stage) => {
  const needs = STAGE_NEEDS[stage];

  it('exports a handler', () => {
    expect(outputOf(stage).exports).toEqual(['handler']);
  });

  it('holds the clients of the services its role opens, and no others', () => {
    const objects = [needs.reads, needs.writes, needs.deletes].some((one) => one !== undefined);
    expect({
      ledger: holds(stage, '@aws-sdk/client-dynamodb/'),
      secret: holds(stage, '@aws-sdk/client-secrets-manager/'),
      provider: holds(stage, 'shared/ionet/transport.ts'),
      objects: holds(stage, '@aws-sdk/client-s3/'),
      executions: holds(stage, '@aws-sdk/client-sfn/'),
    }).toEqual({
      ledger: true,
      secret: needs.secret === true,
      provider: needs.secret === true,
      objects,
      executions: needs.startsBursts === true,
    });
  });

  it.each(['@solana/', 'aws-cdk-lib/', 'dynalite/', 'infra/local/'])(
    'holds nothing of %s',
    (path) => {
      expect(holds(stage, path)).toBe(false);
    },
  );

  it(`weighs at most ${MAX_BYTES} bytes`, () => {
    expect(outputOf(stage).bytes).toBeLessThanOrEqual(MAX_BYTES);
  });
});
