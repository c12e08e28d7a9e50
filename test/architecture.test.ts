import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Folder to what its files may import besides their own folder: prefixes from the root, or packages. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'shared/model': ['zod', 'node:crypto'],
  'shared/kinds': ['zod', 'node:', '@noble/curves/', 'shared/model'],
  'shared/intake': ['zod', 'shared/model', 'shared/kinds'],
  'shared/plan': ['zod', 'shared/model', 'shared/ports.ts'],
  'shared/provision': ['node:crypto', 'shared/model', 'shared/ports.ts'],
  'shared/run': [
    ...['node:crypto', 'shared/model', 'shared/ports.ts'],
    ...['shared/ledger', 'shared/provision'],
  ],
  'shared/poll': ['shared/model', 'shared/ports.ts'],
  'shared/cost': ['shared/model', 'shared/ports.ts', 'shared/ledger', 'shared/concurrency.ts'],
  'shared/teardown': ['shared/model', 'shared/ports.ts', 'shared/provision'],
  'shared/sweep': ['shared/model'],
  'shared/reap': ['shared/model', 'shared/ports.ts'],
  'shared/ledger': ['zod', 'shared/model', 'shared/ports.ts'],
  'shared/memory': ['shared/model', 'shared/ports.ts'],
  'shared/aws': ['zod', 'node:', '@aws-sdk/', 'shared/model', 'shared/ports.ts'],
  'shared/ionet': ['zod', 'node:', 'ky', 'shared/model', 'shared/ports.ts', 'shared/errors.ts'],
  'shared/provider-template': ['zod', 'shared/ionet', 'shared/model', 'shared/ports.ts'],
  worker: [
    ...['zod', 'node:', '@noble/curves/', 'shared/model', 'shared/kinds'],
    ...['shared/ports.ts', 'shared/log-line.ts'],
  ],
  'infra/virtual': [
    'node:',
    'shared/',
    'infra/stages.ts',
    'infra/local/cloud/batch-answer.ts',
    'infra/local/engine',
    'infra/local/ionet',
    'worker/',
  ],
};

/** What a decision must be given and never take. */
const PURE = [
  ...['intake', 'plan', 'provision', 'run', 'poll', 'teardown', 'sweep', 'reap'],
  ...['model', 'ledger', 'bursts', 'kinds', 'explain', 'cost'],
].map((folder) => `shared/${folder}`);

const filesOf = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));

const importsOf = (file: string): string[] =>
  Array.from(
    readFileSync(file, 'utf8').matchAll(
      /(?:^import|^export|^\}) .*?from '([^']+)';|^import '([^']+)';/gm,
    ),
    ([, from, bare]) => from ?? bare ?? '',
  ).map((to) => (to.startsWith('.') ? relative('.', join(dirname(file), to)) : to));

describe('who may import whom', () => {
  it.each(Object.entries(ALLOWED))('%s imports only what it may', (folder, allowed) => {
    const strays = filesOf(folder).flatMap((file) =>
      importsOf(file)
        .filter((to) => !to.startsWith(`${folder}/`))
        .filter((to) => !allowed.some((prefix) => to === prefix || to.startsWith(prefix)))
        .map((to) => `${file} -> ${to}`),
    );
    expect(strays).toEqual([]);
  });

  it('keeps the AWS SDK, ky and the stages out of each other', () => {
    const strays = filesOf('lambdas').flatMap((file) =>
      file.endsWith('on-aws.ts')
        ? []
        : importsOf(file)
            .filter((to) =>
              /^(@aws-sdk|ky|aws-cdk-lib|infra|shared\/(aws|ionet|memory|client))/.test(to),
            )
            .map((to) => `${file} -> ${to}`),
    );
    expect(strays).toEqual([]);
  });
});

it.each(PURE)('%s reads no clock, no chance and no environment', (folder) => {
  const taken = filesOf(folder).filter((file) =>
    /Date\.now\(|new Date\(\)|Math\.random\(|randomUUID|process\.env|setTimeout\(/.test(
      readFileSync(file, 'utf8'),
    ),
  );
  expect(taken).toEqual([]);
});
