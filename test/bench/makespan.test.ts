import { describe, expect, it } from 'vitest';
import { makespanRows } from '../../infra/bench/makespan.ts';

describe('slots that are supplied job by job', () => {
  const rows = makespanRows(3, undefined);

  it.each(rows)(
    'end work that is known as soon as by longest-first: $work, $slots slots',
    (row) => {
      expect(row.toLpt).toBeLessThan(1.0005);
    },
  );

  it('end a long backlog within half a percent of what it has to take', () => {
    const long = rows.find(({ work }) => work.startsWith('100 a slot'));
    expect(long?.worst).toBeLessThan(1.005);
  });
});
