import type { createColors } from 'picocolors';

type Colors = ReturnType<typeof createColors>;

export type Style = 'bold' | 'dim' | 'green' | 'yellow' | 'red' | 'cyan';

/** A piece of a line in one style. Made by `span`, so that its text is safe to print. */
export interface Span {
  readonly text: string;
  readonly style: Style | undefined;
}

/** One row of text. Styles are kept apart until `paint`, so that measuring never meets an escape code. */
export type Line = readonly Span[];

export const span = (text: string, style?: Style): Span => ({ text: printable(text), style });

export const EMPTY_LINE: Line = [];

/**
 * Some of what is shown comes from strangers: the provider's place names, causes of a failure. A control
 * or formatting character in it could move the cursor or reverse the text, so each run becomes a space.
 */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ');

/** Code points that fill two cells of a terminal. Source: Unicode's East Asian Width, classes W and F. */
const TWO_CELLS =
  /^[\u1100-\u115f\u2e80-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1f000}-\u{1faff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

const cellsOf = (codePoint: string): number => {
  if (/^\p{M}/u.test(codePoint)) return 0;
  return TWO_CELLS.test(codePoint) ? 2 : 1;
};

/** Cells of a terminal that `text` fills. */
export const widthOf = (text: string): number => {
  let cells = 0;
  for (const codePoint of text) cells += cellsOf(codePoint);
  return cells;
};

export const lineWidth = (line: Line): number =>
  line.reduce((cells, { text }) => cells + widthOf(text), 0);

/** The beginning of `text` that fits into `width` cells, closed with `…` where something is missing. */
export function cut(text: string, width: number): string {
  if (widthOf(text) <= width) return text;
  if (width < 1) return '';
  let kept = '';
  let cells = 1;
  for (const codePoint of text) {
    cells += cellsOf(codePoint);
    if (cells > width) break;
    kept += codePoint;
  }
  return `${kept.trimEnd()}…`;
}

/** The beginning of `line` that fits into `width` cells. */
export function cutLine(line: Line, width: number): Line {
  if (lineWidth(line) <= width) return line;
  const kept: Span[] = [];
  let room = width;
  for (const { text, style } of line) {
    const piece = cut(text, room);
    kept.push({ text: piece, style });
    room -= widthOf(piece);
    if (piece !== text || room < 1) break;
  }
  return kept;
}

/** The line as text without trailing blanks, with colours where `colors` has them. */
export function paint(line: Line, colors: Colors): string {
  const end = line.findLastIndex(({ text }) => text.trim() !== '') + 1;
  return line
    .slice(0, end)
    .map(({ text, style }) => (style === undefined ? text : colors[style](text)))
    .join('');
}

/**
 * Breaks `text` between words into lines of at most `width` cells; all but the first begin with
 * `indent` spaces. A word longer than the line stays whole: half a path is of no use to anybody.
 */
export function wrap(text: string, width: number, indent = 0): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text).split(' ').filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(longer) > width) {
      lines.push(line);
      line = ' '.repeat(indent) + word;
    } else line = longer;
  }
  return [...lines, line];
}
