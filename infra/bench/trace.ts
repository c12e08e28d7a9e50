/** One task of a trace, in seconds from the trace's beginning. */
export interface TraceTask {
  readonly name: string;
  readonly arrivalSeconds: number;
  /** Time on the GPUs it asks for. No policy sees it before the task has ended. */
  readonly serviceSeconds: number;
  readonly gpus: number;
  readonly kind: string;
  /** What a slot loads before the task and keeps for the next one; empty: nothing. */
  readonly model: string;
}

/** A file that is no trace: the message names file, row and column. */
export class TraceFault extends Error {
  override readonly name = 'TraceFault';
}

const NEEDED = ['task', 'arrival_s', 'service_s', 'gpus', 'kind', 'model'] as const;
type Column = (typeof NEEDED)[number];

/** GPUs of the largest cluster a task may ask for. */
const MAX_GPUS = 8;

/** Longest service time, seconds: tasks without checkpoints must end within one job. */
const MAX_SERVICE_SECONDS = 1800;

/** Latest moment, seconds: half a year, through which Burst is run minute by minute. */
const MAX_TRACE_SECONDS = 183 * 86_400;

/**
 * Reads a trace: CSV with a header, columns `task,arrival_s,service_s,gpus,kind,model` in any order among
 * others, one task a row. Rows may stand in any order; they are given in order of arrival.
 *
 * @param file - Names the text in what is said about it.
 * @throws TraceFault
 */
export function parseTrace(text: string, file: string): TraceTask[] {
  const rows = csvRows(text, file, NEEDED);
  if (rows.length === 0) throw new TraceFault(`${file}, row 2: there is no task; add one a row`);
  const names = new Map<string, number>();
  return rows
    .map(({ row, of }): TraceTask => {
      const name = of('task');
      const before = names.get(name);
      if (name === '') throw fault(file, row, 'task', 'is empty; give every task a name');
      if (before !== undefined) {
        throw fault(file, row, 'task', `"${shown(name)}" is the task of row ${before}, too`);
      }
      names.set(name, row);
      const number = (column: Column, test: (value: number) => boolean, wanted: string) =>
        numberIn(file, row, column, of(column), test, wanted);
      return {
        name,
        arrivalSeconds: number(
          'arrival_s',
          isMoment,
          `seconds from 0 to ${MAX_TRACE_SECONDS}, half a year`,
        ),
        serviceSeconds: number(
          'service_s',
          (value) => value > 0 && value <= MAX_SERVICE_SECONDS,
          `seconds above 0 and up to ${MAX_SERVICE_SECONDS}, the longest job`,
        ),
        gpus: number(
          'gpus',
          (value) => Number.isInteger(value) && value >= 1 && value <= MAX_GPUS,
          `a whole number from 1 to ${MAX_GPUS}`,
        ),
        kind: of('kind'),
        model: of('model'),
      };
    })
    .sort((a, b) => a.arrivalSeconds - b.arrivalSeconds);
}

/** One step of a churn file: from then on so many nodes are up. */
export interface ChurnStep {
  readonly atSeconds: number;
  readonly nodesUp: number;
}

/**
 * Reads a churn file: CSV with columns `t_s,nodes_up`, in order of time.
 *
 * @throws TraceFault
 */
export function parseChurn(text: string, file: string): ChurnStep[] {
  const rows = csvRows(text, file, ['t_s', 'nodes_up']);
  if (rows.length === 0) throw new TraceFault(`${file}, row 2: there is no step; add one a row`);
  let last = Number.NEGATIVE_INFINITY;
  return rows.map(({ row, of }) => {
    const atSeconds = numberIn(
      file,
      row,
      't_s',
      of('t_s'),
      (value) => isMoment(value) && value > last,
      `seconds, more in each row than in the one before, up to ${MAX_TRACE_SECONDS}`,
    );
    last = atSeconds;
    const isCount = (value: number) => Number.isInteger(value) && value >= 0;
    const nodesUp = numberIn(file, row, 'nodes_up', of('nodes_up'), isCount, 'a whole number');
    return { atSeconds, nodesUp };
  });
}

const isMoment = (value: number): boolean => value >= 0 && value <= MAX_TRACE_SECONDS;

interface CsvRow<Name extends string> {
  /** Line of the file, the header being 1. */
  readonly row: number;
  readonly of: (column: Name) => string;
}

/** Plain CSV: a header, commas, no quotes; blank lines are passed over. */
function csvRows<Name extends string>(
  text: string,
  file: string,
  needed: readonly Name[],
): CsvRow<Name>[] {
  const lines = text.replace(/^\uFEFF/, '').split(/\r?\n/);
  const header = (lines[0] ?? '').split(',').map((name) => name.trim());
  const places = new Map(
    needed.map((name) => {
      const place = header.indexOf(name);
      if (place >= 0) return [name, place];
      throw new TraceFault(
        `${file}, row 1, column ${name}: is missing; the header needs ${needed.join(',')}`,
      );
    }),
  );
  return lines.slice(1).flatMap((line, index) => {
    const row = index + 2;
    if (line.trim() === '') return [];
    const cells = line.split(',');
    if (cells.length !== header.length) {
      const column = header[Math.min(cells.length, header.length - 1)];
      const why = `the row has ${cells.length} fields and the header ${header.length}`;
      throw new TraceFault(`${file}, row ${row}, column ${column}: ${why}`);
    }
    return [{ row, of: (column: Name) => (cells[places.get(column) ?? 0] ?? '').trim() }];
  });
}

function numberIn(
  file: string,
  row: number,
  column: string,
  text: string,
  test: (value: number) => boolean,
  wanted: string,
): number {
  const value = Number(text);
  if (text !== '' && Number.isFinite(value) && test(value)) return value;
  throw fault(file, row, column, `"${shown(text)}" is not ${wanted}`);
}

const fault = (file: string, row: number, column: string, why: string): TraceFault =>
  new TraceFault(`${file}, row ${row}, column ${column}: ${why}`);

const shown = (text: string): string => text.slice(0, 40);
