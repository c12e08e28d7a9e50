import { rmSync } from 'node:fs';
import { Argument } from 'commander';
import { oneLineCommand } from '../command-line/one-line.ts';
import { pathGiven } from '../command-line/values.ts';
import { FAMILIES, type Family, FolderUnusable, prepareImage } from './prepare.ts';

/** `npm run worker-image`: exits with 2 for words and folders it cannot use. */
const command = oneLineCommand('npm run worker-image --')
  .description(
    'Write the build context of a worker image, everything but what its Dockerfile fetches',
  )
  .addArgument(new Argument('<family>', 'which image').choices(FAMILIES))
  .argument('[folder]', 'new or empty; left out: out/worker-image/<family>, made anew', pathGiven)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .action(prepare);
await command.parseAsync();

async function prepare(family: Family, named: string | undefined): Promise<void> {
  const folder = named ?? `out/worker-image/${family}`;
  try {
    if (named === undefined) rmSync(folder, { recursive: true, force: true });
    await prepareImage(family, folder);
    process.stdout.write(
      `The context of the image ${family} is in ${folder}. Build it where there is a container engine:\n` +
        `docker build --platform linux/amd64 ${folder}\n`,
    );
  } catch (error) {
    if (!(error instanceof FolderUnusable)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
