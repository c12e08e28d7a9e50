import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

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
 * @param name - Of the folder they go to; who serves longer than others build has one of its own.
 * @returns path of each process's file.
 */
export async function buildProcesses(
  name = 'burst-local',
): Promise<Readonly<Record<BuiltProcess, string>>> {
  const outdir = root(`node_modules/.cache/${name}`);
  await build({
    entryPoints: Object.fromEntries(
      Object.entries(ENTRIES).map(([name, entry]) => [name, root(entry)]),
    ),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
  const file = (built: BuiltProcess) => `${outdir}/${built}.mjs`;
  return {
    cloud: file('cloud'),
    ionet: file('ionet'),
    'lambda-host': file('lambda-host'),
    handlers: file('handlers'),
    main: file('main'),
    'executor-thread': file('executor-thread'),
  };
}
