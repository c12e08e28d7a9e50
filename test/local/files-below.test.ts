import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { FolderTooLarge, filesBelow } from '../../infra/local/files-below.ts';

const folder = mkdtempSync(join(tmpdir(), 'burst-files-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('the files below a folder', () => {
  const dir = join(folder, 'mine');
  mkdirSync(join(dir, 'deeper'), { recursive: true });
  writeFileSync(join(dir, 'one'), 'one');
  writeFileSync(join(dir, 'deeper', 'three'), 'three');
  writeFileSync(join(dir, 'deeper', 'empty'), '');
  symlinkSync('/', join(dir, 'everything'));

  it('are read at any depth, and links are not followed', () => {
    const texts = filesBelow(dir).map((bytes) => Buffer.from(bytes).toString());
    expect(texts.toSorted()).toEqual(['', 'one', 'three']);
  });

  it.each([
    [{ entries: 4, bytes: 8 }, 'more than 4 files and folders'],
    [{ entries: 5, bytes: 7 }, 'more than 7 bytes'],
    [{ entries: 5, bytes: 8 }, undefined],
  ])('are refused beyond %j', (limits, why) => {
    if (why === undefined) expect(filesBelow(dir, limits)).toHaveLength(3);
    else expect(() => filesBelow(dir, limits)).toThrow(new FolderTooLarge(why));
  });
});

describe('npm start -- --files', () => {
  const tasks = join(folder, 'tasks.jsonl');
  const spec = { collection: { name: 'One', seed: 'a seed', supply: 1, size: 64 }, tokenId: 1 };
  writeFileSync(tasks, `${JSON.stringify({ taskId: 'a', kind: 'nft.generative', spec })}\n`);
  const large = join(folder, 'large');
  mkdirSync(large);
  writeFileSync(join(large, 'disk'), '');
  truncateSync(join(large, 'disk'), 1024 ** 3 + 1);

  it('refuses a folder that is too large in one line, and starts nothing', async () => {
    const main = fileURLToPath(new URL('../../infra/local/main.ts', import.meta.url));
    const out = join(folder, 'out');
    const args = ['--import', 'tsx', main, '--tasks', tasks, '--files', large, '--out', out];
    const child = spawn(process.execPath, args, { env: {}, stdio: ['ignore', 'ignore', 'pipe'] });
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    expect(code).toBe(2);
    expect(said).toBe(
      `--files ${large}: holds more than 1073741824 bytes; name a folder with the files of the tasks alone\n`,
    );
  });
});
