import { SCALAR_MODULUS } from '../../shared/kinds/zk/points.ts';
import { BadSpec } from '../execute.ts';

/** Deepest nesting of arrays in a signal; circom's own have a handful of dimensions. */
const MAX_DIMENSIONS = 16;

/** Decimal, negative decimal or 0x-hexadecimal, no longer than a number of 256 bits. */
const NUMBER = /^(?:-?[0-9]{1,78}|0x[0-9a-fA-F]{1,64})$/;

/**
 * Reads `input.json`: a signal's name to a number or nested arrays of numbers, as snarkjs takes it. Numbers are
 * decimal or 0x strings, or integers JavaScript can hold; -x stands for r - x.
 *
 * @throws BadSpec naming the signal. Messages hold no value: the input is secret.
 */
export function readCircuitInput(bytes: Uint8Array): Map<string, bigint[]> {
  const json = jsonOf(bytes);
  if (json === null || typeof json !== 'object' || Array.isArray(json)) {
    throw new BadSpec('input.json: is not one JSON object');
  }
  return new Map(
    Object.entries(json).map(([name, value]) => {
      const numbers: bigint[] = [];
      flatten(name.slice(0, 64), value, MAX_DIMENSIONS, numbers);
      return [name, numbers];
    }),
  );
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    // The parser's own message quotes the text.
    throw new BadSpec('input.json: is not JSON');
  }
}

function flatten(name: string, value: unknown, dimensions: number, into: bigint[]): void {
  if (!Array.isArray(value)) {
    into.push(numberOf(name, value));
    return;
  }
  if (dimensions === 0) throw new BadSpec(`input.json: ${name} is nested too deep`);
  for (const one of value) flatten(name, one, dimensions - 1, into);
}

function numberOf(name: string, value: unknown): bigint {
  const written = typeof value === 'string' && NUMBER.test(value);
  const number = written || Number.isSafeInteger(value) ? BigInt(String(value)) : undefined;
  if (number === undefined) throw new BadSpec(`input.json: ${name} is not made of whole numbers`);
  if (number >= SCALAR_MODULUS || number <= -SCALAR_MODULUS) {
    throw new BadSpec(`input.json: ${name} has a number that is not below r`);
  }
  return number < 0n ? number + SCALAR_MODULUS : number;
}
