import { buildSimulator } from './build.ts';
import type { Streams } from './command.ts';
import { follow } from './follow.ts';
import { MUTANTS, type Mutant } from './mutants.ts';
import type { Report } from './report.ts';

/** What became of one mutant. */
interface Verdict {
  readonly name: string;
  readonly caught: boolean;
  /** Schedules run until it was caught, the one that caught it included. */
  readonly schedules: number;
  /** What caught it. */
  readonly by: string;
}

/** A mutant that is not caught may also run for ever; that is caught too. */
const LIMIT_SECONDS = 900;

/** @returns the exit code: 1 when one of them lives. */
export async function runMutants(
  options: {
    readonly schedules: number;
    readonly seed: number;
    readonly rates: number;
    readonly only?: string;
    readonly json?: true;
  },
  { out }: Streams,
): Promise<number> {
  const wanted = MUTANTS.filter(({ name }) => name.includes(options.only ?? ''));
  const verdicts: Verdict[] = [];
  for (const mutant of wanted) {
    const verdict = await hunt(mutant, options);
    verdicts.push(verdict);
    const { caught, schedules, by, name } = verdict;
    const after = caught ? `after ${schedules}, ${by}` : `NOT CAUGHT in ${schedules}`;
    if (!options.json) out(`${name}: ${after}\n`);
  }
  const alive = verdicts.filter(({ caught }) => !caught).length;
  out(
    options.json
      ? `${JSON.stringify({ seed: options.seed, multiplier: options.rates, mutants: verdicts })}\n`
      : `${verdicts.length - alive} of ${verdicts.length} bugs caught\n`,
  );
  return alive > 0 ? 1 : 0;
}

async function hunt(
  { name, edit }: Mutant,
  { schedules, seed, rates: multiplier }: { schedules: number; seed: number; rates: number },
): Promise<Verdict> {
  const path = await buildSimulator('mutant', [edit]);
  const order = {
    do: 'campaign',
    seed,
    schedules,
    multiplier,
    untilViolated: true,
    traces: 0,
  } as const;
  let report: Report | undefined;
  let done = 0;
  try {
    await follow(
      path,
      order,
      (said) => {
        if (said.say === 'progress') done = said.done;
        if (said.say === 'report') report = said.report;
      },
      LIMIT_SECONDS,
    );
  } catch (error) {
    return { name, caught: true, schedules: done, by: `a crash: ${String(error)}` };
  }
  const [first] = report?.violations ?? [];
  return {
    name,
    caught: first !== undefined,
    schedules: report?.schedules ?? done,
    by: first === undefined ? '' : `${first.invariant} in seed ${first.seed}`,
  };
}
