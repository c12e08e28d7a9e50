import { type KnownTask, kindNamed } from '../../shared/kinds/kinds.ts';
import type { Task } from '../../shared/model/task.ts';
import { assetName, type Files } from '../../worker/execute.ts';
import { executorsOf } from '../../worker/executors.ts';
import { demoWork } from '../local/demo/work.ts';
import { quantile } from './measures.ts';

/** What looking at one result of a kind costs. */
export interface VerificationCost {
  readonly kind: string;
  readonly verifiedBy: string;
  /** Processor time, seconds, median. */
  readonly cpuSeconds: number;
}

/** Squarings of the measured delay: its length does not change what checking it takes. */
const SQUARINGS = 20_000;
const LOOKS = 9;

/** Does one task of each kind of the demonstration and measures what Collect does with the result. */
export async function verificationCosts(): Promise<VerificationCost[]> {
  const { tasks, files } = demoWork();
  const costs: VerificationCost[] = [];
  for (const kind of ['nft.generative', 'vdf.wesolowski', 'zk.groth16']) {
    const task = tasks.find((one) => one.kind === kind);
    if (task === undefined) throw new Error(`the demonstration has no task of kind ${kind}`);
    const shortened =
      kind === 'vdf.wesolowski'
        ? { ...task, spec: { ...task.spec, squarings: SQUARINGS, stages: 2 } }
        : task;
    costs.push(await costOf(shortened, files));
  }
  return costs;
}

async function costOf(
  { kind, spec, inputs = [] }: Task,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<VerificationCost> {
  const read = kindNamed(kind)?.read(spec);
  if (read?.ok !== true) throw new Error(`a task of kind ${kind} is not what it should be`);
  const { task } = read;
  const made = await resultOf(kind, spec, inputs, task, files);
  let verifiedBy = '';
  const seconds = Array.from({ length: LOOKS }, () => {
    const before = process.cpuUsage();
    const verdict = task.verify(made, true);
    const { user, system } = process.cpuUsage(before);
    if (verdict.verified !== true) throw new Error(`a result of ${kind} was not verified`);
    verifiedBy = verdict.verifiedBy;
    return (user + system) / 1e6;
  });
  return {
    kind,
    verifiedBy,
    cpuSeconds: quantile(
      seconds.sort((a, b) => a - b),
      0.5,
    ),
  };
}

async function resultOf(
  kind: string,
  spec: Task['spec'],
  inputs: NonNullable<Task['inputs']>,
  task: KnownTask,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<Files> {
  const executor = executorsOf({ zkProver: undefined, program: undefined })[kind];
  if (executor === undefined) throw new Error(`nothing here does tasks of kind ${kind}`);
  const bytesOf = (sha256: string) => files.get(sha256) ?? new Uint8Array();
  return executor.run({
    spec,
    inputs: new Map([
      ...inputs.map(({ name, sha256 }) => [name, bytesOf(sha256)] as const),
      ...task.assets.map(({ sha256 }) => [assetName(sha256), bytesOf(sha256)] as const),
    ]),
    resume: undefined,
    checkpoint: () => undefined,
  });
}
