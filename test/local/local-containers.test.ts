import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { containersOf, LOCAL_CONTAINERS } from '../../infra/local/local-containers.ts';
import { parseTasksFile } from '../../shared/intake/tasks-file.ts';
import { sha256Of } from '../../shared/model/digest.ts';

const FILE = 'infra/examples/container/tasks.jsonl';
const parsed = parseTasksFile(readFileSync(FILE), FILE);
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** Runs the example's program as a worker does. */
function run(args: readonly string[], inputs: Readonly<Record<string, string>> = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'burst-example-'));
  folders.push(folder);
  for (const name of ['in', 'out']) mkdirSync(join(folder, name));
  for (const [name, text] of Object.entries(inputs)) writeFileSync(join(folder, 'in', name), text);
  const [program = '', ...own] = LOCAL_CONTAINERS[0]?.argv ?? [];
  execFileSync(program, [...own, ...args], { cwd: folder, stdio: 'pipe' });
  return readFileSync(join(folder, 'out', 'chain.json'), 'utf8');
}

describe('the container images of the local world', () => {
  it('have the digests of the programs that play them', () => {
    for (const { image, argv } of LOCAL_CONTAINERS) {
      const program = readFileSync(argv.at(-1) ?? '');
      expect(image.endsWith(`@sha256:${sha256Of(program)}`), image).toBe(true);
    }
  });

  it('are those the example tasks name', () => {
    if (!parsed.ok) throw new Error('the example tasks are refused');
    const named = new Set(parsed.tasks.map(({ spec }) => spec.image));
    expect(containersOf(parsed.tasks).map(({ image }) => image)).toEqual([...named]);
  });
});

describe('the example of a program', () => {
  it('makes a chain of hashes, the same every time', () => {
    const twice = sha256Of(Buffer.from(sha256Of('lantern'), 'hex'));
    const made = run(['--seed', 'lantern', '--rounds', '2']);
    expect(JSON.parse(made)).toEqual({ seed: 'lantern', rounds: 2, sha256: twice });
  });

  it('begins with its seed and its input files', () => {
    const made = run(['--seed', 'a', '--rounds', '1'], { 'b.txt': 'b', 'c.txt': 'c' });
    expect(JSON.parse(made).sha256).toBe(sha256Of('abc'));
  });

  it('calls what it cannot do a bad specification', () => {
    expect(() => run(['--rounds', '0'])).toThrow(expect.objectContaining({ status: 64 }));
  });
});
