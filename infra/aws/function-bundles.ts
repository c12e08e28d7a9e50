import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildSync, type Metafile } from 'esbuild';

const pathOf = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** One file per function; what they share lies above. */
const ENTRIES_FOLDER = pathOf('./functions/entries');

const CACHE = pathOf('../../node_modules/.cache/burst-aws');

/** Parts of the AWS SDK are CommonJS and call `require`, which an ES module does not have. */
const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

export interface FunctionBundles {
  /** Folder with the `index.mjs` of a function and its source map. */
  folderOf(name: string): string;
  /** What went into each file, by esbuild. */
  readonly metafile: Metafile;
}

let made: FunctionBundles | undefined;

/**
 * Every function as one file, made once per process: ten runs of esbuild, one per function as CDK's own
 * construct makes them, would take ten times as long.
 */
export function functionBundles(): FunctionBundles {
  made ??= bundle();
  return made;
}

function bundle(): FunctionBundles {
  // Inside the repository, so that the paths in the source maps are the same wherever it lies.
  mkdirSync(CACHE, { recursive: true });
  const outdir = mkdtempSync(join(CACHE, 'functions-'));
  process.once('exit', () => rmSync(outdir, { recursive: true, force: true }));
  const names = readdirSync(ENTRIES_FOLDER).map((file) => basename(file, '.ts'));
  const { metafile } = buildSync({
    entryPoints: Object.fromEntries(
      names.map((name) => [`${name}/index`, join(ENTRIES_FOLDER, `${name}.ts`)]),
    ),
    absWorkingDir: pathOf('../..'),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // The SDK of the lockfile goes in, not the one the runtime happens to have; it also loads faster.
    alias: {
      '@aws-sdk/credential-provider-node': pathOf('./functions/environment-credentials.ts'),
    },
    platform: 'node',
    format: 'esm',
    target: 'node24',
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    minify: true,
    sourcemap: true,
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  });
  return { folderOf: (name) => join(outdir, name), metafile };
}
