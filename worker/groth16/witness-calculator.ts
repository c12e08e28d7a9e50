import { SCALAR_MODULUS } from '../../shared/kinds/zk/points.ts';
import { BadSpec } from '../execute.ts';

/** Most wires of a circuit: the largest domain there is, 2^28. */
const MAX_WIRES = 2 ** 28;

/** 32-bit words of a number. */
const WORDS = 8;

/** What the runtime of circom says before it gives up, by the code it hands out. */
const FAULTS: Readonly<Record<number, string>> = {
  1: 'a signal was not found',
  2: 'too many signals were set',
  3: 'a signal was set twice',
  4: 'an assertion of the circuit failed: the input does not satisfy it',
  5: 'not enough memory',
  6: 'an input signal has fewer elements than were set',
};

/** Longest part of the circuit's own message that is passed on. */
const MAX_MESSAGE_LENGTH = 160;

/**
 * Runs the witness calculator that circom 2 compiled from a circuit.
 *
 * The module is the tenant's code. It gets numbers and gives numbers; it can reach nothing else. How long it
 * runs is bounded by whoever owns this thread.
 *
 * @param input - See circuit-input.ts.
 * @returns Every number below r, the first one 1.
 * @throws BadSpec when the module is no such calculator or the input is not the circuit's.
 */
export async function calculateWitness(
  wasm: Uint8Array,
  input: ReadonlyMap<string, readonly bigint[]>,
): Promise<bigint[]> {
  try {
    const circuit = await load(wasm);
    circuit.init();
    circuit.setInput(input);
    return circuit.witness();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) {
      throw new BadSpec('wasm: the witness calculator broke down', { cause: error });
    }
    throw error;
  }
}

interface Circuit {
  init(): void;
  setInput(input: ReadonlyMap<string, readonly bigint[]>): void;
  witness(): bigint[];
}

async function load(wasm: Uint8Array): Promise<Circuit> {
  let message = '';
  const runtime = {
    exceptionHandler(code = 0) {
      const said = message === '' ? '' : ` (${message.slice(0, MAX_MESSAGE_LENGTH)})`;
      throw new BadSpec(`wasm: ${FAULTS[code] ?? 'unknown fault of the circuit'}${said}`);
    },
    printErrorMessage() {
      message = messageOf(() => call('getMessageChar'));
    },
    // What a circuit logs may be its witness: it is read by nobody.
    writeBufferMessage() {},
    showSharedRWMemory() {},
    log() {},
  };
  const exports = await instantiate(wasm, runtime);
  const call = (name: string, ...numbers: number[]): number => {
    const exported = exports[name];
    if (typeof exported !== 'function') throw new BadSpec(`wasm: exports no ${name}`);
    return Number(exported(...numbers)) >>> 0;
  };
  const read = (): bigint => {
    let value = 0n;
    for (let word = WORDS - 1; word >= 0; word -= 1) {
      value = (value << 32n) | BigInt(call('readSharedRWMemory', word));
    }
    return value;
  };

  return {
    init() {
      if (call('getVersion') !== 2) throw new BadSpec('wasm: is not of circom 2');
      call('getRawPrime');
      if (call('getFieldNumLen32') !== WORDS || read() !== SCALAR_MODULUS) {
        throw new BadSpec('wasm: is not over BN254');
      }
      call('init', 1);
    },

    setInput(input) {
      let set = 0;
      for (const [name, values] of input) {
        const hash = fnv1a(name);
        const [high, low] = [Number(hash >> 32n), Number(hash & 0xffff_ffffn)];
        const size = call('getInputSignalSize', high, low) | 0;
        const shown = name.slice(0, 64);
        if (size < 1) throw new BadSpec(`input.json: the circuit has no input signal ${shown}`);
        if (values.length !== size) {
          throw new BadSpec(`input.json: ${shown} has ${values.length} values, not ${size}`);
        }
        for (const [index, value] of values.entries()) {
          for (let word = 0; word < WORDS; word += 1) {
            call('writeSharedRWMemory', word, Number((value >> BigInt(32 * word)) & 0xffff_ffffn));
          }
          call('setInputSignal', high, low, index);
          set += 1;
        }
      }
      if (set < call('getInputSize')) throw new BadSpec('input.json: not all inputs have been set');
    },

    witness() {
      const wires = call('getWitnessSize');
      if (wires === 0 || wires > MAX_WIRES) throw new BadSpec(`wasm: has ${wires} wires`);
      const witness: bigint[] = [];
      for (let n = 0; n < wires; n += 1) {
        call('getWitness', n);
        const value = read();
        if (value >= SCALAR_MODULUS) throw new BadSpec(`wasm: wire ${n} is not below r`);
        witness.push(value);
      }
      if (witness[0] !== 1n) throw new BadSpec('wasm: its witness does not begin with 1');
      return witness;
    },
  };
}

async function instantiate(
  wasm: Uint8Array,
  runtime: WebAssembly.Imports[string],
): Promise<WebAssembly.Instance['exports']> {
  try {
    const module = await WebAssembly.compile(wasm);
    return (await WebAssembly.instantiate(module, { runtime })).exports;
  } catch (error) {
    const kinds = [WebAssembly.CompileError, WebAssembly.LinkError, TypeError];
    if (!kinds.some((kind) => error instanceof kind)) throw error;
    throw new BadSpec('wasm: is no witness calculator of circom', { cause: error });
  }
}

/** A message that comes a character a call and ends with 0. */
function messageOf(next: () => number): string {
  let message = '';
  for (let code = next(); code !== 0 && message.length < 1024; code = next()) {
    message += String.fromCharCode(code);
  }
  return message;
}

/** FNV-1a of 64 bits, by which the calculator knows its signals. */
function fnv1a(text: string): bigint {
  let hash = 0xcbf2_9ce4_8422_2325n;
  for (let at = 0; at < text.length; at += 1) {
    hash = ((hash ^ BigInt(text.charCodeAt(at))) * 0x100_0000_01b3n) & 0xffff_ffff_ffff_ffffn;
  }
  return hash;
}
