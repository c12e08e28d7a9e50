import { SCALAR_MODULUS } from '../../shared/kinds/zk/points.ts';
import { VerificationKey } from '../../shared/kinds/zk/verification-key.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { proveGroth16 } from '../../worker/groth16/prove.ts';
import { readZkey } from '../../worker/groth16/zkey.ts';
import { type ConstraintSystem, developmentKey } from './development-key.ts';

/** "I know x and y with x·y = product and x² = square." Wires: 1, product, square, x, y. */
export const SYSTEM: ConstraintSystem = {
  wires: 5,
  publicSignals: 2,
  constraints: [
    { a: { 3: 1n }, b: { 4: 1n }, c: { 1: 1n } },
    { a: { 3: 1n }, b: { 3: 1n }, c: { 2: 1n } },
  ],
};

const keys = developmentKey(SYSTEM);

/** A circuit of two constraints, under a development key that anybody can forge proofs for. */
export const tiny = {
  ...keys,
  key: readZkey(keys.zkey),
  verificationKey: VerificationKey.parse(keys.vk),
  witness: (x: bigint, y: bigint): bigint[] =>
    [1n, x * y, x * x, x, y].map((value) => value % SCALAR_MODULUS),
  /** A proof that verifies, for those x and y. */
  prove: (x: bigint, y: bigint, { r = 11n, s = 13n } = {}) =>
    proveGroth16({
      zkey: readZkey(keys.zkey),
      statement: sha256Of(`${x} ${y}`),
      witness: () => tiny.witness(x, y),
      randomScalars: () => ({ r, s }),
      checkpoint: () => {},
    }),
};

/** The spec of a task that proves x = 3, y = 7 from a witness brought along; what a test is about goes into `changes`. */
export const tinySpec = (changes: object = {}) => ({
  circuit: {
    id: 'product and square',
    domainPower: keys.domainPower,
    zkey: { sha256: sha256Of(keys.zkey), bytes: keys.zkey.length },
    vk: keys.vk,
  },
  witness: { from: 'wtns', file: 'witness.wtns' },
  expectedPublic: ['21', '9'],
  ...changes,
});
