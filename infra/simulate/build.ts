import { readFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** One expression of one shipped file, and what stands in its place in a build. */
export interface Edit {
  /** From the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/** What was to be replaced is not there, or not once: a changed source must not silently lose an edit. */
export class EditMissed extends Error {
  override readonly name = 'EditMissed';
}

/** Adds an import to a file, by the first line it has of its own. */
const importing = (file: string, names: string, from: string, before: string): Edit => ({
  file,
  find: before,
  replace: `import { ${names} } from '${from}';\n${before}`,
});

/** Puts a small kind of task beside the real ones. */
const withKind = (name: string, file: string): readonly Edit[] => [
  importing('shared/kinds/kinds.ts', name, `../../${file}`, 'import type { AssetRef } from'),
  {
    file: 'shared/kinds/kinds.ts',
    find: 'known(nftGenerative)',
    replace: `known(nftGenerative), known(${name})`,
  },
];

const ROWS = 'shared/ledger/rows.ts';
const ONCE = '../../infra/simulate/parsed-once.ts';

/** Parses each version of a row once. */
const PARSING_ONCE: readonly Edit[] = [
  importing(ROWS, 'parsedOnce', ONCE, "import type * as z from 'zod';"),
  {
    file: ROWS,
    find: 'await ledger.read(key);\n  return row === undefined ? undefined : schema.parse(row);',
    replace:
      'await ledger.read(key);\n  return row === undefined ? undefined : parsedOnce(schema, row);',
  },
  {
    file: ROWS,
    find: 'row: schema.parse(outcome.row) }',
    replace: 'row: parsedOnce(schema, outcome.row) }',
  },
  {
    file: ROWS,
    find: '=>\n  row === undefined ? undefined : schema.parse(row);',
    replace: '=>\n  row === undefined ? undefined : parsedOnce(schema, row);',
  },
  importing(
    'shared/ledger/batches.ts',
    'parsedOnce',
    ONCE,
    'import { BatchRow, type TaskRow } from',
  ),
  {
    file: 'shared/ledger/batches.ts',
    find: '(row) => BatchRow.parse(row)',
    replace: '(row) => parsedOnce(BatchRow, row)',
  },
  importing('shared/ledger/jobs.ts', 'parsedOnce', ONCE, 'import { JobRow } from'),
  {
    file: 'shared/ledger/jobs.ts',
    find: '(row) => JobRow.parse(row)',
    replace: '(row) => parsedOnce(JobRow, row)',
  },
  importing(
    'lambdas/sweep/each-due.ts',
    'parsedOnce',
    '../../infra/simulate/parsed-once.ts',
    "import type * as z from 'zod';",
  ),
  {
    file: 'lambdas/sweep/each-due.ts',
    find: 'act(schema.parse(row))',
    replace: 'act(parsedOnce(schema, row))',
  },
];

/**
 * Bundles the simulator with some expressions of the shipped code replaced. Shipped code carries no switches
 * for it; what is not edited is run as it stands.
 *
 * @param edits - For mutants: what a missing guard looks like.
 * @param name - Names the bundle; builds of other names are left alone.
 * @returns the path of the bundle, to be run by `node`.
 * @throws EditMissed
 */
export const buildSimulator = (name: string, edits: readonly Edit[] = []): Promise<string> =>
  buildWith('infra/simulate/process.ts', `burst-simulate/infra/simulate/${name}.mjs`, [
    ...withKind('tinyKind', 'infra/simulate/tiny-kind.ts'),
    ...PARSING_ONCE,
    ...edits,
  ]);

/**
 * The benchmarks' Burst, with their own kind of task beside the real ones.
 *
 * @param entry - File of `infra/bench/`, without its ending.
 * @returns the path of the bundle, to be imported.
 * @throws EditMissed
 */
export const buildBenchmark = (
  entry: 'ours' | 'counted-lease' | 'slow-burst' = 'ours',
): Promise<string> =>
  buildWith(`infra/bench/${entry}.ts`, `burst-bench/infra/bench/${entry}.mjs`, [
    ...withKind('tracedKind', 'infra/bench/traced-kind.ts'),
    ...PARSING_ONCE,
  ]);

/** In place of every kind's verifier: the modelled workers of an estimate deliver nothing to look at. */
const MODELLED_VERDICTS: readonly Edit[] = [
  importing(
    'shared/kinds/kinds.ts',
    'modelledVerdict',
    '../../infra/estimate/modelled-verdict.ts',
    'import type { AssetRef } from',
  ),
  {
    file: 'shared/kinds/kinds.ts',
    find: 'verify: (files, inSample) => kind.verify(spec, files, inSample)',
    replace: 'verify: (_files, inSample) => modelledVerdict(kind.workers?.(spec) ?? 1, inSample)',
  },
];

/**
 * Burst for estimates: every result of a worker verifies.
 *
 * @returns the path of the bundle, to be imported.
 * @throws EditMissed
 */
export const buildEstimate = (): Promise<string> =>
  buildWith('infra/estimate/run-once.ts', 'burst-estimate/infra/estimate/run-once.mjs', [
    ...MODELLED_VERDICTS,
    ...PARSING_ONCE,
  ]);

async function buildWith(entry: string, out: string, all: readonly Edit[]): Promise<string> {
  const outfile = root(`node_modules/.cache/${out}`);
  const missed: Error[] = [];
  const applied = new Set<Edit>();
  await build({
    entryPoints: [root(entry)],
    outfile,
    bundle: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'silent',
    plugins: [editing(all, applied)],
    define: { 'import.meta.url': JSON.stringify(pathToFileURL(root(entry)).href) },
  }).catch((error: unknown) => missed.push(new EditMissed(String(error))));
  const unused = all.find((edit) => !applied.has(edit));
  if (unused !== undefined && missed.length === 0) {
    missed.push(new EditMissed(`${unused.file} is no part of ${entry}`));
  }
  for (const error of missed) throw error;
  return outfile;
}

function editing(edits: readonly Edit[], applied: Set<Edit>): Plugin {
  const byPath = groupByPath(edits);
  return {
    name: 'edits',
    setup({ onLoad }) {
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const own = byPath.get(path);
        if (own === undefined) return undefined;
        let contents = readFileSync(path, 'utf8');
        for (const edit of own) {
          const parts = contents.split(edit.find);
          if (parts.length !== 2) {
            const text = `${edit.file} has "${edit.find}" ${parts.length - 1} times, not once`;
            return { errors: [{ text }] };
          }
          contents = parts.join(edit.replace);
          applied.add(edit);
        }
        return { contents, loader: 'ts' };
      });
    },
  };
}

function groupByPath(edits: readonly Edit[]): Map<string, Edit[]> {
  const groups = new Map<string, Edit[]>();
  for (const edit of edits) {
    const path = root(edit.file);
    groups.set(path, [...(groups.get(path) ?? []), edit]);
  }
  return groups;
}
