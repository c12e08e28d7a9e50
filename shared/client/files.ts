import { assetKey, inputKey } from '../model/artifact-keys.ts';
import { sha256Of } from '../model/digest.ts';
import { AssetRef, InputFile } from '../model/files.ts';
import { TaskId, type Tenant } from '../model/ids.ts';
import type { Artifacts } from '../ports.ts';

const CONTENT_TYPE = 'application/octet-stream';

/**
 * Uploads a file for one task alone; it is deleted when the task ends.
 *
 * @returns what the task's `inputs` must say.
 * @throws z.ZodError when the id, the name or the size is not allowed.
 */
export async function uploadInput(
  artifacts: Pick<Artifacts, 'put'>,
  tenant: Tenant,
  taskId: string,
  file: { readonly name: string; readonly data: Uint8Array },
): Promise<InputFile> {
  const { name, data } = file;
  const described = InputFile.parse({ name, sha256: sha256Of(data), bytes: data.byteLength });
  const key = inputKey(tenant, TaskId.parse(taskId), described);
  await artifacts.put(key, { bytes: data, contentType: CONTENT_TYPE });
  return described;
}

/**
 * Uploads a file that tasks share, under its hash. Sending it again changes nothing.
 *
 * @returns how a spec refers to it.
 * @throws z.ZodError when it is empty or too large.
 */
export async function uploadAsset(
  artifacts: Pick<Artifacts, 'put'>,
  tenant: Tenant,
  data: Uint8Array,
): Promise<AssetRef> {
  const described = AssetRef.parse({ sha256: sha256Of(data), bytes: data.byteLength });
  const key = assetKey(tenant, described.sha256);
  await artifacts.put(key, { bytes: data, contentType: CONTENT_TYPE });
  return described;
}
