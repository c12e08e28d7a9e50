import { parseCheckpoint } from '../shared/model/checkpoint.ts';
import type { ManifestTask } from '../shared/model/job.ts';
import { assetName, type Resume, type Work } from './execute.ts';
import { TransferFailed, type Transfers } from './transfer.ts';

/** Bytes of shared files a worker keeps in memory, those of the task at hand included: these however many they are. */
const KEPT_ASSET_BYTES = 256 * 1024 * 1024;

/** What a task needs beside its spec. */
export type Materials = Pick<Work, 'inputs' | 'resume'>;

/** Fetches what tasks need. Files that tasks share are fetched once and kept while there is room. */
export interface MaterialStore {
  /** @throws TransferFailed when a file is missing or another one; never because of a checkpoint. */
  fetch(task: ManifestTask, signal: AbortSignal): Promise<Materials>;
}

export function createMaterialStore(transfers: Transfers): MaterialStore {
  const kept = new Map<string, Uint8Array>();

  /** Makes room for what a task needs, the oldest of what it does not need first. */
  function makeRoom(needed: readonly { readonly sha256: string; readonly bytes: number }[]): void {
    const names = new Set<string>(needed.map(({ sha256 }) => sha256));
    const others = [...kept].filter(([name]) => !names.has(name));
    let total = [
      ...needed.map(({ bytes }) => bytes),
      ...others.map(([, one]) => one.byteLength),
    ].reduce((sum, bytes) => sum + bytes, 0);
    for (const [oldest, { byteLength }] of others) {
      if (total <= KEPT_ASSET_BYTES) return;
      kept.delete(oldest);
      total -= byteLength;
    }
  }

  async function asset(
    { url, sha256, bytes }: NonNullable<ManifestTask['assets']>[number],
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const known = kept.get(sha256);
    const content = known ?? (await transfers.download(url, { sha256, maxBytes: bytes }, signal));
    kept.delete(sha256);
    kept.set(sha256, content);
    return content;
  }

  return {
    async fetch({ inputs = [], assets = [], checkpoint, taskId }, signal) {
      const files = new Map<string, Uint8Array>();
      makeRoom(assets);
      for (const one of assets) files.set(assetName(one.sha256), await asset(one, signal));
      for (const { name, url, sha256, bytes } of inputs) {
        files.set(name, await transfers.download(url, { sha256, maxBytes: bytes }, signal));
      }
      return {
        inputs: files,
        resume:
          checkpoint?.resume && (await resumeFrom(transfers, checkpoint.resume, taskId, signal)),
      };
    },
  };
}

/** A checkpoint that cannot be fetched or is not the announced one is as good as none. */
async function resumeFrom(
  transfers: Transfers,
  {
    url,
    sha256,
    bytes,
    sequence,
    stage,
  }: NonNullable<NonNullable<ManifestTask['checkpoint']>['resume']>,
  taskId: ManifestTask['taskId'],
  signal: AbortSignal,
): Promise<Resume | undefined> {
  try {
    const stored = await transfers.download(url, { sha256, maxBytes: bytes }, signal);
    const parsed = parseCheckpoint(stored);
    if (!parsed.ok || parsed.header.taskId !== taskId) return undefined;
    return { sequence, stage, payload: parsed.payload };
  } catch (error) {
    if (error instanceof TransferFailed) return undefined;
    throw error;
  }
}
