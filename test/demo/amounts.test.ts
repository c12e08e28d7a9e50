import { describe, expect, it } from 'vitest';
import {
  clockTime,
  count,
  counted,
  dollars,
  duration,
  paceOf,
} from '../../infra/local/demo/amounts.ts';

describe('amounts', () => {
  it.each([
    [0, '0 s'],
    [59.4, '59 s'],
    [59.5, '1 min'],
    [61, '1 min 1 s'],
    [599, '9 min 59 s'],
    [600, '10 min'],
    [3569, '59 min'],
    [3570, '1 h 00 min'],
    [3840, '1 h 04 min'],
    [90_000, '25 h 00 min'],
    [-5, '0 s'],
  ])('writes a duration of %d seconds as %s', (seconds, text) => {
    expect(duration(seconds)).toBe(text);
  });

  it.each([
    [0, '0:00:00'],
    [59.9, '0:00:59'],
    [60, '0:01:00'],
    [3599, '0:59:59'],
    [3600, '1:00:00'],
    [-1, '0:00:00'],
  ])('writes the point %d seconds after the start as %s', (seconds, text) => {
    expect(clockTime(seconds)).toBe(text);
  });

  it.each([
    [0, '$0.00'],
    [0.0123, '$0.0123'],
    [0.0999, '$0.0999'],
    [0.1, '$0.10'],
    [12.345, '$12.35'],
    [1234.5, '$1234.50'],
  ])('writes %d dollars as %s', (usd, text) => {
    expect(dollars(usd)).toBe(text);
  });

  it('groups thousands and speaks of one thing in the singular', () => {
    expect([count(999), count(1000), count(12.4)]).toEqual(['999', '1,000', '12']);
    expect([counted(0, 'task'), counted(1, 'task'), counted(2, 'task')]).toEqual([
      '0 tasks',
      '1 task',
      '2 tasks',
    ]);
  });

  it('names the pace of a clock', () => {
    expect([paceOf(1), paceOf(60)]).toEqual(['real time', '60 times real time']);
  });
});
