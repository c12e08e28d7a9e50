import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const OUT = root('node_modules/.cache/burst-local');

/** Entry of each process, by the name its file gets. Worker and executor thread find each other by name. */
const ENTRIES = {
  cloud: 'infra/local/cloud/main.ts',
  ionet: 'infra/local/ionet/main.ts',
  'lambda-host': 'infra/local/lambda-host/main.ts',
  handlers: 'infra/local/handlers.ts',
  main: 'worker/main.ts',
  'executor-thread': 'worker/executor-thread.ts',
} as const;

export type BuiltProcess = keyof typeof ENTRIES;

/**
 * Turns the processes of the local world into plain JavaScript, once for all of them: a dozen processes that
 * each compiled TypeScript at their start would take longer than the work they do. Packages stay where
 * they are installed.
 *
 * @returns path of each process's file.
 */
export async function buildProcesses(): Promise<Readonly<Record<BuiltProcess, string>>> {
  await build({
    entryPoints: Object.fromEntries(
      Object.entries(ENTRIES).map(([name, entry]) => [name, root(entry)]),
    ),
    outdir: OUT,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
  const file = (name: BuiltProcess) => `${OUT}/${name}.mjs`;
  return {
    cloud: file('cloud'),
    ionet: file('ionet'),
    'lambda-host': file('lambda-host'),
    handlers: file('handlers'),
    main: file('main'),
    'executor-thread': file('executor-thread'),
  };
}
