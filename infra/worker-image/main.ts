import { FAMILIES, prepareImage } from './prepare.ts';

const [asked, folder = `out/worker-image/${asked}`] = process.argv.slice(2);
const family = FAMILIES.find((one) => one === asked);

if (family === undefined) {
  process.stderr.write(`usage: npm run worker-image -- ${FAMILIES.join('|')} [FOLDER]\n`);
  process.exitCode = 2;
} else {
  await prepareImage(family, folder);
  process.stdout.write(
    `The context of the image ${family} is in ${folder}. Build it where there is a container engine:\n` +
      `docker build ${folder} --build-arg … (the ARGs at the head of its Dockerfile)\n`,
  );
}
