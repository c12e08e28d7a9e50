import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:fs';
import { mkdtemp, open, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import * as z from 'zod';
import { BadSpec } from '../execute.ts';

/** A program the operator put into the image, such as icicle-snark or rapidsnark. */
export const ExternalProver = z.strictObject({
  /** Program and its first arguments; the paths `<zkey> <wtns> <proof.json> <public.json>` follow. */
  command: z.array(z.string().min(1)).min(1).max(32),
  /** Whether it uses the GPU it is paid for. */
  gpuUsed: z.boolean().default(false),
  /** Longest time for one proof. */
  timeoutSeconds: z.int().min(1).max(1800).default(600),
});
export type ExternalProver = z.infer<typeof ExternalProver>;

/** Exit code of a prover that was given what nobody can prove. */
const EXIT_BAD_SPEC = 64;

/**
 * The process between us and the prover. It runs the prover when the first byte comes, says how that ended, and
 * once its standard input closes it kills the prover and removes the folder. That is when we are done, and likewise
 * when this thread or this process is killed in the middle. It is text, because it has to start from any bundle.
 */
const GUARD = `
  import { spawn } from 'node:child_process';
  import { rmSync } from 'node:fs';
  const [folder, command, ...args] = process.argv.slice(1);
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('BURST_')),
  );
  const say = (end) => process.stdout.write(JSON.stringify(end));
  let prover;
  process.stdout.on('error', () => {});
  process.stdin.on('error', () => {});
  process.stdin.once('data', () => {
    prover = spawn(command, args, { cwd: folder, env, stdio: 'ignore', detached: true });
    prover.on('error', ({ code }) => say({ failed: String(code) }));
    prover.on('exit', (code, signal) =>
      say(signal === null ? { exitCode: code } : { failed: signal }),
    );
  });
  process.stdin.on('close', () => {
    try {
      process.kill(-prover.pid, 'SIGKILL');
    } catch {}
    rmSync(folder, { recursive: true, force: true });
    process.exit();
  });
`;

const End = z.union([
  z.strictObject({ exitCode: z.int() }),
  z.strictObject({ failed: z.string().max(64) }),
]);

interface Guard {
  readonly process: ChildProcessByStdio<Writable, Readable, null>;
  /** Settles when it is gone, or could not be started. */
  readonly gone: Promise<unknown>;
}

/** A file to read: where it is, and the longest that is read. */
interface Output {
  readonly name: string;
  readonly maxBytes: number;
}

/**
 * Proves with another program, over files in a folder that only this user can read. What the program prints goes
 * nowhere: it may be the witness. Program and folder are gone when this ends, however it ends.
 *
 * @returns the bytes of `outputs`, in their order.
 * @throws BadSpec when the program ends with exit code 64; an Error when it fails otherwise, is late, or leaves
 * no output of a decent size.
 */
export async function proveExternally(
  { command, timeoutSeconds }: ExternalProver,
  inputs: { readonly zkey: Uint8Array; readonly wtns: Uint8Array },
  outputs: readonly Output[],
): Promise<Uint8Array[]> {
  const folder = await mkdtemp(join(tmpdir(), 'burst-prover-'));
  const path = (name: string) => join(folder, name);
  const files = ['circuit.zkey', 'witness.wtns', ...outputs.map(({ name }) => name)].map(path);
  const guard = startGuard([folder, ...command, ...files]);
  try {
    await writeFile(path('circuit.zkey'), inputs.zkey, { mode: 0o600 });
    await writeFile(path('witness.wtns'), inputs.wtns, { mode: 0o600 });
    guard.process.stdin.write('go');
    await success(guard, timeoutSeconds);
    return await Promise.all(
      outputs.map(({ name, maxBytes }) => readOutput(path(name), name, maxBytes)),
    );
  } finally {
    guard.process.stdin.end();
    await guard.gone;
  }
}

function startGuard(args: readonly string[]): Guard {
  const guard = spawn(process.execPath, ['--input-type=module', '--eval', GUARD, '--', ...args], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  guard.stdin.on('error', () => {});
  const gone = new Promise((resolve) => guard.once('exit', resolve).once('error', resolve));
  return { process: guard, gone };
}

async function success(guard: Guard, timeoutSeconds: number): Promise<void> {
  const signal = AbortSignal.timeout(timeoutSeconds * 1000);
  let said: unknown;
  try {
    said = await Promise.race([once(guard.process.stdout, 'data', { signal }), guard.gone]);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new Error(`external prover: took longer than ${timeoutSeconds} s`);
  }
  const end = End.parse(Array.isArray(said) ? JSON.parse(String(said)) : { failed: 'its guard' });
  if ('failed' in end) throw new Error(`external prover: ended by ${end.failed}`);
  if (end.exitCode === EXIT_BAD_SPEC) throw new BadSpec('external prover: refused the witness');
  if (end.exitCode !== 0) throw new Error(`external prover: exit code ${end.exitCode}`);
}

/** A regular file of at most `maxBytes`: not a link to another one, nor a pipe that never ends. */
async function readOutput(path: string, name: string, maxBytes: number): Promise<Uint8Array> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await open(path, flags).catch(() => undefined);
  if (file === undefined) throw new Error(`external prover: made no ${name}`);
  try {
    const { size } = await file.stat();
    if (size > maxBytes) throw new Error(`external prover: ${name} has ${size} bytes`);
    const bytes = new Uint8Array(size);
    await file.read(bytes, 0, size, 0);
    return bytes;
  } finally {
    await file.close();
  }
}
