import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { container } from '../shared/kinds/container.ts';
import { readOutputs } from './container-outputs.ts';
import { BadSpec, type Executor, type Files, type Work } from './execute.ts';
import { createLastWords } from './last-words.ts';

/** The program of this image, as its maker set it. */
export interface Program {
  /** Arguments, the program itself first. */
  readonly argv: readonly string[];
  /** Where it is looked for, and finds others. */
  readonly path: string;
  /** `CUDA_VISIBLE_DEVICES` of it, where this worker knows one. */
  readonly visibleGpus?: string | undefined;
}

/** Exit code of a program for a specification that it can do nowhere. */
const EXIT_BAD_SPEC = 64;

/** Longest wait for the last output of a program that has ended. */
const REST_MILLISECONDS = 500;

/**
 * Runs a program. It works in a folder of its own, finds its inputs in `in/`, leaves its outputs in `out/`, and knows
 * no variables but those of the task, `PATH`, `HOME`, which is the folder, and the GPUs of its slot.
 *
 * A thread that is ended and a worker that is killed have no time to end what they started. So each program has a
 * guard: a shell that waits for the end of a pipe whose other end this thread alone holds, then kills the program's
 * process group and removes the folder. The ordinary end takes the same way. The program waits behind a gate until
 * its guard is there; when this thread dies before, the gate stays closed. Only what moves to a session of its own
 * escapes the guard; it dies with the container.
 */
export const containerExecutor = (program: Program): Executor => ({
  gpuUsed: container.gpuUsed,
  run: (work) => runProgram(program, work),
});

const GATE = 'read -r open || exit 75; exec "$@" </dev/null';
const GUARD = 'read -r end; kill -s KILL -- "-$1"; rm -rf -- "$2"';

async function runProgram(
  { argv, path, visibleGpus }: Program,
  { spec, inputs }: Work,
): Promise<Files> {
  const asked = container.spec.parse(spec);
  const folder = await mkdtemp(join(tmpdir(), 'burst-task-'));
  const program = shell([GATE, 'gate', ...argv, ...asked.args], {
    cwd: folder,
    env: {
      ...asked.env,
      ...{ PATH: path, HOME: folder },
      ...(visibleGpus === undefined ? {} : { CUDA_VISIBLE_DEVICES: visibleGpus }),
    },
  });
  const ended = endOf(program);
  const guard = shell([GUARD, 'guard', String(program.pid), folder], {
    cwd: '/',
    env: { PATH: path },
  });
  try {
    await mkdir(join(folder, 'out'));
    await mkdir(join(folder, 'in'));
    for (const name of asked.inputs) {
      const bytes = inputs.get(name);
      if (bytes === undefined) throw new Error(`its input ${name} was not handed out`);
      await writeFile(join(folder, 'in', name), bytes);
    }
    program.stdin?.end('\n');
    const { code, how, words } = await ended;
    const said = words === '' ? '' : `: ${words}`;
    if (code === EXIT_BAD_SPEC) throw new BadSpec(`the program refuses the task${said}`);
    if (code !== 0) throw new Error(`the program ended with ${how}${said}`);
    return await readOutputs(join(folder, 'out'), asked.outputs);
  } finally {
    await release(guard);
    await rm(folder, { recursive: true, force: true });
  }
}

/** A shell that leads a process group of its own, with pipes in the place of its streams. */
function shell(
  script: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): ChildProcess {
  const child = spawn('/bin/sh', ['-c', ...script], { ...options, detached: true, stdio: 'pipe' });
  // Without a shell there is no exit but this; and nobody reads the pipe of one that is gone.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  return child;
}

interface End {
  /** Null: a signal ended it, or it never began. */
  readonly code: number | null;
  readonly how: string;
  /** The end of what it wrote, in one printable line. */
  readonly words: string;
}

/** Waits for the end of a program, ends what it has started, and hears the rest of its output. */
async function endOf(program: ChildProcess): Promise<End> {
  const words = createLastWords();
  for (const stream of [program.stdout, program.stderr]) stream?.on('data', words.add);
  const closed = new Promise<void>((resolve) => program.once('close', () => resolve()));
  const end = await new Promise<Omit<End, 'words'>>((resolve) => {
    program.once('error', (error) => resolve({ code: null, how: error.message }));
    program.once('exit', (code, signal) => resolve({ code, how: signal ?? `code ${code}` }));
  });
  killGroup(program);
  await Promise.race([closed, pause(REST_MILLISECONDS)]);
  return { ...end, words: words.text() };
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing of the group is left.
  }
}

const pause = (milliseconds: number) =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref());

/** Lets the guard do its work, and waits for it. */
async function release(guard: ChildProcess): Promise<void> {
  if (guard.pid === undefined || guard.exitCode !== null) return;
  const gone = new Promise<void>((resolve) => guard.once('exit', () => resolve()));
  guard.stdin?.end();
  await gone;
}
