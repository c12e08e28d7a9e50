import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CheckpointHeader,
  checkpointBytes,
  MAX_CHECKPOINT_HEADER_BYTES,
  parseCheckpoint,
} from '../../shared/model/checkpoint.ts';
import { TaskId } from '../../shared/model/ids.ts';

const TASK = TaskId.parse('task-1');
const PAYLOAD = Buffer.from('payload');
const MARK = { sequence: 3, stage: 'h', workSeconds: 12.5 };
const STORED = checkpointBytes(TASK, MARK, PAYLOAD);

/** The stored checkpoint with its header changed, and still one line. */
function withHeader(change: Readonly<Record<string, unknown>>): Uint8Array {
  const end = STORED.indexOf(0x0a);
  const header = CheckpointHeader.parse(
    JSON.parse(Buffer.from(STORED.subarray(0, end)).toString()),
  );
  const line = JSON.stringify({ ...header, ...change });
  return Buffer.concat([Buffer.from(`${line}\n`), PAYLOAD]);
}

it('is read as it was written', () => {
  const parsed = parseCheckpoint(STORED);
  expect(parsed).toMatchObject({ ok: true, header: { taskId: TASK, ...MARK, bytes: 7 } });
  expect(parsed.ok && Buffer.from(parsed.payload).toString()).toBe('payload');
});

it('may have an empty payload', () => {
  expect(parseCheckpoint(checkpointBytes(TASK, MARK, new Uint8Array()))).toMatchObject({
    ok: true,
  });
});

it('has its seconds to the millisecond, because the ledger takes no smaller number', () => {
  const parsed = parseCheckpoint(withHeader({ workSeconds: 1e-200 }));
  expect(parsed.ok && parsed.header.workSeconds).toBe(0);
  expect(parseCheckpoint(withHeader({ workSeconds: 1.23456 }))).toMatchObject({
    header: { workSeconds: 1.235 },
  });
});

describe('what is not a checkpoint', () => {
  it.each([
    { what: 'nothing', bytes: Buffer.alloc(0), why: /^E_CKPT_HEADER: no header line/ },
    { what: 'no line feed', bytes: Buffer.from('{"v":1}'), why: /^E_CKPT_HEADER: no header/ },
    {
      what: 'a header line that never ends',
      bytes: Buffer.alloc(MAX_CHECKPOINT_HEADER_BYTES * 2, 0x20),
      why: /^E_CKPT_HEADER: no header/,
    },
    { what: 'no JSON', bytes: Buffer.from('{\npayload'), why: /^E_CKPT_HEADER/ },
    { what: 'bad UTF-8', bytes: Buffer.from([0x22, 0xff, 0x22, 0x0a]), why: /^E_CKPT_HEADER/ },
    { what: 'another version', bytes: withHeader({ v: 2 }), why: /^E_CKPT_HEADER: v / },
    {
      what: 'an id that climbs',
      bytes: withHeader({ taskId: '../x' }),
      why: /^E_CKPT_HEADER: task/,
    },
    { what: 'sequence 0', bytes: withHeader({ sequence: 0 }), why: /^E_CKPT_SEQUENCE/ },
    { what: 'a sequence behind', bytes: withHeader({ sequence: -1 }), why: /^E_CKPT_SEQUENCE/ },
    { what: 'sequence 2^53', bytes: withHeader({ sequence: 2 ** 53 }), why: /^E_CKPT_SEQUENCE/ },
    { what: 'a sequence of 1.5', bytes: withHeader({ sequence: 1.5 }), why: /^E_CKPT_SEQUENCE/ },
    { what: '1e308 seconds', bytes: withHeader({ workSeconds: 1e308 }), why: /: workSeconds / },
    { what: 'a stage with a line feed', bytes: withHeader({ stage: 'a\nb' }), why: /: stage / },
    { what: 'a byte too few', bytes: STORED.subarray(0, -1), why: /^E_CKPT_SIZE: 6 bytes/ },
    { what: 'a byte too many', bytes: Buffer.concat([STORED, PAYLOAD]), why: /^E_CKPT_SIZE/ },
    {
      what: 'another payload',
      bytes: Buffer.concat([STORED.subarray(0, -1), Buffer.from('!')]),
      why: /^E_CKPT_HASH/,
    },
  ])('$what', ({ bytes, why }) => {
    const parsed = parseCheckpoint(bytes);
    expect(parsed.ok ? 'taken' : parsed.why).toMatch(why);
  });

  it('is refused by name whatever it is, and nothing is thrown', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3000 }), (bytes) => {
        const parsed = parseCheckpoint(bytes);
        expect(parsed.ok ? '' : parsed.why).toMatch(/^E_CKPT_[A-Z]+: /);
      }),
    );
  });

  it('is any one that has a bit flipped, or says the same', () => {
    fc.assert(
      fc.property(fc.nat({ max: STORED.length * 8 - 1 }), (bit) => {
        const bytes = Uint8Array.from(STORED);
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const parsed = parseCheckpoint(bytes);
        if (parsed.ok) expect(parsed.payload).toEqual(Uint8Array.from(PAYLOAD));
        else expect(parsed.why).toMatch(/^E_CKPT_/);
      }),
    );
  });
});
