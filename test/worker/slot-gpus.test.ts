import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { gpusOfSlot } from '../../worker/slot-gpus.ts';
import { PYTHON } from '../support/python-worker.ts';

const SOURCES = fileURLToPath(new URL('../../worker/diffusion', import.meta.url));

/** What each slot sees; undefined: what the worker itself sees. */
const TABLE: readonly {
  readonly gpus: number;
  readonly visible?: string;
  readonly seen: readonly (string | undefined)[];
}[] = [
  { gpus: 0, seen: [undefined] },
  { gpus: 1, seen: ['0'] },
  { gpus: 8, seen: ['0,1,2,3,4,5,6,7'] },
  { gpus: 1, seen: [undefined, undefined] },
  { gpus: 2, seen: ['0', '1'] },
  { gpus: 3, seen: ['0', '1'] },
  { gpus: 4, seen: ['0,1', '2,3'] },
  { gpus: 8, seen: ['0,1', '2,3', '4,5'] },
  { gpus: 8, visible: '7,5,3,1', seen: ['7,5', '3,1'] },
  { gpus: 8, visible: ' GPU-8932f937 , MIG-1/2 ,GPU-b2', seen: ['GPU-8932f937', 'MIG-1/2'] },
  { gpus: 0, visible: '2,3', seen: ['2', '3'] },
  { gpus: 8, visible: '3', seen: ['3'] },
  { gpus: 8, visible: '3', seen: [undefined, undefined] },
  { gpus: 8, visible: '', seen: [undefined] },
  { gpus: 8, visible: '-1', seen: ['-1'] },
];

describe('the GPUs of a slot', () => {
  it.each(TABLE)('are $seen of $gpus with $visible visible', ({ gpus, visible, seen }) => {
    const slots = seen.length;
    expect(seen.map((_, slot) => gpusOfSlot(slot, { slots, gpus }, visible))).toEqual(seen);
  });

  it.skipIf(PYTHON === undefined)('are the same by the Python worker', () => {
    const script = `import json, sys
from burst_worker.slot_gpus import gpus_of_slot
print(json.dumps([[gpus_of_slot(slot, len(row["seen"]), row["gpus"], row.get("visible"))
  for slot in range(len(row["seen"]))] for row in json.load(sys.stdin)]))`;
    const { stdout, stderr } = spawnSync(PYTHON ?? '', ['-B', '-c', script], {
      cwd: SOURCES,
      input: JSON.stringify(TABLE),
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual(TABLE.map(({ seen }) => seen.map((value) => value ?? null)));
  });
});
