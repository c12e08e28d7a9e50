import { canonicalJson, sha256Of } from '../../shared/model/digest.ts';
import type { ManifestTask } from '../../shared/model/job.ts';
import type { Produced } from './worker-model.ts';

/** What stands for the program of a container: each file is a function of what the task says, as of a real one. */
export const runProgram = ({ spec, uploads }: ManifestTask): Produced => ({
  files: new Map(
    uploads.map(({ name }) => [name, Buffer.from(sha256Of(canonicalJson([name, spec])))]),
  ),
});
