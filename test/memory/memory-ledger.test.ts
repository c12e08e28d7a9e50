import { describe, expect, it } from 'vitest';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { instantOf } from '../../shared/model/time.ts';

const at = instantOf(0);
const key = { pk: 'L#a', sk: '#' };
const question = { of: 'lease' as const, until: at, limit: 10 };
const enter = { key, when: [], set: [['dueOf', 'lease'] as const, ['dueAt', at] as const] };
const leave = { key, when: [], remove: ['dueOf'] };

describe('the index of a memory ledger', () => {
  it('shows what the question before left, both new and gone', async () => {
    const ledger = memoryLedger();
    await ledger.write(enter);
    expect(await ledger.due(question)).toEqual([]);
    expect(await ledger.due(question)).toEqual([key]);
    await ledger.write(leave);
    expect(await ledger.due(question)).toEqual([key]);
    expect(await ledger.due(question)).toEqual([]);
  });

  it('is up to date on demand', async () => {
    const ledger = memoryLedger({ staleIndex: false });
    await ledger.write(enter);
    expect(await ledger.due(question)).toEqual([key]);
    await ledger.write(leave);
    expect(await ledger.due(question)).toEqual([]);
  });
});

it('shows all rows in order, as copies', async () => {
  const ledger = memoryLedger();
  for (const [pk, sk] of [
    ['b', '2'],
    ['b', '1'],
    ['a', '9'],
  ] as const) {
    await ledger.write({ key: { pk, sk }, when: [], set: [['list', [1]]] });
  }
  const rows = ledger.rows();
  expect(rows.map(({ pk, sk }) => `${pk}${sk}`)).toEqual(['a9', 'b1', 'b2']);
  Object.assign(rows[0] ?? {}, { list: 'changed' });
  expect(ledger.rows()[0]).toEqual({ pk: 'a', sk: '9', list: [1] });
});
