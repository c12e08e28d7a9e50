import type * as z from 'zod';
import { parseTask, type SoundTask } from '../../shared/intake/parse-task.ts';
import { Settings } from '../../shared/model/settings.ts';

export const IMAGE = `registry.example/burst-worker@sha256:${'a'.repeat(64)}`;

/** Settings of a deployment that runs NFT tasks; what a test is about goes into `changes`. */
export const someSettings = (changes: Partial<z.input<typeof Settings>> = {}): Settings =>
  Settings.parse({
    stackName: 'burst',
    tenantOfQueue: { 'intake-default': 'default', 'intake-studio': 'studio' },
    images: { 'nft.generative': IMAGE },
    workerSecret: 'a secret for tests only',
    allowCpuExecutor: true,
    ...changes,
  });

/** The envelope of a sound task as a dApp would write it, shortest form. */
export const anEnvelope = (changes: Readonly<Record<string, unknown>> = {}) => ({
  taskId: 'token-1',
  kind: 'nft.generative',
  spec: aSpec(1),
  ...changes,
});

export const aSpec = (tokenId: number, changes: Readonly<Record<string, unknown>> = {}) => ({
  collection: { name: 'Lantern Prints', seed: 'lantern', supply: 1000, size: 64 },
  tokenId,
  ...changes,
});

/** A message of the intake queue. */
export const aMessage = (changes: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify(anEnvelope(changes));

export function soundTask(
  changes: Readonly<Record<string, unknown>> = {},
  settings: Settings = someSettings(),
): SoundTask {
  const parsed = parseTask(aMessage(changes), settings);
  if (!parsed.ok) throw new Error(`refused: ${JSON.stringify(parsed.refusal)}`);
  return parsed.task;
}
