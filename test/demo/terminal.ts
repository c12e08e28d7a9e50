/** A terminal as far as the screen uses one: what is visible after everything written so far. */
export interface Terminal {
  write(text: string): void;
  /** Rows from the top, without blanks at their ends; the last is the cursor's. */
  rows(): string[];
  cursor(): { readonly row: number; readonly column: number; readonly isVisible: boolean };
  /** Raw text, one entry per write. */
  readonly writes: string[];
}

/**
 * Rows never scroll away, so that a test sees all of them. Escape codes it does not know are refused, and
 * so is a character past the last column: the screen must not rely on wrapping.
 */
export function terminal(columns: number): Terminal {
  const cells: string[][] = [[]];
  const writes: string[] = [];
  let [row, column, isVisible] = [0, 0, true];

  const put = (character: string) => {
    if (column >= columns) throw new Error(`row ${row} is wider than ${columns} columns`);
    const line = cells[row] ?? [];
    while (line.length < column) line.push(' ');
    line[column] = character;
    cells[row] = line;
    column += 1;
  };

  const obey = (code: string) => {
    const up = /^\[(\d+)A$/.exec(code);
    if (up !== null) {
      row -= Number(up[1]);
      if (row < 0) throw new Error('the cursor went above the first row');
    } else if (code === '[K') cells[row] = (cells[row] ?? []).slice(0, column);
    else if (code === '[J') {
      cells.length = row + 1;
      cells[row] = (cells[row] ?? []).slice(0, column);
    } else if (code === '[?25l') isVisible = false;
    else if (code === '[?25h') isVisible = true;
    else if (!/^\[\d+m$/.test(code)) throw new Error(`unknown escape code ${code}`);
  };

  const print = (text: string) => {
    for (const character of text) {
      if (character === '\r') column = 0;
      else if (character === '\n') {
        row += 1;
        column = 0;
        cells[row] ??= [];
      } else put(character);
    }
  };

  return {
    writes,
    write: (text) => {
      writes.push(text);
      const [before = '', ...escaped] = text.split('\u001b');
      print(before);
      for (const piece of escaped) {
        const code = /^\[\??\d*[A-Za-z]/.exec(piece)?.[0] ?? piece;
        obey(code);
        print(piece.slice(code.length));
      }
    },
    rows: () => cells.map((line) => line.join('').trimEnd()),
    cursor: () => ({ row, column, isVisible }),
  };
}
