import { cutLine, type Line, type Style, span, widthOf, wrap } from './line.ts';

export interface Column<Row> {
  readonly title: string;
  readonly align?: 'right';
  /** Text of the cell; several texts stand below each other. */
  readonly cell: (row: Row) => string | readonly string[];
  readonly style?: (row: Row) => Style | undefined;
  /** When room is short, columns go in this order, lowest first; without one a column stays. */
  readonly dropOrder?: number;
}

const GAP = '  ';

/** Columns as wide as their widest cell, a dim row of titles on top. Lines may be wider than a terminal. */
function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): Line[] {
  const widths = columns.map((column) => columnWidth(column, rows));
  const lineOf = (texts: readonly string[], styles: readonly (Style | undefined)[]): Line =>
    columns.flatMap(({ align }, n) => {
      const text = texts[n] ?? '';
      const padding = span(' '.repeat((widths[n] ?? 0) - widthOf(text)));
      const cell = span(text, styles[n]);
      const gap = span(n === 0 ? '' : GAP);
      return align === 'right' ? [gap, padding, cell] : [gap, cell, padding];
    });

  const titles = lineOf(
    columns.map(({ title }) => title),
    columns.map(() => 'dim'),
  );
  const body = rows.flatMap((row) => {
    const cells = columns.map((column) => textsOf(column, row));
    const styles = columns.map(({ style }) => style?.(row));
    const height = Math.max(...cells.map((texts) => texts.length));
    return Array.from({ length: height }, (_, line) =>
      lineOf(
        cells.map((texts) => texts[line] ?? ''),
        styles,
      ),
    );
  });
  return [titles, ...body];
}

/** The table in `width` cells: columns that may go do so while it is too wide, then lines are cut. */
export function tableWithin<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): Line[] {
  let kept = [...columns];
  while (tableWidth(kept, rows) > width) {
    const next = kept
      .filter(({ dropOrder }) => dropOrder !== undefined)
      .toSorted((a, b) => (a.dropOrder ?? 0) - (b.dropOrder ?? 0))[0];
    if (next === undefined) break;
    kept = kept.filter((column) => column !== next);
  }
  return tableLines(kept, rows).map((line) => cutLine(line, width));
}

/** The table in `width` cells without losing a word: too wide for a row each, a row becomes a list. */
export function tableOrLists<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width: number,
): Line[] {
  if (tableWidth(columns, rows) <= width) return tableLines(columns, rows);
  return rows.flatMap((row) =>
    columns.flatMap((column, n) => {
      const text = textsOf(column, row).join(', ');
      if (n === 0) return wrap(text, width).map((line) => [span(line, 'bold')]);
      return labelled(column.title, text, width, column.style?.(row));
    }),
  );
}

/** `  title  text`, wrapped below its beginning. */
export function labelled(title: string, text: string, width: number, style?: Style): Line[] {
  const indent = 2;
  return wrap(`${title}: ${text}`, width - indent, 2).map((line, n) => {
    const label = n === 0 ? `${title}:` : '';
    return [
      span(' '.repeat(indent)),
      span(line.slice(0, label.length), 'dim'),
      span(line.slice(label.length), style),
    ];
  });
}

const textsOf = <Row>({ cell }: Column<Row>, row: Row): readonly string[] => {
  const texts = cell(row);
  return typeof texts === 'string' ? [texts] : texts;
};

const columnWidth = <Row>(column: Column<Row>, rows: readonly Row[]): number =>
  Math.max(
    widthOf(column.title),
    ...rows.flatMap((row) => textsOf(column, row).map((text) => widthOf(text))),
  );

const tableWidth = <Row>(columns: readonly Column<Row>[], rows: readonly Row[]): number =>
  columns.reduce((sum, column) => sum + columnWidth(column, rows), 0) +
  GAP.length * (columns.length - 1);
