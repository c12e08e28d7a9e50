import { createColors } from 'picocolors';
import { type Line, lineWidth, paint, printable, wrap } from './line.ts';
import { liveBlock } from './live-block.ts';
import { NOTHING_TOLD, plainLines } from './plain-lines.ts';
import type { Snapshot } from './snapshot.ts';

export interface ScreenOptions {
  readonly write: (text: string) => void;
  /** Whether `write` reaches a terminal that understands cursor movements. */
  readonly isTerminal: boolean;
  readonly color: boolean;
  /** Cells in a row of the terminal; asked anew for each drawing. 0 counts as unknown. */
  readonly columns: () => number;
  /** How many times faster than real time the local clock runs. */
  readonly speed: number;
}

/** Where a person watches the main job. */
export interface Screen {
  show(snapshot: Snapshot): void;
  /** Prints a line that stays, above whatever is redrawn. */
  say(line: string): void;
  /** Leaves the last drawing where it is and gives the cursor back. May be called twice, must be once. */
  close(): void;
}

/** Live rows on a terminal; anywhere else plain lines, one for each change. */
export const createScreen = (options: ScreenOptions): Screen =>
  options.isTerminal ? liveScreen(options) : plainScreen(options);

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
const ERASE_TO_END_OF_LINE = '\u001b[K';
const ERASE_BELOW = '\u001b[J';
const cursorUp = (rows: number): string => `\u001b[${rows}A`;

/** Width where a terminal does not tell its own. */
const USUAL_COLUMNS = 80;

function liveScreen({ write, color, columns, speed }: ScreenOptions): Screen {
  const colors = createColors(color);
  let latest: Snapshot | undefined;
  let block: readonly Line[] = [];
  let isClosed = false;

  /** The last cell of a row stays free: in it, some terminals wrap at once and some wait. */
  const width = () => Math.max(1, (columns() || USUAL_COLUMNS) - 1);

  /** One write for the whole picture, each row erased after its text: nothing to see flickering. */
  const draw = (above: readonly string[]) => {
    const start =
      block.length === 0 ? HIDE_CURSOR : `\r${cursorUp(rowsOnScreen(block, width() + 1))}`;
    if (latest !== undefined) block = liveBlock(latest, speed, width());
    const rows = [
      ...above.flatMap((line) => wrap(line, width(), 2)),
      ...block.map((line) => paint(line, colors)),
    ];
    write(start + rows.map((row) => `${row}${ERASE_TO_END_OF_LINE}\n`).join('') + ERASE_BELOW);
  };

  return {
    show: (snapshot) => {
      if (isClosed) return;
      latest = snapshot;
      draw(snapshot.news);
    },
    say: (line) => {
      if (block.length > 0 && !isClosed) draw([line]);
      else write(`${wrap(line, width(), 2).join('\n')}\n`);
    },
    close: () => {
      if (isClosed) return;
      isClosed = true;
      if (block.length > 0) write(SHOW_CURSOR);
    },
  };
}

/** Rows the drawn lines fill now: a terminal made narrower since has folded those that no longer fit. */
const rowsOnScreen = (lines: readonly Line[], columns: number): number =>
  lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(lineWidth(line) / columns)), 0);

function plainScreen({ write }: ScreenOptions): Screen {
  let told = NOTHING_TOLD;
  let isClosed = false;
  return {
    show: (snapshot) => {
      if (isClosed) return;
      const changes = plainLines(snapshot, told);
      told = changes.told;
      for (const line of changes.lines) write(`${line}\n`);
    },
    say: (line) => write(`${printable(line)}\n`),
    close: () => {
      isClosed = true;
    },
  };
}
