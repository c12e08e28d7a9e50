import { readdirSync, readFileSync } from 'node:fs';
import aslValidator from 'asl-validator';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { STAGE_NAMES } from '../../infra/stages.ts';
import * as errors from '../../shared/errors.ts';
import { testSettings } from '../support/virtual-bursts.ts';

const root = new URL('../../', import.meta.url);
const text = (path: string) => readFileSync(new URL(path, root), 'utf8');

const Catcher = z.object({ ErrorEquals: z.array(z.string()), Next: z.string() });
const State = z.looseObject({
  Type: z.string(),
  Comment: z.string().optional(),
  Arguments: z.object({ FunctionName: z.string(), Payload: z.unknown() }).optional(),
  TimeoutSeconds: z.number().optional(),
  Retry: z.array(z.object({ ErrorEquals: z.array(z.string()) })).optional(),
  Catch: z.array(Catcher).optional(),
  Choices: z.array(z.object({ Condition: z.string(), Next: z.string() })).optional(),
  Default: z.string().optional(),
  Next: z.string().optional(),
});
const definition: unknown = JSON.parse(text('infra/burst.asl.json'));
const { States } = z.object({ States: z.record(z.string(), State) }).parse(definition);
const entries = Object.entries(States);
const tasks = entries.filter(([, { Type }]) => Type === 'Task');

describe('the definition', () => {
  it('is what the validator of the Amazon States Language accepts', () => {
    const { isValid, errorsText } = aslValidator(definition);
    expect(isValid ? '' : errorsText()).toBe('');
  });

  it('says in a sentence what each state is for', () => {
    const silent = entries.filter(([, { Type, Comment }]) => Type !== 'Fail' && !Comment);
    expect(silent.map(([name]) => name)).toEqual([]);
  });

  it('leads only to states that exist, and to every one of them', () => {
    const targets = entries.flatMap(([, state]) => [
      ...(state.Next === undefined ? [] : [state.Next]),
      ...(state.Default === undefined ? [] : [state.Default]),
      ...(state.Choices ?? []).map(({ Next }) => Next),
      ...(state.Catch ?? []).map(({ Next }) => Next),
    ]);
    const reached = new Set(['Take up the lease', ...targets]);
    expect([...reached].toSorted()).toEqual(Object.keys(States).toSorted());
  });
});

describe.each(tasks)('the Task "%s"', (name, task) => {
  it('outlives its function, so that no second one runs beside it', () => {
    expect(task.TimeoutSeconds).toBeGreaterThan(testSettings().limits.functionSeconds);
  });

  it('names a function of ours', () => {
    const names = STAGE_NAMES.map((stage) => `\${${stage}}`);
    expect(names).toContain(task.Arguments?.FunctionName);
  });

  it('retries in so many words, the paid calls never', () => {
    const paid = name === 'Provision cluster' || name === 'Extend lease';
    expect(task.Retry).toBeDefined();
    expect(task.Retry?.length === 0).toBe(paid);
    const retried = task.Retry?.flatMap(({ ErrorEquals }) => ErrorEquals) ?? [];
    expect(retried).not.toContain('States.ALL');
    expect(retried).not.toContain('States.Timeout');
  });

  it('catches everything, last', () => {
    expect(task.Catch?.at(-1)?.ErrorEquals).toEqual(['States.ALL']);
  });
});

describe('a failed look', () => {
  it('is repeated for every Task but the paid calls and the teardown', () => {
    const elsewhere = ['Provision cluster', 'Extend lease', 'Tear down cluster'];
    for (const [name, { Catch }] of tasks) {
      const next = Catch?.at(-1)?.Next;
      if (elsewhere.includes(name)) expect(next).toMatch(/^Wait /);
      else expect([name, next]).toEqual([name, 'Wait after a failed look']);
    }
  });

  it('returns to the Task that failed', () => {
    const { Choices = [], Default } = States['Is another look worth it?'] ?? {};
    for (const [name, { Catch }] of tasks) {
      if (Catch?.at(-1)?.Next !== 'Wait after a failed look') continue;
      const rule = Choices.find(
        ({ Condition }) => Condition === `{% $states.input.failedIn = '${name}' %}`,
      );
      expect(rule?.Next ?? Default).toBe(name);
    }
  });
});

describe('error names', () => {
  const quoted = new Set(
    tasks.flatMap(([, { Retry = [], Catch = [] }]) =>
      [...Retry, ...Catch].flatMap(({ ErrorEquals }) => ErrorEquals),
    ),
  );
  const ours = Object.values(errors)
    .filter((type) => type.prototype instanceof errors.BurstError)
    .map((type) => new (type as typeof errors.Throttled)('').name);

  it('in the definition are those of shared/errors.ts and of AWS', () => {
    const AWS = [
      'States.ALL',
      'Lambda.ServiceException',
      'Lambda.AWSLambdaException',
      'Lambda.SdkClientException',
      'Lambda.ClientExecutionTimeoutException',
      'Lambda.TooManyRequestsException',
    ];
    expect(
      [...quoted].filter((name) => !AWS.includes(name) && !ours.includes(name as never)),
    ).toEqual([]);
  });

  it('of shared/errors.ts are quoted, but the one that is caught with everything else', () => {
    expect(ours.filter((name) => !quoted.has(name))).toEqual(['CreateOutcomeUnknown']);
  });
});

/** What each state's function may answer, read from its source. */
const SOURCES: Readonly<Record<string, readonly string[]>> = {
  'Take up the lease': ['lambdas/plan/take-up-lease.ts'],
  'Plan burst': ['lambdas/plan/plan-burst.ts'],
  'Provision cluster': ['lambdas/provision/create-cluster.ts'],
  'Check cluster': ['lambdas/poll/check-cluster.ts'],
  'Run jobs': ['lambdas/run/run-jobs.ts', 'shared/run/after-assigning.ts'],
  'Extend lease': ['lambdas/provision/extend-lease.ts'],
  'Check jobs': ['lambdas/poll/check-jobs.ts'],
  'Collect results': ['lambdas/collect/collect-results.ts'],
  'Close burst': ['lambdas/plan/close-burst.ts'],
  'Tear down cluster': ['lambdas/teardown/tear-down.ts'],
  'Confirm teardown': ['lambdas/teardown/confirm-teardown.ts'],
  Settle: ['lambdas/teardown/settle.ts'],
  'Hand over': ['lambdas/plan/hand-over.ts'],
};

/** Every text after `next:` and, in the table of Take up, every value. */
function answersOf(state: string): Set<string> {
  const code = SOURCES[state]?.map(text).join('\n') ?? '';
  const next = [...code.matchAll(/\bnext: ([^,}\n]*)/g)].map(([, value = '']) => value);
  const table = state === 'Take up the lease' ? [code] : [];
  const words = [...next, ...table].flatMap((value) =>
    [...value.matchAll(state === 'Take up the lease' ? /: '([a-z-]+)',/g : /'([a-z-]+)'/g)].map(
      ([, word = '']) => word,
    ),
  );
  return new Set(words);
}

describe('what a function answers', () => {
  it('is listed for every Task', () => {
    expect(Object.keys(SOURCES).toSorted()).toEqual(tasks.map(([name]) => name).toSorted());
  });

  it.each(tasks)('has a rule behind "%s", or no rule could differ', (name, task) => {
    const answers = answersOf(name);
    expect(answers.size).toBeGreaterThan(0);
    const behind = States[task.Next ?? ''];
    if (behind?.Type !== 'Choice') return;
    const ruled = new Set(
      (behind.Choices ?? []).flatMap(({ Condition }) =>
        [...Condition.matchAll(/next = '([a-z-]+)'/g)].map(([, word = '']) => word),
      ),
    );
    answers.delete('superseded');
    expect([...answers].filter((word) => !ruled.has(word))).toEqual([]);
    expect(behind.Default).toBe('Leave it to the newer segment');
  });

  it('comes from a driver of that very name', () => {
    const served = readdirSync(new URL('lambdas/', root))
      .filter((file) => file.endsWith('.ts'))
      .flatMap((file) => {
        const [, table = ''] = /drive\(([\s\S]*)\)/.exec(text(`lambdas/${file}`)) ?? [];
        return [...table.matchAll(/(?:'([^']+)'|\b(Settle)): /g)].map(([, a, b]) => a ?? b ?? '');
      });
    expect([...new Set(served)].toSorted()).toEqual(tasks.map(([name]) => name).toSorted());
  });
});
