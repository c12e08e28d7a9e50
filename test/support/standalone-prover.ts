import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { SCALAR_MODULUS } from '../../shared/kinds/zk/points.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { proveGroth16 } from '../../worker/groth16/prove.ts';
import { readWtns } from '../../worker/groth16/wtns.ts';
import { readZkey } from '../../worker/groth16/zkey.ts';

// A prover with snarkjs's file contract: <zkey> <wtns> <proof.json> <public.json>, at the end of the arguments.
const [zkeyFile = '', wtnsFile = '', proofFile = '', publicFile = ''] = process.argv.slice(-4);
const scalar = () => BigInt(`0x${randomBytes(64).toString('hex')}`) % SCALAR_MODULUS;
const { proof, publicSignals } = await proveGroth16({
  zkey: readZkey(readFileSync(zkeyFile)),
  statement: sha256Of(''),
  witness: () => readWtns(readFileSync(wtnsFile)),
  randomScalars: () => ({ r: scalar(), s: scalar() }),
  checkpoint: () => {},
});
writeFileSync(proofFile, JSON.stringify(proof, null, 1));
writeFileSync(publicFile, JSON.stringify(publicSignals, null, 1));
