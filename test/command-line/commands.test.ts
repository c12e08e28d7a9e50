import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { makeFolder, makeWritableFolder } from '../../infra/command-line/folders.ts';
import { oneLineCommand, refuseAlone } from '../../infra/command-line/one-line.ts';
import { numberFrom, wholeFrom } from '../../infra/command-line/values.ts';

const folder = mkdtempSync(join(tmpdir(), 'burst-command-line-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('numbers', () => {
  it.each([
    ['0', 0],
    ['9', 9],
    ['007', 7],
  ])('wholeFrom reads %j', (text, value) => expect(wholeFrom(0, 9)(text)).toBe(value));

  it.each(['', ' ', ' 5', '5 ', '-1', '10', '1e0', '0x1', '1.0', 'five', '٣'])(
    'wholeFrom refuses %j',
    (text) => expect(() => wholeFrom(0, 9)(text)).toThrow(/whole number from 0 to 9/),
  );

  it.each([
    ['0', 0],
    ['.5', 0.5],
    ['1.25', 1.25],
    ['20', 20],
  ])('numberFrom reads %j', (text, value) => expect(numberFrom(0, 20)(text)).toBe(value));

  it.each(['', ' ', '.', '5.', '20.01', '-0.1', '1e1', '0x1', 'Infinity', 'NaN'])(
    'numberFrom refuses %j',
    (text) => expect(() => numberFrom(0, 20)(text)).toThrow(/number from 0 to 20/),
  );
});

describe('folders', () => {
  it('are made with what lies above them, and left without a trace of the trial', () => {
    const path = join(folder, 'a', 'b', 'c');
    makeWritableFolder(path);
    expect(readdirSync(path)).toEqual([]);
    makeWritableFolder(path);
    makeFolder(path);
  });

  it.each([
    ['/proc/burst', 'ENOENT'],
    ['/proc/burst/deeper', 'ENOENT'],
    ['/proc', 'ENOENT'],
    ['/dev/null/burst', 'ENOTDIR'],
    ['/dev/null', 'ENOTDIR'],
  ])('that cannot be are refused without delay: %s', (path, code) => {
    expect(existsSync('/proc/self')).toBe(true);
    expect(() => makeWritableFolder(path)).toThrow(expect.objectContaining({ code }));
  });
});

it('an option that needs another is refused alone, and taken beside it or by default', () => {
  const run = (...args: string[]) => {
    const command = oneLineCommand('x')
      .option('--only <text>', '', 'all')
      .option('--mutants')
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .parse(args, { from: 'user' });
    refuseAlone(command, '--only', '--mutants');
  };
  expect(() => run('--only', 'a')).toThrow("'--only <text>' says nothing without --mutants");
  run();
  run('--mutants');
  run('--only', 'a', '--mutants');
});

it('a long report whose reader goes away ends without a trace, as other programs do', async () => {
  const entry = fileURLToPath(new URL('../../infra/simulate/main.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', entry, '--replay', '7'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let complaints = '';
  child.stderr.on('data', (text) => (complaints += text));
  child.stdout.once('data', () => child.stdout.destroy());
  expect(await once(child, 'close')).toEqual([141, null]);
  expect(complaints).toBe('');
});

describe('a word that cannot be used is answered with 2, in one line that names it and no secret', () => {
  const entry = (path: string) => fileURLToPath(new URL(`../../infra/${path}`, import.meta.url));
  const main = 'local/main.ts';
  const taken = join(folder, 'taken');
  mkdirSync(taken);
  writeFileSync(join(taken, 'thesis.txt'), '');

  it.each([
    [main, ['--ionet-key', 'secret'], /'--ionet-key <key>' says nothing without --ionet-url/],
    [main, ['--ionet-url', 'http://me:secret@127.0.0.1:1'], /'--ionet-url <origin>' must hold no/],
    [main, ['--out', '/proc/burst'], /^--out \/proc\/burst: cannot be written to \(ENOENT\)/],
    ['worker-image/main.ts', ['gpu'], /value 'gpu' is invalid for argument 'family'.*cpu/],
    ['worker-image/main.ts', ['cpu', taken], /is not empty; name a new folder/],
    ['prune/main.ts', ['--stack', ' '], /'--stack <name>' argument ' ' is invalid/],
    ['local/engine/cli.ts', ['x.json', '--input', ''], /'--input <file>' argument '' is invalid/],
  ])('by %s %j', async (path, args, line) => {
    const child = spawn(process.execPath, ['--import', 'tsx', entry(path), ...args], {
      env: {},
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let words = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (words += text));
    expect(await once(child, 'close')).toEqual([2, null]);
    expect(words).toMatch(line);
    expect(words).not.toContain('secret');
    expect(words.trimEnd()).not.toContain('\n');
  });
});
