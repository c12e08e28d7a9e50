import { rmSync } from 'node:fs';
import { FAMILIES, FolderUnusable, prepareImage } from './prepare.ts';

/** `npm run worker-image`: exits with 2 for words and folders it cannot use. */
const [asked, named] = process.argv.slice(2);
const family = FAMILIES.find((one) => one === asked);

if (family === undefined || process.argv.length > 4) {
  process.stderr.write(`usage: npm run worker-image -- ${FAMILIES.join('|')} [FOLDER]\n`);
  process.exitCode = 2;
} else {
  const folder = named ?? `out/worker-image/${family}`;
  try {
    if (named === undefined) rmSync(folder, { recursive: true, force: true });
    await prepareImage(family, folder);
    process.stdout.write(
      `The context of the image ${family} is in ${folder}. Build it where there is a container engine:\n` +
        `docker build ${folder} --build-arg … (the ARGs at the head of its Dockerfile)\n`,
    );
  } catch (error) {
    if (!(error instanceof FolderUnusable)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
