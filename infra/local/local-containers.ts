import { fileURLToPath } from 'node:url';
import type { Task } from '../../shared/model/task.ts';

/** A container image of the local world. It is not run: a program of this machine plays it. */
interface LocalContainer {
  readonly image: string;
  /** What the image would call its program. */
  readonly argv: readonly string[];
}

const example = (path: string) =>
  fileURLToPath(new URL(`../examples/container/${path}`, import.meta.url));

/**
 * The images that tasks may name here. There is no registry: the digest is that of the program, so that a task that
 * names it means this very program.
 */
export const LOCAL_CONTAINERS: readonly LocalContainer[] = [
  {
    image:
      'burst.local/hash-chain@sha256:e9860cadb79ab4e3014e12879b89dc1af45d5a3c5b97509a7fff0bb67164619b',
    argv: [process.execPath, example('hash-chain.mjs')],
  },
];

/** What is said of such an image wherever it is used. */
export const NOT_RUN = 'local process, image not run';

/** Those that these tasks name. */
export const containersOf = (tasks: readonly Pick<Task, 'spec'>[]): LocalContainer[] =>
  LOCAL_CONTAINERS.filter(({ image }) => tasks.some(({ spec }) => spec.image === image));
