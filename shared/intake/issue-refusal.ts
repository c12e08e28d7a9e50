import type * as z from 'zod';
import { COMPLIANCE } from '../model/compliance.ts';
import { GPU_MODELS, GpuNeed, modelsNamed } from '../model/gpu.ts';
import { TaskEnvelope } from '../model/task.ts';
import { nearest } from './nearest.ts';
import { quoted, type Refusal, type RefusalCode, refusal } from './refusal.ts';

/**
 * What zod found, as one refusal in our codes and in words that say how to mend it. A field nobody knows
 * comes first: a misspelt name is also a missing one, and the misspelling is what to mend.
 *
 * @param value - What was parsed.
 * @param prefix - Where in the message it stands; empty for the message as a whole.
 */
export function issueRefusal(
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
  prefix = '',
): Refusal {
  const issue = issues.find(({ code }) => code === 'unrecognized_keys') ?? issues[0];
  if (issue === undefined) return refusal('E_VALUE', prefix, 'is not valid');
  const path = [prefix, ...issue.path.map(String)].filter((step) => step !== '').join('.');
  if (issue.code === 'unrecognized_keys') return unknownField(issue.keys[0] ?? '', path);
  const got = valueAt(value, issue.path);
  if (got === undefined) return refusal('E_REQUIRED', path, 'is missing; add it');
  const code = codeOf(issue, path, got);
  return refusal(code, path, `${mendOf(code, got) ?? issue.message}; got ${shown(got)}`);
}

/** Objects of the envelope and their fields; a spec's fields are its kind's. */
const FIELDS: ReadonlyMap<string, readonly string[]> = new Map([
  ['', Object.keys(TaskEnvelope.shape)],
  ['resources', Object.keys(GpuNeed.shape)],
]);

function unknownField(key: string, path: string): Refusal {
  const field = path === '' ? key : `${path}.${key}`;
  if (field === 'tenant') {
    const reason = 'the tenant is the queue a task is sent to; remove it';
    return refusal('E_UNKNOWN_FIELD', field, reason);
  }
  const near = nearest(key, FIELDS.get(path) ?? []);
  const mend = near === undefined ? 'remove it' : `did you mean ${near}?`;
  return refusal('E_UNKNOWN_FIELD', field, `no such field; ${mend}`);
}

function codeOf(issue: z.core.$ZodIssue, path: string, got: unknown): RefusalCode {
  if (typeof got === 'number' && !Number.isFinite(got)) return 'E_NUMBER';
  if (issue.code === 'invalid_type')
    return issue.expected === 'int' && typeof got === 'number' ? 'E_RANGE' : 'E_TYPE';
  if (issue.code === 'custom' && issue.params?.code === 'E_UNBOUND_PROOF') return 'E_UNBOUND_PROOF';
  if (path === 'taskId') return 'E_TASK_ID';
  if (path.startsWith('resources.gpuModels')) return 'E_GPU_MODEL';
  if (path.startsWith('locations')) return 'E_LOCATION';
  if (path.startsWith('compliance')) return 'E_COMPLIANCE';
  if (path === 'spec.collection.supply' && issue.code === 'custom') return 'E_SUPPLY';
  if (issue.code === 'too_big' || issue.code === 'too_small') return 'E_RANGE';
  return 'E_VALUE';
}

/** Words for what a schema can only say as a pattern or a list; undefined: the schema's own do. */
function mendOf(code: RefusalCode, got: unknown): string | undefined {
  switch (code) {
    case 'E_TASK_ID':
      return 'an id has 1 to 80 of a-z 0-9 . _ - (ASCII only, no capitals), begins and ends with a letter or digit, and has no ".."';
    case 'E_LOCATION':
      return 'give 1 to 32 countries as two capital letters each (ISO 3166-1), such as US, or leave it out for any';
    case 'E_COMPLIANCE':
      return `${meant(got, [...COMPLIANCE.keys()])}give some of ${[...COMPLIANCE.keys()].join(', ')}, or leave it out for none`;
    case 'E_GPU_MODEL': {
      const models = typeof got === 'string' ? modelsNamed(got) : [];
      const asked =
        models.length === 0 ? meant(got, GPU_MODELS) : `did you mean ${models.join(' or ')}? `;
      return `${asked}give 1 to 16 of ${GPU_MODELS.join(', ')}, or leave it out for any`;
    }
    case 'E_NUMBER':
      return 'is too large for a number';
    default:
      return undefined;
  }
}

function meant(got: unknown, known: readonly string[]): string {
  const near = typeof got === 'string' ? nearest(got, known) : undefined;
  return near === undefined ? '' : `did you mean ${near}? `;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value;
  for (const step of path) {
    if (here === null || typeof here !== 'object') return undefined;
    here = Reflect.get(here, step);
  }
  return here;
}

function shown(value: unknown): string {
  if (typeof value === 'string') return `"${quoted(value)}"`;
  if (typeof value === 'number') return String(value);
  return quoted(JSON.stringify(value) ?? typeof value);
}
