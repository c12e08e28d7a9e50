import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { kindNamed } from '../../../shared/kinds/kinds.ts';
import { sha256Of } from '../../../shared/model/digest.ts';
import type { AssetRef, InputFile } from '../../../shared/model/files.ts';
import type { Task } from '../../../shared/model/task.ts';
import { demoTasks } from './collection.ts';
import type { LongProof } from './mishaps.ts';
import { NULLIFIER_INDEX, semaphoreStatement, throwAwayIdentity } from './semaphore.ts';

/** Tasks, and whatever files they name, by hash. */
export interface Work {
  readonly tasks: readonly Task[];
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** The proof whose worker may be killed. */
  readonly longProof?: LongProof;
}

/** Members of the group, each of whom proves to be one. */
const MEMBERS = 4;

/** Eight to ten seconds of one core, half of them for the output and half for its proof. */
const SQUARINGS = 400_000;

const LONG_PROOF: LongProof = { stages: 20, vramGb: 48 };

/**
 * The main job: a collection of pictures, four proofs of membership in a group, and one long proof. Two GPU needs
 * make two profiles, so two clusters are rented.
 */
export function demoWork(): Work {
  const files = new Map<string, Uint8Array>();
  const tasks = [...demoTasks(), delayTask(), ...semaphoreTasks(files)];
  return { tasks, files, longProof: LONG_PROOF };
}

const delayTask = (): Task => ({
  taskId: 'delay-1',
  kind: 'vdf.wesolowski',
  spec: { seed: 'burst: one beacon', squarings: SQUARINGS, stages: LONG_PROOF.stages },
  resources: { vramGb: LONG_PROOF.vramGb },
});

const SEMAPHORE = new URL('../../examples/semaphore/', import.meta.url);

/** Every secret is drawn anew and thrown away: the owner of the machine that proves can read it. */
function semaphoreTasks(files: Map<string, Uint8Array>): Task[] {
  const shared = (name: string) => described(files, readFileSync(new URL(name, SEMAPHORE)));
  const circuit = {
    id: 'semaphore-v4 depth 10',
    domainPower: 12,
    wasm: shared('semaphore-10.wasm'),
    zkey: shared('semaphore-10.zkey'),
    vk: JSON.parse(readFileSync(new URL('verification_key.json', SEMAPHORE), 'utf8')),
  };
  const identities = Array.from({ length: MEMBERS }, () => throwAwayIdentity(randomBytes));
  const members = identities.map(({ commitment }) => commitment);
  return identities.map((identity, index) => {
    const statement = { identity, members, message: `vote ${index + 1}`, scope: 'burst-demo' };
    const { input, expectedPublic } = semaphoreStatement(statement);
    const secret = described(files, Buffer.from(JSON.stringify(input)));
    return {
      taskId: `member-${index + 1}`,
      kind: 'zk.groth16',
      spec: {
        circuit,
        witness: { from: 'input', file: 'input.json' },
        expectedPublic: [...expectedPublic],
        nullifierIndex: NULLIFIER_INDEX,
      },
      inputs: [{ name: 'input.json', ...secret }],
      confidentiality: 'witness-visible',
      // Half of them on either cluster.
      resources: { vramGb: index % 2 === 0 ? 24 : LONG_PROOF.vramGb },
    };
  });
}

function described(files: Map<string, Uint8Array>, bytes: Uint8Array) {
  const sha256 = sha256Of(bytes);
  files.set(sha256, bytes);
  return { sha256, bytes: bytes.byteLength };
}

/** How files get to where workers fetch them. */
export interface Uploads {
  uploadInput(
    taskId: string,
    file: { readonly name: string; readonly data: Uint8Array },
  ): Promise<InputFile>;
  uploadAsset(data: Uint8Array): Promise<AssetRef>;
}

/** Uploads the files that tasks name. One that is not at hand is left to intake, which refuses its task. */
export async function uploadFiles({ tasks, files }: Work, uploads: Uploads): Promise<void> {
  const assets = new Set<string>();
  for (const { taskId, kind, spec, inputs = [] } of tasks) {
    for (const { name, sha256 } of inputs) {
      const data = files.get(sha256);
      if (data !== undefined) await uploads.uploadInput(taskId, { name, data });
    }
    const read = kindNamed(kind)?.read(spec);
    for (const { sha256 } of read?.ok ? read.task.assets : []) assets.add(sha256);
  }
  for (const sha256 of assets) {
    const data = files.get(sha256);
    if (data !== undefined) await uploads.uploadAsset(data);
  }
}
