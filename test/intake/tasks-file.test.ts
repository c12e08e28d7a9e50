import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { brokenLineText, parseTasksFile } from '../../shared/intake/tasks-file.ts';
import { nftTask } from '../client/client-world.ts';
import { anyText } from '../support/any-text.ts';

const line = (taskId: string, fields = {}) => JSON.stringify({ ...nftTask(taskId), ...fields });

const read = (text: string | Buffer) => parseTasksFile(Buffer.from(text), 'tasks.jsonl');

/** What is wrong, as it is shown. */
const faults = (text: string | Buffer): string[] => {
  const file = read(text);
  return file.ok ? [] : file.broken.map(brokenLineText);
};

describe('a file of tasks', () => {
  it('holds one task per line, with or without a last newline, CRLF, blank lines or a byte order mark', () => {
    for (const text of [
      `${line('a')}\n${line('b')}`,
      `${line('a')}\n${line('b')}\n`,
      `\ufeff${line('a')}\r\n\r\n  \r\n${line('b')}\r\n`,
    ]) {
      const file = read(text);
      expect(file.ok && file.tasks.map(({ taskId }) => taskId)).toEqual(['a', 'b']);
    }
  });

  it('gives no task when one line is broken, and names every broken line', () => {
    const text = [
      line('a'),
      '{"taskId": "b"',
      '',
      line('c', { labels: { a: 'b' } }),
      line('d', { resources: { gpus: 9 } }),
      line('e'),
    ].join('\n');
    const file = read(text);
    expect(file).not.toHaveProperty('tasks');
    expect(faults(text)).toEqual([
      expect.stringMatching(/^tasks\.jsonl:2: E_JSON: /),
      expect.stringMatching(/^tasks\.jsonl:4: E_UNSUPPORTED: labels - /),
      expect.stringMatching(/^tasks\.jsonl:5: E_RANGE: resources\.gpus - .*got 9/),
    ]);
  });

  it('takes the same task twice as one, and names the line that reuses an id for another', () => {
    const twice = read(`${line('a')}\n${line('a')}`);
    expect(twice.ok && twice.tasks.length).toBe(1);
    expect(faults(`${line('b')}\n${line('a')}\n${line('a', { locations: ['DE'] })}`)).toEqual([
      'tasks.jsonl:3: E_ID_REUSED: taskId - line 2 has another task with the id "a"; choose a new one',
    ]);
  });

  it.each(['', '\n', ' \r\n\t\n', '\ufeff'])(
    'is broken as a whole when it is empty: %j',
    (text) => {
      expect(faults(text)).toEqual([
        'tasks.jsonl: E_BODY_EMPTY: the file has no tasks; write one JSON object per line',
      ]);
    },
  );

  it('names the line that is no UTF-8, instead of a task with other letters in it', () => {
    const [latin, good] = [Buffer.from(line('a', { spec: 'caf\xe9' }), 'latin1'), line('b')];
    const text = Buffer.concat([Buffer.from(`${good}\n`), latin, Buffer.from(`\n${good}`)]);
    expect(faults(text)).toEqual([
      'tasks.jsonl:2: E_UTF8: the line is not UTF-8; save the file as UTF-8',
    ]);
  });

  it('of any bytes at all gives its tasks, or broken lines with a code', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc
        .array(fc.oneof(fc.constant(line('a')), fc.json(), anyText()))
        .map((lines) => Buffer.from(lines.join('\n'))),
    );
    fc.assert(
      fc.property(bytes, (content) => {
        const file = parseTasksFile(content, 'tasks.jsonl');
        if (file.ok) expect(file.tasks.length).toBeGreaterThan(0);
        else
          for (const one of file.broken)
            expect(brokenLineText(one)).toMatch(
              /^tasks\.jsonl(:\d+)?: E_[A-Z0-9_]+: [\x20-\x7e…]+$/,
            );
      }),
    );
  });

  it('says that an array is not one object per line', () => {
    expect(faults(`[${line('a')}]`)).toEqual([
      expect.stringMatching(/^tasks\.jsonl:1: E_TYPE: .*one JSON object; got an array/),
    ]);
  });
});
