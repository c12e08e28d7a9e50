// A program as a container image may bring one: it gets arguments, finds files in `in/`, leaves files in `out/`.
//
// It hashes what it is given, and the hash, and so on. The end of the chain is the same on every machine, and
// there is no shorter way to it, so two workers that agree have most likely both done the work.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** Exit code for what no machine can do: the task is never tried again. */
const EXIT_BAD_SPEC = 64;

const { seed, rounds } = asked();
let link = createHash('sha256').update(seed);
for (const name of readdirSync('in').sort()) link.update(readFileSync(`in/${name}`));
let digest = link.digest();
for (let round = 1; round < rounds; round += 1) {
  link = createHash('sha256').update(digest);
  digest = link.digest();
}
const result = { seed, rounds, sha256: digest.toString('hex') };
writeFileSync('out/chain.json', `${JSON.stringify(result)}\n`);

function asked() {
  try {
    const options = { seed: { type: 'string', default: '' }, rounds: { type: 'string' } };
    const { values } = parseArgs({ options });
    const count = Number(values.rounds);
    if (Number.isInteger(count) && count > 0) return { seed: values.seed, rounds: count };
    throw new RangeError(`--rounds must be a whole number above 0, got ${values.rounds}`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    return process.exit(EXIT_BAD_SPEC);
  }
}
