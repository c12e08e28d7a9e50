import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { containerExecutor } from '../../worker/container.ts';
import { BadSpec, type Files } from '../../worker/execute.ts';
import { aContainerSpec } from '../kinds/container/make.ts';
import { openLifelines } from '../support/lifelines.ts';

const text = (files: Files, name: string) => Buffer.from(files.get(name) ?? []).toString('utf8');

interface Task {
  readonly spec?: Parameters<typeof aContainerSpec>[0];
  readonly inputs?: Readonly<Record<string, string>>;
}

/** Runs a shell script as the program of the image; the task's arguments are `$1`, `$2`, … */
async function run(script: string, { spec = {}, inputs = {} }: Task = {}): Promise<Files> {
  const path = '/usr/local/bin:/usr/bin:/bin';
  const executor = containerExecutor({ argv: ['sh', '-c', script, 'program'], path });
  const files = Object.entries(inputs).map(([name, said]) => [name, Buffer.from(said)] as const);
  return executor.run({
    spec: aContainerSpec({ inputs: Object.keys(inputs), ...spec }),
    inputs: new Map(files),
    resume: undefined,
    checkpoint: () => expect.unreachable('a checkpoint'),
  });
}

const workFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('burst-task-'));

describe('a program', () => {
  it('reads its inputs and writes its outputs in a folder that is gone afterwards', async () => {
    const files = await run('tr a-z A-Z < in/words.txt > out/result.bin; pwd >> out/result.bin', {
      inputs: { 'words.txt': 'lantern ' },
    });
    const [word, folder = ''] = text(files, 'result.bin').split(' ');
    expect(word).toBe('LANTERN');
    expect(folder).toContain('burst-task-');
    expect(existsSync(folder.trim())).toBe(false);
  });

  it('gets the arguments of the task behind its own, whatever they look like', async () => {
    const args = ['-n', '$(id)', 'a b', '; exit 3', '*', '', '"'];
    const files = await run('printf "[%s]" "$@" > out/result.bin', { spec: { args } });
    expect(text(files, 'result.bin')).toBe(args.map((arg) => `[${arg}]`).join(''));
  });

  it('knows the variables of the task, where programs are, its folder, and no others', async () => {
    const env = { SEED: '7 $x', lower_case: '' };
    const outputs = [{ name: 'result.bin', maxBytes: 1000 }];
    const files = await run('env > out/result.bin; echo "HERE=$(pwd)" >> out/result.bin', {
      spec: { env, outputs },
    });
    const seen = new Map(
      text(files, 'result.bin')
        .trim()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    expect(seen.get('SEED')).toBe('7 $x');
    expect(seen.get('lower_case')).toBe('');
    expect(seen.get('HOME')).toBe(seen.get('HERE'));
    // What a shell sets for itself.
    const own = ['_', 'PWD', 'OLDPWD', 'SHLVL', 'HERE'];
    const told = [...seen.keys()].filter((name) => !own.includes(name));
    expect(told.toSorted()).toEqual(['HOME', 'PATH', 'SEED', 'lower_case']);
  });

  it('leaves nothing running: what it started ends with it', async () => {
    const lifelines = await openLifelines();
    const [node = '', flag = '', code = ''] = lifelines.program;
    const ended = run('mkfifo go; "$@" & read -r _ < go; echo done > out/result.bin', {
      spec: { args: [node, flag, code] },
    });
    const { folder, dead } = await lifelines.caller();
    writeFileSync(join(folder, 'go'), 'now\n');
    await ended;
    await dead;
    lifelines.close();
  });

  it('may be asked for several files, and may leave others', async () => {
    const outputs = ['a.txt', 'b.txt'].map((name) => ({ name, maxBytes: 4 }));
    const files = await run(
      'for f in a.txt b.txt c.txt; do printf %s "$f" | head -c 4 > "out/$f"; done',
      {
        spec: { outputs },
      },
    );
    expect([...files.keys()]).toEqual(['a.txt', 'b.txt']);
    expect(text(files, 'b.txt')).toBe('b.tx');
  });
});

describe('a task fails', () => {
  it.each([
    ['ends with another code than 0', 'echo no memory left >&2; exit 3', /code 3: no memory left$/],
    ['is ended by a signal', 'kill -TERM $$', /SIGTERM$/],
    ['is not there', 'exec /nowhere/at-all', /code 127: .*nowhere/],
    ['leaves no output', 'true', /no out\/result\.bin/],
    [
      'leaves more than was asked for',
      'head -c 65 /dev/zero > out/result.bin',
      /more than 64 bytes/,
    ],
    ['leaves a link', 'ln -s /etc/passwd out/result.bin', /result\.bin is not a regular file/],
    ['leaves a link nobody asked for', 'echo a > out/result.bin; ln -s / out/x', /out\/x is not/],
    ['leaves a folder', 'mkdir out/result.bin', /not a regular file/],
    ['leaves a pipe', 'mkfifo out/result.bin', /not a regular file/],
    ['puts a link in the place of the folder', 'rmdir out; ln -s /etc out', /out is no folder/],
    ['removes the folder', 'rmdir out', /ENOENT/],
  ])('when the program %s', async (_how, script, why) => {
    await expect(run(script)).rejects.toThrow(why);
  });

  it('with the end of what the program wrote, in one printable line', async () => {
    const script = String.raw`i=0; while [ $i -lt 400 ]; do echo "line $i"; i=$((i+1)); done; printf '\033[31mred\n\r\tand \001\303\251'; exit 1`;
    const failure = await run(script).catch((error: unknown) => String(error));
    expect(failure).toMatch(/^Error: the program ended with code 1: [ -~]+ line 399 red and \?\?$/);
    expect(String(failure).length).toBeLessThan(300);
  });

  it('for good when the program says that no machine can do it', async () => {
    const failure = await run('echo "rounds: too many"; exit 64').catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(BadSpec);
    expect(String(failure)).toContain('rounds: too many');
  });

  it('without leaving a folder, however it fails', async () => {
    const before = workFolders();
    for (const script of ['exit 3', 'ln -s / out/x', 'kill -9 $$', 'chmod 500 . out']) {
      await run(script).catch(() => undefined);
    }
    expect(workFolders()).toEqual(before);
  });
});
