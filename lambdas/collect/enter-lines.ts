import { inParallel } from '../../shared/concurrency.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { JobRow, LeaseRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import type { Invocation } from '../../shared/ports.ts';
import { type Acceptance, enterResult } from './accept-result.ts';
import { dropLineage } from './checkpoints.ts';
import type { CollectPorts } from './collect-ports.ts';
import { acceptFailure } from './failed-line.ts';
import type { Line } from './lines.ts';
import { putAside } from './put-aside.ts';
import { fetchUploads, type Judged, judgeUploads, type Uploads } from './uploads.ts';

/** Left of an invocation for the writes behind the last verification, seconds. */
const MARGIN_SECONDS = 10;

/** Whether an invocation may begin with something more. */
export const hasTime = (invocation: Invocation): boolean =>
  invocation.remainingSeconds() >= MARGIN_SECONDS;

/** Lines whose files are read at a time, and written at a time: S3 answers slowly, and an invocation is paid by time. */
export const AT_ONCE = 8;

type Uploaded = Extract<Line, { readonly is: 'uploaded' }>;
type JudgedLine = Exclude<Line, Uploaded> | (Uploaded & { readonly judged: Judged });
type OnSample = Uploaded & { readonly judged: Extract<Judged, { readonly is: 'good' }> };

/** A line that was looked at; `received` is undefined where the manifest has no such line. */
export interface Entered {
  readonly line: number;
  readonly task?: ManifestTask | undefined;
  readonly received: Acceptance | undefined;
}

/**
 * Reads the files of some lines side by side, judges them one after the other, and enters them side by side: those
 * that were looked at closely first. If one of them tells on the worker, the others are judged again, since nothing of
 * it is taken on the sample any more.
 *
 * @returns the lines there was time for, the first of them in any case.
 */
export async function enterLines(
  ports: CollectPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  lines: readonly Line[],
  invocation: Invocation,
): Promise<Entered[]> {
  const enter = async (one: JudgedLine): Promise<Entered> => ({
    ...{ line: one.line, task: one.task },
    received: await enterLine(ports, settings, lease, job, one),
  });
  const judged = await judgeLines(ports, settings, lease, job, lines, invocation);
  const closely = judged.filter((line) => !isOnSample(line));
  const entered = await inParallel(closely, AT_ONCE, enter);
  let onSample: readonly JudgedLine[] = judged.filter(isOnSample);
  if (entered.some(({ received }) => received?.kind === 'rejected')) {
    const again: JudgedLine[] = [];
    for (const line of judged.filter(isOnSample)) {
      const uploads = { are: 'there', files: line.judged.files } as const;
      again.push(await judgeLine(ports, settings, lease, job, line, uploads));
    }
    onSample = again;
  }
  return [...entered, ...(await inParallel(onSample, AT_ONCE, enter))];
}

/** Taken by its form: only the sample is looked at closely. */
const isOnSample = (line: JudgedLine): line is OnSample =>
  line.is === 'uploaded' && line.judged.is === 'good' && !line.judged.inSample;

async function judgeLines(
  ports: CollectPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  lines: readonly Line[],
  invocation: Invocation,
): Promise<JudgedLine[]> {
  const fetched = await inParallel(lines, AT_ONCE, async (line) =>
    line.is === 'uploaded'
      ? { ...line, uploads: await fetchUploads(ports, lease, job, line.task, line.known) }
      : line,
  );
  const judged: JudgedLine[] = [];
  for (const line of fetched) {
    if (judged.length > 0 && !hasTime(invocation)) break;
    if (line.is !== 'uploaded') judged.push(line);
    else judged.push(await judgeLine(ports, settings, lease, job, line, line.uploads));
  }
  return judged;
}

async function judgeLine(
  ports: CollectPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  line: Uploaded,
  uploads: Uploads,
): Promise<JudgedLine> {
  const judged = await judgeUploads(ports, lease, job, line.task, line.known, uploads);
  if (judged.is === 'rejected') {
    await distrust(ports, settings, lease, job, line.task, judged.reason);
  }
  return { ...line, judged };
}

async function enterLine(
  ports: CollectPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  line: JudgedLine,
): Promise<Acceptance | undefined> {
  if (line.is === 'unknown') return undefined;
  const { task } = line;
  if (line.is === 'failed') return acceptFailure(ports, lease, job, task, line.failure);
  const received = await enterResult(ports, settings, lease, job, task, line.judged);
  if (received.kind === 'rejected' && line.judged.is === 'good') {
    await distrust(ports, settings, lease, job, task, received.reason);
  }
  return received;
}

/** Nothing more is given to the worker, nor taken from what it left. */
async function distrust(
  ports: CollectPorts,
  settings: Settings,
  lease: LeaseRow,
  job: JobRow,
  task: ManifestTask,
  reason: string,
): Promise<void> {
  const shown = reason.slice(0, 300);
  await putAside(ports, settings, job.worker, shown);
  await dropLineage(ports, lease, task, shown);
}
