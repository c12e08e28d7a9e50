import type { SoundTask } from '../../shared/intake/parse-task.ts';
import { type Refusal, refusal } from '../../shared/intake/refusal.ts';
import { assetKey, inputKey } from '../../shared/model/artifact-keys.ts';
import type { Tenant } from '../../shared/model/ids.ts';
import type { Ports } from '../../shared/ports.ts';

/**
 * Whether every file a task needs was uploaded, with the length it announces. Content is checked where it is
 * read, against the hash.
 *
 * @returns why the task cannot be taken; undefined: all files are there, or it needs none.
 */
export async function missingFile(
  artifacts: Pick<Ports['artifacts'], 'size'>,
  tenant: Tenant,
  { envelope: { taskId, inputs = [] }, known }: SoundTask,
): Promise<Refusal | undefined> {
  const files = [
    ...inputs.map(({ name, sha256, bytes }) => ({
      field: 'inputs',
      name,
      key: inputKey(tenant, taskId, { name, sha256 }),
      bytes,
    })),
    ...known.assets.map(({ sha256, bytes }) => ({
      field: 'spec',
      name: `asset ${sha256.slice(0, 16)}…`,
      key: assetKey(tenant, sha256),
      bytes,
    })),
  ];
  for (const { field, name, key, bytes } of files) {
    const found = await artifacts.size(key);
    if (found === undefined) {
      const reason = `${name} was not uploaded; upload it before the task is sent`;
      return refusal('E_INPUT_MISSING', field, reason);
    }
    if (found !== bytes) {
      const reason = `${name} has ${found} bytes, announced ${bytes}; upload the file it names`;
      return refusal('E_INPUT_HASH', field, reason);
    }
  }
  return undefined;
}

/** Asks for the size of each object once: what the tasks of one event share is looked for once for all of them. */
export function askedOnce(artifacts: Pick<Ports['artifacts'], 'size'>): Ports['artifacts']['size'] {
  const asked = new Map<string, ReturnType<Ports['artifacts']['size']>>();
  return (key) => {
    const answer = asked.get(key) ?? artifacts.size(key);
    asked.set(key, answer);
    return answer;
  };
}
