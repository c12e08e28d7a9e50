import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { askedOnce, missingFile } from '../../lambdas/intake/task-files.ts';
import { assetKey, inputKey } from '../../shared/model/artifact-keys.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { FileName, InputFile } from '../../shared/model/files.ts';
import { TaskId, Tenant } from '../../shared/model/ids.ts';
import { anyText } from '../support/any-text.ts';
import { soundTask } from './make.ts';

const TENANT = Tenant.parse('studio');
const TASK = TaskId.parse('token-1');
const SHA = sha256Of('a proving key');

const input = InputFile.parse({ name: 'input.json', sha256: sha256Of('x'), bytes: 10 });
const sound = soundTask();
const task = {
  ...sound,
  envelope: { ...sound.envelope, inputs: [input] },
  known: { ...sound.known, assets: [{ sha256: SHA, bytes: 20 }] },
};

/** A bucket with objects of these sizes; remembers what it was asked for. */
function aBucket(sizes: Readonly<Record<string, number>>) {
  const asked: string[] = [];
  const size = async (key: string) => {
    asked.push(key);
    return sizes[key];
  };
  return { asked, size };
}

const INPUT = inputKey(TENANT, TASK, input);
const ASSET = assetKey(TENANT, SHA);

describe('the files of a task', () => {
  it.each([
    { what: 'are all there', sizes: { [INPUT]: 10, [ASSET]: 20 }, why: undefined },
    {
      what: 'lack an input',
      sizes: { [ASSET]: 20 },
      why: {
        code: 'E_INPUT_MISSING',
        field: 'inputs',
        reason: 'input.json was not uploaded; upload it before the task is sent',
      },
    },
    {
      what: 'lack an asset',
      sizes: { [INPUT]: 10 },
      why: {
        code: 'E_INPUT_MISSING',
        field: 'spec',
        reason: `asset ${SHA.slice(0, 16)}… was not uploaded; upload it before the task is sent`,
      },
    },
    {
      what: 'have an input of a byte less',
      sizes: { [INPUT]: 9, [ASSET]: 20 },
      why: {
        code: 'E_INPUT_HASH',
        field: 'inputs',
        reason: 'input.json has 9 bytes, announced 10; upload the file it names',
      },
    },
    {
      what: 'have an asset of a byte more',
      sizes: { [INPUT]: 10, [ASSET]: 21 },
      why: { code: 'E_INPUT_HASH', field: 'spec', reason: expect.stringContaining('has 21 bytes') },
    },
  ])('that $what', async ({ sizes, why }) => {
    const bucket = aBucket(sizes);
    expect(await missingFile(bucket, TENANT, task)).toEqual(why);
  });

  it('are asked for once by the tasks that share them, present or absent', async () => {
    const bucket = aBucket({ [ASSET]: 20 });
    const size = askedOnce(bucket);
    expect(await Promise.all([size(ASSET), size(ASSET), size(INPUT)])).toEqual([20, 20, undefined]);
    expect(await size(INPUT)).toBeUndefined();
    expect(bucket.asked).toEqual([ASSET, INPUT]);
  });

  it('are looked for below the tenant of the queue only, and by no name of another place', async () => {
    const name = fc.oneof(
      anyText({ maxLength: 6 }),
      fc.string({ unit: fc.constantFrom(...'aa00.-/\\%2e:'), maxLength: 8 }),
    );
    let taken = 0;
    fc.assert(
      fc.property(name, (text) => {
        const parsed = FileName.safeParse(text);
        if (!parsed.success) return true;
        taken += 1;
        const [, , , , ...below] = inputKey(TENANT, TASK, { name: parsed.data, sha256: SHA }).split(
          '/',
        );
        return below.length === 1 && !/^\.|[%\\]/.test(below[0] ?? '.');
      }),
      { numRuns: 400 },
    );
    expect(taken).toBeGreaterThan(20);

    const bucket = aBucket({ [INPUT]: 10, [ASSET]: 20 });
    await missingFile(bucket, TENANT, task);
    expect(bucket.asked).toEqual([INPUT, ASSET]);
  });
});
