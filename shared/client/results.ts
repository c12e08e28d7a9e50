import { inParallel } from '../concurrency.ts';
import { readTask } from '../ledger/tasks.ts';
import { sha256Of } from '../model/digest.ts';
import { TaskId, type Tenant } from '../model/ids.ts';
import type { TaskRow } from '../model/rows.ts';
import { type Instant, plusSeconds } from '../model/time.ts';
import type { Artifacts, Clock, Ledger } from '../ports.ts';
import { ResultDamaged, ResultNotReady, TaskEndedWithoutResult, TaskNotFound } from './errors.ts';
import { stateOf, type TaskDone } from './task-state.ts';

export interface ResultPorts {
  readonly ledger: Ledger;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  /** When the credentials that sign URLs end, and with them the URLs; undefined: they do not. */
  readonly signedUntil?: () => Promise<Instant | undefined>;
}

/** A verified file, and where it can be fetched for a while. */
export interface ResultLink {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: number;
  readonly sha256: string;
  /** How our side convinced itself that this is what was asked for. */
  readonly verifiedBy: string;
  readonly url: string;
}

export interface TaskResult {
  readonly taskId: string;
  readonly verifiedBy: string;
  readonly evidence: Readonly<Record<string, string>>;
  readonly files: readonly ResultLink[];
  /** When the URLs die: with the credentials that signed them, at the latest. */
  readonly expiresAt: Instant;
}

export interface DownloadedFile extends Omit<ResultLink, 'url' | 'bytes'> {
  readonly data: Uint8Array;
}

/** URLs S3 is asked for at a time. */
const AT_ONCE = 8;

/** @throws TaskNotFound, ResultNotReady, TaskEndedWithoutResult */
export async function linkResult(
  ports: ResultPorts,
  tenant: Tenant,
  taskId: string,
  seconds: number,
): Promise<TaskResult> {
  const { verifiedBy, evidence, files } = await readDone(ports.ledger, tenant, taskId);
  const wanted = plusSeconds(ports.clock.now(), seconds);
  const signedUntil = await ports.signedUntil?.();
  const expiresAt = signedUntil !== undefined && signedUntil < wanted ? signedUntil : wanted;
  const links = await inParallel(files, AT_ONCE, async ({ key, ...file }) => ({
    ...file,
    verifiedBy,
    url: await ports.artifacts.readUrl(key, { seconds }),
  }));
  return { taskId, verifiedBy, evidence, files: links, expiresAt };
}

/**
 * The verified bytes themselves, checked against the hashes on record.
 *
 * @throws TaskNotFound, ResultNotReady, TaskEndedWithoutResult, ResultDamaged
 */
export async function downloadResult(
  ports: ResultPorts,
  tenant: Tenant,
  taskId: string,
): Promise<DownloadedFile[]> {
  const { verifiedBy, files } = await readDone(ports.ledger, tenant, taskId);
  return inParallel(files, AT_ONCE, async ({ key, name, contentType, bytes, sha256 }) => {
    const fetched = await ports.artifacts.get(key, { maxBytes: bytes });
    if (!fetched.found) throw new ResultDamaged(taskId, name, `is ${fetched.why} in the store`);
    const data = fetched.object.bytes;
    if (sha256Of(data) !== sha256) {
      throw new ResultDamaged(taskId, name, 'is not the file that was verified: its hash differs');
    }
    return { name, contentType, sha256, verifiedBy, data };
  });
}

async function readDone(ledger: Ledger, tenant: Tenant, taskId: string): Promise<TaskDone> {
  const state = stateOf(await readExisting(ledger, tenant, taskId));
  switch (state.state) {
    case 'done':
      return state;
    case 'accepted':
      throw new ResultNotReady(taskId);
    case 'failed':
      throw new TaskEndedWithoutResult(taskId, 'failed', state.reason);
    case 'cancelled':
      throw new TaskEndedWithoutResult(taskId, 'cancelled', undefined);
  }
}

/** @throws TaskNotFound */
export async function readExisting(
  ledger: Ledger,
  tenant: Tenant,
  taskId: string,
): Promise<TaskRow> {
  const id = TaskId.safeParse(taskId);
  const task = id.success ? await readTask(ledger, tenant, id.data) : undefined;
  if (task === undefined) throw new TaskNotFound(taskId);
  return task;
}
