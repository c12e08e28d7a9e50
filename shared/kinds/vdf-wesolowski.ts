import { createHash } from 'node:crypto';
import type { TaskKind, Verdict } from './kind.ts';
import { hashToGroup, RSA_2048 } from './vdf/group.ts';
import { MAX_PROGRESS_BYTES } from './vdf/progress.ts';
import { MAX_RESULT_BYTES, RESULT_FILE, readResult } from './vdf/result.ts';
import { VdfSpec } from './vdf/spec.ts';
import { proves } from './vdf/wesolowski.ts';

/** Squarings per second of one worker. Measured: 110,000 on one shared EPYC core, Node 20. */
const SQUARINGS_PER_SECOND = 110_000;

/** What a task costs per squaring: the squaring, the proof's, and an eighth of a product for it. */
const MULTIPLICATIONS_PER_SQUARING = 2.125;

/**
 * A verifiable delay function, Wesolowski's, as chains use it for a beacon of randomness: an output
 * that takes its time to make, whoever makes it, and milliseconds to check.
 */
export const vdfWesolowski: TaskKind<VdfSpec> = {
  name: 'vdf.wesolowski',
  spec: VdfSpec,
  gpuUsed: false,
  checkpoints: true,
  unitSeconds: ({ squarings }) => (squarings * MULTIPLICATIONS_PER_SQUARING) / SQUARINGS_PER_SECOND,
  affinityKey: () => 'rsa-2048',
  outputs: () => [
    { name: RESULT_FILE, contentType: 'application/json', maxBytes: MAX_RESULT_BYTES },
  ],
  maxCheckpointBytes: () => MAX_PROGRESS_BYTES,
  verify,
};

function verify(spec: VdfSpec, files: ReadonlyMap<string, Uint8Array>): Verdict {
  const file = files.get(RESULT_FILE);
  if (file === undefined) return refused('E_RESULT_MISSING', `no ${RESULT_FILE}`);
  const result = readResult(file);
  if ('fault' in result) return refused('E_RESULT_FORMAT', result.fault);
  const { seed, squarings } = spec;
  const claim = { x: hashToGroup(RSA_2048, seed), y: result.y, squarings };
  if (!proves(RSA_2048, claim, result.proof)) {
    return refused(
      'E_RESULT_PROOF',
      `proof does not show y for ${squarings} squarings of the seed`,
    );
  }
  return {
    verified: true,
    verifiedBy: 'proof',
    evidence: { outputSha256: createHash('sha256').update(file).digest('hex') },
  };
}

const refused = (code: string, detail: string): Verdict => ({
  verified: false,
  reason: `${code}: ${detail}`,
});
