import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeFolder } from '../command-line/folders.ts';
import type { BillRule } from './bill.ts';
import { paidOf } from './measures.ts';
import type { PolicyRun } from './policy-run.ts';

/** Writes what every policy rented and when every task ran, for anyone who wants to count again. */
export function writeRecords(
  folder: string,
  runs: readonly { readonly seed: number; readonly run: PolicyRun }[],
  rule: BillRule,
): void {
  makeFolder(folder);
  const leases = runs.flatMap(({ seed, run }) =>
    run.leases.map((lease, index) =>
      row([
        ...[run.policy, seed, index + 1, lease.startSeconds, lease.endSeconds, lease.gpus],
        paidOf(lease, rule),
      ]),
    ),
  );
  const tasks = runs.flatMap(({ seed, run }) =>
    run.tasks.map(({ task, startSeconds, endSeconds }) =>
      row([run.policy, seed, task.name, task.arrivalSeconds, startSeconds, endSeconds]),
    ),
  );
  const leasesHead = 'policy,seed,lease,start_s,end_s,gpus,paid_s';
  writeFileSync(join(folder, 'leases.csv'), `${[leasesHead, ...leases].join('\n')}\n`);
  const tasksHead = 'policy,seed,task,arrival_s,start_s,end_s';
  writeFileSync(join(folder, 'tasks.csv'), `${[tasksHead, ...tasks].join('\n')}\n`);
}

/** Times to the millisecond; no name holds a comma. */
const row = (cells: readonly (string | number)[]): string =>
  cells
    .map((cell) => (typeof cell === 'number' ? String(Math.round(cell * 1000) / 1000) : cell))
    .join(',');
