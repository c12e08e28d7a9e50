import { createColors } from 'picocolors';
import { describe, expect, it } from 'vitest';
import {
  cut,
  cutLine,
  lineWidth,
  paint,
  printable,
  span,
  widthOf,
  wrap,
} from '../../infra/local/demo/line.ts';

describe('widthOf', () => {
  it.each([
    { text: '', cells: 0 },
    { text: 'Finland', cells: 7 },
    { text: 'Malmö', cells: 5 },
    { text: 'Malmo\u0308', cells: 5 },
    { text: '日本', cells: 4 },
    { text: '🚀', cells: 2 },
    { text: '━┄─×…·', cells: 6 },
  ])('gives $cells cells to "$text"', ({ text, cells }) => {
    expect(widthOf(text)).toBe(cells);
  });
});

describe('cut', () => {
  it.each([
    { text: 'burst', width: 6, kept: 'burst' },
    { text: 'burst', width: 5, kept: 'burst' },
    { text: 'burst', width: 4, kept: 'bur…' },
    { text: 'burst', width: 1, kept: '…' },
    { text: 'burst', width: 0, kept: '' },
    { text: 'two words', width: 5, kept: 'two…' },
    { text: '日本国', width: 5, kept: '日本…' },
    { text: '日本国', width: 4, kept: '日…' },
  ])('keeps "$kept" of "$text" in $width cells', ({ text, width, kept }) => {
    expect(cut(text, width)).toBe(kept);
  });
});

describe('cutLine', () => {
  const line = [span('phase', 'dim'), span(' '), span('ready', 'green')];

  it.each([
    { width: 11, text: 'phase ready' },
    { width: 10, text: 'phase rea…' },
    { width: 6, text: 'phase' },
    { width: 3, text: 'ph…' },
  ])('keeps "$text" in $width cells', ({ width, text }) => {
    const kept = cutLine(line, width);
    expect(paint(kept, createColors(false))).toBe(text);
    expect(lineWidth(kept)).toBeLessThanOrEqual(width);
  });

  it('keeps the style of what it cuts', () => {
    expect(paint(cutLine(line, 8), createColors(true))).toBe(
      '\u001b[2mphase\u001b[22m \u001b[32mr…\u001b[39m',
    );
  });
});

describe('wrap', () => {
  it.each([
    { width: 9, lines: ['one two', '  three'] },
    { width: 13, lines: ['one two three'] },
    { width: 12, lines: ['one two', '  three'] },
    { width: 3, lines: ['one', '  two', '  three'] },
  ])('breaks between words at $width cells', ({ width, lines }) => {
    expect(wrap('one two three', width, 2)).toEqual(lines);
  });

  it('keeps a path whole, however narrow the line', () => {
    expect(wrap('see /a/long/path now', 8)).toEqual(['see', '/a/long/path', 'now']);
  });

  it('makes one empty line of no words', () => {
    expect(wrap('', 10)).toEqual(['']);
  });
});

describe('printable', () => {
  it.each([
    { name: 'an escape code', text: 'a\u001b[31mb', shown: 'a [31mb' },
    { name: 'a line break', text: 'a\r\nb', shown: 'a b' },
    { name: 'a change of direction', text: 'a\u202eb', shown: 'a b' },
    { name: 'a line separator', text: 'a\u2028b', shown: 'a b' },
    { name: 'letters of any script', text: 'Malmö 日本', shown: 'Malmö 日本' },
  ])('takes the power out of $name', ({ text, shown }) => {
    expect(printable(text)).toBe(shown);
  });
});
