import * as z from 'zod';
import { Definition, type Problem } from './definition.ts';
import { isTooDeep, MAX_DEPTH } from './depth.ts';
import { shapeProblems } from './shape-problems.ts';
import { structureProblems } from './structure-problems.ts';

/** The engine will not run this definition, and says everything that is wrong with it. */
export class DefinitionRefused extends Error {
  override readonly name = 'DefinitionRefused';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(problems.map(describeProblem).join('\n'));
    this.problems = problems;
  }
}

const describeProblem = ({ state, field, message }: Problem): string =>
  [state === undefined ? '' : `state "${state}", `, field, ': ', message].join('');

export type Substitutions = Readonly<Record<string, string>>;

/**
 * All that is wrong with a definition, as data; empty when the engine runs it.
 *
 * @param definition - Parsed JSON.
 * @param substitutions - Values for `${name}` tokens. Without them tokens stay as they are.
 */
export function lintDefinition(
  definition: unknown,
  substitutions?: Substitutions,
): readonly Problem[] {
  if (isTooDeep(definition)) {
    return [{ field: 'definition', message: `is nested deeper than ${MAX_DEPTH}; flatten it` }];
  }
  const { substituted, problems } = substitute(definition, substitutions);
  return [...problems, ...shapeProblems(substituted), ...structureProblems(substituted)];
}

/**
 * The definition, typed and with its tokens replaced.
 *
 * @throws DefinitionRefused when `lintDefinition` finds anything.
 */
export function loadDefinition(definition: unknown, substitutions?: Substitutions): Definition {
  const problems = lintDefinition(definition, substitutions);
  if (problems.length > 0) throw new DefinitionRefused(problems);
  return Definition.parse(substitute(definition, substitutions).substituted);
}

const TOKEN = /\$\{(\w+)\}/g;

function substitute(definition: unknown, substitutions: Substitutions | undefined) {
  if (substitutions === undefined) return { substituted: definition, problems: [] };
  const missing = new Set<string>();
  const replace = (value: unknown): unknown => {
    if (typeof value === 'string') {
      return value.replace(TOKEN, (token, name: string) => {
        if (substitutions[name] === undefined) missing.add(token);
        return substitutions[name] ?? token;
      });
    }
    if (Array.isArray(value)) return value.map(replace);
    const record = z.record(z.string(), z.unknown()).safeParse(value);
    if (!record.success) return value;
    return Object.fromEntries(Object.entries(record.data).map(([k, v]) => [k, replace(v)]));
  };
  const substituted = replace(definition);
  const problems = [...missing].map((token) => ({
    field: token,
    message: 'no substitution is given for this token',
  }));
  return { substituted, problems };
}
