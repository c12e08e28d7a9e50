import * as z from 'zod';
import { AssetRef, FileName } from '../../model/files.ts';
import { Decimal } from './files.ts';
import { SCALAR_MODULUS } from './points.ts';
import { VerificationKey } from './verification-key.ts';

/** log2 of the largest domain the roots of unity of BN254 allow. */
const MAX_DOMAIN_POWER = 28;

/** A circuit: what proves and what verifies, pinned by the task's owner and never taken from a worker. */
const Circuit = z
  .strictObject({
    /** Name of the circuit, for people. */
    id: z
      .string()
      .min(1)
      .max(64)
      .regex(/^[ -~]+$/, 'must be printable ASCII'),
    /** log2 of the number of constraints the proving key is made for: the domain of its .zkey. */
    domainPower: z.int().min(1).max(MAX_DOMAIN_POWER),
    /** The witness calculator; needed unless tasks bring their witness. */
    wasm: AssetRef.optional(),
    zkey: AssetRef,
    /** `verification_key.json` of snarkjs, as it is. */
    vk: VerificationKey,
  })
  .superRefine(({ domainPower, zkey }, context) => {
    // One point of 64 bytes for each element of the domain, and much else.
    const least = 64 * 2 ** domainPower;
    if (zkey.bytes > least) return;
    context.addIssue({
      code: 'custom',
      path: ['domainPower'],
      message: `a key for a domain of 2^${domainPower} has more than ${least} bytes; the zkey has ${zkey.bytes}`,
    });
  });

/** One proof to make: the spec of a task of the kind `zk.groth16`. It holds no secret. */
export const Groth16Spec = z
  .strictObject({
    circuit: Circuit,
    /** Which of the task's own inputs the witness comes from: a circuit's `input.json`, or a finished .wtns. */
    witness: z.strictObject({
      from: z.enum(['input', 'wtns']),
      file: FileName,
    }),
    /** The public signals the proof must have, in the circuit's order; null where any value will do. */
    expectedPublic: z.array(
      Decimal.refine(
        (signal) => BigInt(signal) < SCALAR_MODULUS,
        'must be below the order r of BN254',
      ).nullable(),
    ),
    /** Which public signal is a nullifier: no other task under the same key is done with the same one. */
    nullifierIndex: z.int().min(0).optional(),
  })
  .superRefine(({ circuit, witness, expectedPublic, nullifierIndex = 0 }, context) => {
    const refuse = (path: PropertyKey[], message: string, code?: string) =>
      context.addIssue({ code: 'custom', path, message, params: { code } });
    const signals = circuit.vk.ic.length - 1;
    if (expectedPublic.length !== signals) {
      refuse(['expectedPublic'], `must have ${signals} entries, as many as the key has signals`);
    } else if (expectedPublic.every((signal) => signal === null)) {
      const why = 'a valid proof of anything would do; pin at least one public signal';
      refuse(['expectedPublic'], why, 'E_UNBOUND_PROOF');
    }
    if (nullifierIndex >= signals) {
      refuse(['nullifierIndex'], `must be below ${signals}, the number of public signals`);
    }
    if (witness.from === 'input' && circuit.wasm === undefined) {
      refuse(['witness', 'from'], 'input needs circuit.wasm, which computes the witness from it');
    }
    if (witness.from === 'wtns' && circuit.wasm !== undefined) {
      refuse(['witness', 'from'], 'wtns does not need circuit.wasm; leave that out');
    }
  });
export type Groth16Spec = z.infer<typeof Groth16Spec>;

/** What a worker must have at hand besides the task's own inputs. */
export const assetsOf = ({ circuit: { wasm, zkey } }: Groth16Spec): AssetRef[] =>
  wasm === undefined ? [zkey] : [zkey, wasm];
