import { build } from 'esbuild';

/** The worker as plain JavaScript without packages, an `.mjs` file for each entry. */
export async function bundleWorker(
  entryPoints: Readonly<Record<string, string>>,
  outdir: string,
): Promise<void> {
  await build({
    entryPoints: { ...entryPoints },
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
}
