import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { progressBytes } from '../../shared/kinds/vdf/progress.ts';
import { resultBytes } from '../../shared/kinds/vdf/result.ts';
import { vdfWesolowski } from '../../shared/kinds/vdf-wesolowski.ts';
import { vdfExecutor } from '../../worker/vdf/executor.ts';
import { aVdf, done, utf8 } from '../kinds/vdf/make.ts';

const spec = aVdf();
const { result, reached } = done(spec);
const [first] = reached;
if (first === undefined) throw new Error('there are no stages');

/** Runs the executor and notes its checkpoints. */
async function run(given: object, resumeFrom?: Uint8Array) {
  const checkpoints: { readonly stage: string; readonly payload: Uint8Array }[] = [];
  const files = await vdfExecutor.run({
    spec: { ...given },
    inputs: new Map(),
    resume: resumeFrom && { sequence: 7, stage: 'prove 0', payload: resumeFrom },
    checkpoint: (stage, payload) => checkpoints.push({ stage, payload }),
  });
  return { files, checkpoints };
}

describe('the executor of the delay function', () => {
  it('makes a file that verifies, and a checkpoint after each stage but the last', async () => {
    const { files, checkpoints } = await run(spec);
    expect(vdfWesolowski.verify(spec, files).verified).toBe(true);
    expect(checkpoints.map(({ stage }) => stage)).toEqual([
      'evaluate 334',
      'evaluate 668',
      'prove 0',
      'prove 42',
      'prove 84',
    ]);
    const most = vdfWesolowski.maxCheckpointBytes?.(spec) ?? 0;
    for (const { payload } of checkpoints) expect(payload.length).toBeLessThanOrEqual(most);
  });

  it('goes on from any of its checkpoints to the same file', async () => {
    const whole = await run(spec);
    for (const [index, { payload }] of whole.checkpoints.entries()) {
      const rest = await run(spec, payload);
      expect(rest.files).toEqual(whole.files);
      expect(rest.checkpoints).toEqual(whole.checkpoints.slice(index + 1));
    }
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['noise', utf8('\u0000{"v":1')],
    ['another task', progressBytes(aVdf({ seed: 'lamp' }), first)],
  ])('starts over from a checkpoint of %s', async (_, payload) => {
    const { files, checkpoints } = await run(spec, payload);
    expect(files.get('vdf.json')).toEqual(resultBytes(result));
    expect(checkpoints).toHaveLength(reached.length);
  });

  it('sees that a checkpoint was false by what came of it, and starts over', async () => {
    const { files } = await run(spec, progressBytes(spec, { ...first, value: first.value + 1n }));
    expect(vdfWesolowski.verify(spec, files)).toMatchObject({ verified: true });
  });

  it('refuses a spec that nobody can do', async () => {
    await expect(() => run({ seed: '', squarings: 1 })).rejects.toThrow(z.ZodError);
  });
});
