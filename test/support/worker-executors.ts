import { execFileSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import * as z from 'zod';
import { BadSpec, type Executors } from '../../worker/execute.ts';

const text = (content: string) => new Map([['out.txt', new TextEncoder().encode(content)]]);

/** Keeps the thread busy, as a renderer does, until the file exists. Says in `<file>.begun` that it waits. */
function blockUntil(file: string): void {
  writeFileSync(`${file}.begun`, '');
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (!existsSync(file)) Atomics.wait(cell, 0, 0, 5);
}

/** Executors whose timing and failures a test decides. */
export const TEST_EXECUTORS: Executors = {
  'test.echo': {
    gpuUsed: true,
    run: ({ spec }) => text(z.object({ say: z.string() }).parse(spec).say),
  },
  'test.gate': {
    gpuUsed: false,
    run: ({ spec }) => {
      blockUntil(z.object({ file: z.string() }).parse(spec).file);
      return text('through');
    },
  },
  // By a program it starts, as a prover is: that is who looks for GPUs.
  'test.gpus': {
    gpuUsed: true,
    run: () => {
      const script = 'printenv CUDA_VISIBLE_DEVICES || echo all';
      return text(execFileSync('/bin/sh', ['-c', script], { encoding: 'utf8' }).trim());
    },
  },
  'test.throw': {
    gpuUsed: false,
    run: ({ spec }) => {
      throw new Error(z.object({ message: z.string() }).parse(spec).message);
    },
  },
  'test.bad-spec': {
    gpuUsed: false,
    run: () => {
      throw new BadSpec('nobody can do this');
    },
  },
  'test.crash': { gpuUsed: false, run: () => process.exit(3) },
};
