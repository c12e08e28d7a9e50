import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { runAslCommand } from '../../infra/local/engine/asl-command.ts';
import { lintDefinition } from '../../infra/local/engine/refusals.ts';
import { anyText } from '../support/any-text.ts';

const EXAMPLES = 'infra/examples/asl';
const example = (name: string): string => readFileSync(`${EXAMPLES}/${name}.json`, 'utf8');

const wrong = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  anyText({ maxLength: 8 }),
  fc.constantFrom<unknown>('{% $x %}', '{% ( %}', '{%', -1, 1e308, {}, [], {
    Type: 'Pass',
    End: true,
  }),
);

/** Every place in a JSON value, as a path. */
function placesIn(value: unknown, path: readonly string[] = []): string[][] {
  const inside = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return [[...path], ...inside.flatMap(([key, inner]) => placesIn(inner, [...path, key]))];
}

/** The JSON text with what stands at the path replaced, or with `more` added there. */
function changed(text: string, path: readonly string[], put: unknown): string {
  const whole: unknown = JSON.parse(text);
  const [last, ...above] = path.toReversed();
  if (last === undefined) return JSON.stringify(put);
  const target = above.reduceRight<unknown>((here, key) => Object(here)[key], whole);
  Object.defineProperty(target, last, { value: put, enumerable: true });
  return JSON.stringify(whole);
}

const almost = (text: string) =>
  fc
    .tuple(fc.constantFrom(...placesIn(JSON.parse(text))), wrong)
    .map(([path, put]) => changed(text, path, put));

describe('any definition', () => {
  const definition = example('definition');

  it('is run, or refused with the place and what is wrong there', () => {
    let sound = 0;
    const texts = fc.oneof(
      { weight: 3, arbitrary: almost(definition) },
      fc.constant(definition),
      fc.json(),
    );
    fc.assert(
      fc.property(texts, (text) => {
        const problems = lintDefinition(JSON.parse(text));
        if (problems.length === 0) sound += 1;
        for (const { field, message } of problems) {
          expect(field).not.toBe('');
          expect(message).not.toBe('');
        }
      }),
      { numRuns: 200 },
    );
    expect(sound).toBeGreaterThan(0);
  });

  it.each([
    {
      what: 'lists in a state',
      deep: (n: number) => ({ Type: 'Pass', End: true, Output: nested(n) }),
    },
    { what: 'branches', deep: (n: number) => branches(n) },
  ])('is refused when $what are nested deeper than the stack', ({ deep }) => {
    for (const depth of [300, 5000]) {
      const machine = { QueryLanguage: 'JSONata', StartAt: 'A', States: { A: deep(depth) } };
      expect(lintDefinition(machine)).toEqual([
        { field: 'definition', message: 'is nested deeper than 256; flatten it' },
      ]);
    }
  });
});

const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));

function branches(depth: number): unknown {
  let state: unknown = { Type: 'Pass', End: true };
  for (let n = 0; n < depth; n += 1) {
    state = { Type: 'Parallel', Branches: [{ StartAt: 'A', States: { A: state } }], End: true };
  }
  return state;
}

describe('any files for the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'any-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('end with exit code 0 or 2, and say why in printable lines', async () => {
    const names = ['definition', 'input', 'script'] as const;
    const spoilt = fc.constantFrom(...names).chain((name) => {
      const bytes = fc.oneof(
        { weight: 4, arbitrary: almost(example(name)).map((text) => Buffer.from(text)) },
        fc.uint8Array({ maxLength: 40 }).map((some) => Buffer.from(some)),
        anyText({ maxLength: 40 }).map((text) => Buffer.from(text)),
      );
      return bytes.map((content) => ({ name, content }));
    });
    const codes = new Set<number>();
    await fc.assert(
      fc.asyncProperty(spoilt, async ({ name, content }) => {
        const path = join(folder, `${name}.json`);
        writeFileSync(path, content);
        const [first = '', input = '', script = ''] = names.map((one) =>
          one === name ? path : `${EXAMPLES}/${one}.json`,
        );
        let said = '';
        const out = (text: string) => {
          said += text;
        };
        const args = [first, '--input', input, '--script', script];
        const code = await runAslCommand(args, { out, err: out });
        codes.add(code);
        expect([0, 2]).toContain(code);
        expect(said).toMatch(/^[^\p{Cf}\p{Cs}]+\n$/u);
        expect(said.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
      }),
      { numRuns: 60 },
    );
    expect([...codes].sort()).toEqual([0, 2]);
  });
});
