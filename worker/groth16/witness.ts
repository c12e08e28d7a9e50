import type { Groth16Spec } from '../../shared/kinds/zk/spec.ts';
import { assetName, BadSpec, type Work } from '../execute.ts';
import { readCircuitInput } from './circuit-input.ts';
import { calculateWitness } from './witness-calculator.ts';
import { readWtns } from './wtns.ts';
import type { Zkey } from './zkey.ts';

/**
 * The task's witness: computed from its input, or brought along. It is looked at before the long and paid work
 * begins: it must have a number for every wire of the key, and the public signals the task expects.
 *
 * @throws BadSpec when it does not.
 */
export async function witnessOf(
  spec: Groth16Spec,
  inputs: Work['inputs'],
  { wires }: Pick<Zkey, 'wires'>,
): Promise<readonly bigint[]> {
  const witness = await read(spec, inputs);
  if (witness.length !== wires) {
    throw new BadSpec(`witness: has ${witness.length} numbers; the key is for ${wires}`);
  }
  const other = spec.expectedPublic.findIndex(
    (expected, index) => expected !== null && expected !== String(witness[index + 1]),
  );
  if (other >= 0) {
    throw new BadSpec(`witness: public signal ${other} is not the one expectedPublic names`);
  }
  return witness;
}

function read(
  { circuit, witness: { from, file } }: Groth16Spec,
  inputs: Work['inputs'],
): bigint[] | Promise<bigint[]> {
  const source = inputOf(inputs, file);
  if (from === 'wtns' || circuit.wasm === undefined) return readWtns(source);
  const wasm = inputOf(inputs, assetName(circuit.wasm.sha256));
  return calculateWitness(wasm, readCircuitInput(source));
}

/** @throws Error when the worker was not given the file: that is nothing the task can mend. */
export function inputOf(inputs: Work['inputs'], name: string): Uint8Array {
  const bytes = inputs.get(name);
  if (bytes === undefined) throw new Error(`${name} was not fetched`);
  return bytes;
}
