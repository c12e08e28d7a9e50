import { expect, it } from 'vitest';
import { sha256Of } from '../../shared/model/digest.ts';
import { ManifestTask } from '../../shared/model/job.ts';
import { createMaterialStore } from '../../worker/materials.ts';
import type { Transfers } from '../../worker/transfer.ts';

const MIB = 1024 * 1024;
const TASK = {
  ...{ line: 0, batchId: '000000001-00000001', batchFence: 1, index: 0, taskId: 'a' },
  ...{ kind: 'zk.groth16', spec: {}, uploads: [] },
};
const signal = new AbortController().signal;

/** A store over files of so many MiB, and what it fetched, by the place of each file. */
function storeOf(...sizes: readonly number[]) {
  const fetched: number[] = [];
  const assets = sizes.map((mib, n) => ({
    ...{ url: String(n), sha256: sha256Of(`file ${n}`), bytes: mib * MIB },
  }));
  const transfers: Transfers = {
    async download(url, { maxBytes }) {
      fetched.push(Number(url));
      return new Uint8Array(maxBytes);
    },
    upload: () => Promise.reject(new Error('not announced')),
  };
  const store = createMaterialStore(transfers);
  const need = async (...places: readonly number[]) => {
    const wanted = { assets: places.flatMap((n) => assets[n] ?? []) };
    return (await store.fetch(ManifestTask.parse({ ...TASK, ...wanted }), signal)).inputs.size;
  };
  return { need, fetched };
}

it('files that tasks share are fetched once, however large they are', async () => {
  const { need, fetched } = storeOf(200, 100);
  for (let task = 0; task < 3; task += 1) expect(await need(0, 1)).toBe(2);
  expect(fetched).toEqual([0, 1]);
});

it.each([
  ['are kept where there is room for both', [128, 128], [0, 1]],
  ['make room for what is needed now', [128, 129], [0, 1, 0]],
])('files of an earlier task %s', async (_how, sizes, expected) => {
  const { need, fetched } = storeOf(...sizes);
  for (const place of [0, 1, 0]) await need(place);
  expect(fetched).toEqual(expected);
});
