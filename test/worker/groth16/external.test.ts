import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import * as z from 'zod';
import { BadSpec } from '../../../worker/execute.ts';
import { ExternalProver, proveExternally } from '../../../worker/groth16/external.ts';
import { writeWtns } from '../../../worker/groth16/wtns.ts';
import { threadEntry } from '../../../worker/slot.ts';
import { tiny } from '../../support/tiny-circuit.ts';
import { until } from '../../support/until.ts';

const inputs = { zkey: tiny.zkey, wtns: writeWtns(tiny.witness(3n, 7n)) };
const outputs = [
  { name: 'proof.json', maxBytes: 4096 },
  { name: 'public.json', maxBytes: 448 },
];

/** Where the stand-ins tell what they saw. */
let notes: string;
beforeAll(() => {
  notes = mkdtempSync(join(tmpdir(), 'burst-test-'));
});
afterAll(() => rmSync(notes, { recursive: true }));

const Note = z.object({
  pid: z.int(),
  folder: z.string(),
  args: z.array(z.string()),
  modes: z.array(z.string()),
  environment: z.array(z.string()),
});

const noteOf = (file: string) => Note.parse(JSON.parse(readFileSync(join(notes, file), 'utf8')));

/** A prover that notes what it was given under `name`, then does `act`. */
function standIn(name: string, act: string, changes: object = {}): ExternalProver {
  const file = join(notes, name);
  const source = `
    const { writeFileSync, renameSync, statSync, symlinkSync } = require('node:fs');
    const args = process.argv.slice(1);
    const [zkey, wtns, proof, signals] = args.slice(-4);
    const modes = ['.', zkey, wtns].map((path) => (statSync(path).mode & 0o777).toString(8));
    writeFileSync(${JSON.stringify(`${file}.tmp`)}, JSON.stringify({
      pid: process.pid, folder: process.cwd(), args, modes, environment: Object.keys(process.env),
    }));
    renameSync(${JSON.stringify(`${file}.tmp`)}, ${JSON.stringify(file)});
    console.log('the witness is', process.pid);
    ${act}
  `;
  const command = [process.execPath, '--eval', source, '--', '--fast'];
  return ExternalProver.parse({ command, ...changes });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

const leaveBoth = `writeFileSync(proof, '{}'); writeFileSync(signals, '[]');`;
const hang = 'setInterval(() => {}, 1000);';

describe('an external prover', () => {
  it('is given private files after its own arguments, and nothing of ours but them', async () => {
    vi.stubEnv('BURST_TOKEN', 'a-secret-of-this-worker');
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const made = await proveExternally(standIn('files', leaveBoth), inputs, outputs);
    expect(made.map((bytes) => new TextDecoder().decode(bytes))).toEqual(['{}', '[]']);
    const { folder, args, modes, environment } = noteOf('files');
    const names = ['circuit.zkey', 'witness.wtns', 'proof.json', 'public.json'];
    expect(args).toEqual(['--fast', ...names.map((name) => join(folder, name))]);
    expect(modes).toEqual(['700', '600', '600']);
    expect(environment.filter((name) => name.startsWith('BURST_'))).toEqual([]);
    expect(environment).toContain('PATH');
    expect(existsSync(folder)).toBe(false);
  });

  it.each<{ name: string; act: string; why: string | RegExp; bad?: true }>([
    { name: 'exit-64', act: 'process.exit(64)', why: /refused the witness/, bad: true },
    { name: 'exit-3', act: 'process.exit(3)', why: 'external prover: exit code 3' },
    {
      name: 'killed',
      act: `process.kill(process.pid, 'SIGSEGV'); ${hang}`,
      why: 'external prover: ended by SIGSEGV',
    },
    { name: 'no-proof', act: `writeFileSync(signals, '[]')`, why: /made no proof\.json/ },
    { name: 'no-signals', act: `writeFileSync(proof, '{}')`, why: /made no public\.json/ },
    {
      name: 'a-large-proof',
      act: `${leaveBoth} writeFileSync(proof, ' '.repeat(4097));`,
      why: /proof\.json has 4097 bytes/,
    },
    {
      name: 'a-link',
      act: `writeFileSync(signals, '[]'); symlinkSync(wtns, proof);`,
      why: /made no proof\.json/,
    },
  ])('that ends with $name fails by that name, and leaves nothing', async (one) => {
    const proving = proveExternally(standIn(one.name, one.act), inputs, outputs);
    const error: unknown = await proving.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(error instanceof BadSpec).toBe(one.bad === true);
    expect(error).toHaveProperty('message', expect.stringMatching(one.why));
    expect(existsSync(noteOf(one.name).folder)).toBe(false);
  });

  it('that is not there fails', async () => {
    const prover = ExternalProver.parse({ command: ['/no/such/prover'] });
    await expect(proveExternally(prover, inputs, outputs)).rejects.toThrow('ended by ENOENT');
  });

  it('that is late fails and loses its folder, even if it has not begun by then', async () => {
    const own = mkdtempSync(join(notes, 'tmp-'));
    vi.stubEnv('TMPDIR', own);
    onTestFinished(() => {
      vi.unstubAllEnvs();
    });
    const prover = standIn('late', hang, { timeoutSeconds: 1 });
    await expect(proveExternally(prover, inputs, outputs)).rejects.toThrow('longer than 1 s');
    expect(readdirSync(own)).toEqual([]);
  });

  it('is killed with its folder when the thread that waits for it is', async () => {
    const prover = standIn('orphan', hang);
    const external = new URL('../../../worker/groth16/external.ts', import.meta.url);
    const entry = decodeURIComponent(threadEntry(external).href).replace(
      /await import\((.*)\);/,
      `const { proveExternally } = await import($1);
       const { workerData: [prover, inputs, outputs] } = await import('node:worker_threads');
       await proveExternally(prover, inputs, outputs);`,
    );
    const url = new URL(
      `data:text/javascript,${encodeURIComponent(entry.replace(/^data:text\/javascript,/, ''))}`,
    );
    const thread = new Worker(url, { workerData: [prover, inputs, outputs] });
    await until('the prover runs', () => existsSync(join(notes, 'orphan')));
    const { pid, folder } = noteOf('orphan');
    expect([isAlive(pid), existsSync(folder)]).toEqual([true, true]);
    await thread.terminate();
    await until('the prover is gone', () => !isAlive(pid));
    await until('its folder is gone', () => !existsSync(folder));
  });
});
