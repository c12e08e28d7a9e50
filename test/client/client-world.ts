import {
  type VirtualWorld,
  type VirtualWorldOptions,
  virtualWorld,
} from '../../infra/virtual/world.ts';
import { burstClient } from '../../shared/client/burst-client.ts';
import type { Pause } from '../../shared/client/send.ts';
import { Tenant } from '../../shared/model/ids.ts';
import { Settings } from '../../shared/model/settings.ts';
import type { Task } from '../../shared/model/task.ts';

export const DEFAULT_TENANT = Tenant.parse('default');

/** A small, quick token; what is given replaces fields of the envelope. */
export const nftTask = (taskId: string, fields: Partial<Task> = {}): Task => ({
  taskId,
  kind: 'nft.generative',
  spec: {
    collection: { name: 'Lantern Keepers', seed: 'for tests', supply: 100, size: 64 },
    tokenId: 1,
  },
  ...fields,
});

export const nftTasks = (count: number, fields: Partial<Task> = {}): Task[] =>
  Array.from({ length: count }, (_, index) => nftTask(`task-${index + 1}`, fields));

/** Settings of a world; `more` may name any group of them. */
export const worldSettings = (more: Partial<Record<keyof Settings, unknown>> = {}): Settings =>
  Settings.parse({
    stackName: 'burst',
    tenantOfQueue: {},
    images: { 'nft.generative': `registry/worker@sha256:${'a'.repeat(64)}` },
    workerSecret: 'a secret of the tests',
    allowCpuExecutor: true,
    ...more,
  });

/** The whole pipeline on virtual time, and a client that waits on the same clock. */
export function clientWorld(
  options: Partial<VirtualWorldOptions> = {},
): VirtualWorld & { client: ReturnType<typeof burstClient>; pause: Pause } {
  const world = virtualWorld({ settings: worldSettings(), ...options });
  const pause: Pause = (seconds, signal) =>
    new Promise((resolve, reject) => {
      const cancel = world.timers.after(seconds * 1000, resolve);
      signal?.addEventListener('abort', () => {
        cancel();
        reject(signal.reason);
      });
    });
  const { clock, ids } = world.ports;
  const { queue, ledger, artifacts } = world;
  const client = burstClient({ queue, ledger, artifacts, clock, ids, pause }, DEFAULT_TENANT);
  return { ...world, client, pause };
}
