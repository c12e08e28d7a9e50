import type * as z from 'zod';
import { type KnownTask, KINDS, kindNamed } from '../kinds/kinds.ts';
import { canonicalJson, sha256Of } from '../model/digest.ts';
import { GPU_MODELS, gpuMeets, VRAM_GB } from '../model/gpu.ts';
import type { Sha256 } from '../model/ids.ts';
import type { Settings } from '../model/settings.ts';
import { TaskEnvelope, UNSUPPORTED_FIELDS } from '../model/task.ts';
import { parseJsonText } from './json-text.ts';
import { nearest } from './nearest.ts';
import { quoted, type Refusal, type RefusalCode, refusal } from './refusal.ts';

/** A task that may be accepted, with what its kind says about it. */
export interface SoundTask {
  readonly envelope: TaskEnvelope;
  /** Of the canonical envelope: key order and defaults written out do not make another task. */
  readonly bodySha256: Sha256;
  readonly known: KnownTask;
  readonly image: string;
  readonly gpuUsed: boolean;
  readonly unitSeconds: number;
}

export type ParsedTask =
  | { readonly ok: true; readonly task: SoundTask }
  | {
      readonly ok: false;
      readonly refusal: Refusal;
      /** The id it claims, where one could be read. */
      readonly claimedTaskId: string | undefined;
    };

/** What parsing must know of the deployment. */
export type TaskRules = Pick<Settings, 'images' | 'allowCpuExecutor' | 'lease'>;

/**
 * Reads one message of the intake queue. Everything wrong with it is one refusal that names the field and
 * the mend; nothing throws, whatever the text.
 */
export function parseTask(text: string, rules: TaskRules): ParsedTask {
  const parsed = parseJsonText(text);
  return parsed.ok
    ? checkTask(parsed.value, rules)
    : { ok: false, refusal: parsed.refusal, claimedTaskId: undefined };
}

/** The same for a value that is JSON already. */
export function checkTask(value: unknown, rules: TaskRules): ParsedTask {
  const claimedTaskId = claimed(value);
  const no = (why: Refusal): ParsedTask => ({ ok: false, refusal: why, claimedTaskId });
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return no(refusal('E_TYPE', '', `expected one JSON object; got ${typeName(value)}`));
  }
  const unsupported = UNSUPPORTED_FIELDS.find((field) => field in value);
  if (unsupported !== undefined) {
    return no(refusal('E_UNSUPPORTED', unsupported, 'is not supported yet; remove it'));
  }
  const envelope = TaskEnvelope.safeParse(value);
  if (!envelope.success) return no(firstIssue(envelope.error.issues, value, ''));
  const { kind: kindName, spec } = envelope.data;

  const kind = kindNamed(kindName);
  if (kind === undefined) {
    const known = KINDS.map(({ name }) => name);
    return no(refusal('E_TASK_TYPE', 'kind', `${meant(kindName, known)}; known: ${known.join(', ')}`));
  }
  const image = rules.images[kind.name];
  if (image === undefined) {
    return no(refusal('E_UNSUPPORTED', 'kind', `no worker image is set for ${kind.name} here`));
  }
  if (!kind.gpuUsed && !rules.allowCpuExecutor) {
    const reason = `the executor of ${kind.name} uses no GPU, and this deployment rents none for it (allowCpuExecutor)`;
    return no(refusal('E_UNSUPPORTED', 'kind', reason));
  }
  const read = kind.read(spec);
  if (!read.ok) return no(firstIssue(read.issues, spec, 'spec'));

  const tooSmall = gpuMisfit(envelope.data);
  if (tooSmall !== undefined) return no(tooSmall);
  const unitSeconds = envelope.data.estimatedSeconds ?? read.task.unitSeconds;
  if (unitSeconds > rules.lease.jobSeconds && !kind.checkpoints) {
    const reason = `${unitSeconds} s are more than one job may take (${rules.lease.jobSeconds} s), and ${kind.name} has no checkpoints; split the task`;
    return no(refusal('E_TOO_LONG', 'estimatedSeconds', reason));
  }
  return {
    ok: true,
    task: {
      envelope: envelope.data,
      bodySha256: sha256Of(canonicalJson(envelope.data)),
      known: read.task,
      image,
      gpuUsed: kind.gpuUsed,
      unitSeconds,
    },
  };
}

function gpuMisfit({ resources }: TaskEnvelope): Refusal | undefined {
  if (GPU_MODELS.some((model) => gpuMeets(resources, model))) return undefined;
  const models = resources.gpuModels ?? GPU_MODELS;
  const has = models.map((model) => `${model} has ${VRAM_GB[model]}`).join(', ');
  return refusal(
    'E_GPU_MISMATCH',
    'resources.vramGb',
    `needs ${resources.vramGb} GB per GPU; ${has}`,
  );
}

/** The first problem zod found, in our codes and in words that say how to mend it. */
function firstIssue(issues: readonly z.core.$ZodIssue[], value: unknown, prefix: string): Refusal {
  const issue = issues[0];
  if (issue === undefined) return refusal('E_VALUE', prefix, 'is not valid');
  const path = [...(prefix === '' ? [] : [prefix]), ...issue.path.map(String)].join('.');
  const got = valueAt(value, issue.path);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0] ?? '';
    const field = path === '' ? key : `${path}.${key}`;
    const hint = field === 'tenant' ? 'the tenant is the queue a task is sent to; remove it' : '';
    const known = prefix === '' && path === '' ? Object.keys(TaskEnvelope.shape) : [];
    return refusal('E_UNKNOWN_FIELD', field, hint || meant(key, known, 'no such field'));
  }
  if (got === undefined) return refusal('E_REQUIRED', path, 'is missing');
  return refusal(codeOf(issue, path, got), path, `${issue.message}; got ${shown(got)}`);
}

function codeOf(issue: z.core.$ZodIssue, path: string, got: unknown): RefusalCode {
  if (typeof got === 'number' && !Number.isFinite(got)) return 'E_NUMBER';
  if (path === 'taskId') return 'E_TASK_ID';
  if (path.startsWith('resources.gpuModels')) return 'E_GPU_MODEL';
  if (path.startsWith('locations')) return 'E_LOCATION';
  if (path === 'spec.collection.supply' && issue.code === 'custom') return 'E_SUPPLY';
  if (issue.code === 'invalid_type') return typeof got === 'number' ? 'E_RANGE' : 'E_TYPE';
  if (issue.code === 'too_big' || issue.code === 'too_small') return 'E_RANGE';
  return 'E_VALUE';
}

const meant = (word: string, known: readonly string[], otherwise = `unknown "${quoted(word)}"`) => {
  const near = nearest(word, known);
  return near === undefined ? otherwise : `${otherwise}; did you mean ${near}?`;
};

const claimed = (value: unknown): string | undefined =>
  value !== null &&
  typeof value === 'object' &&
  'taskId' in value &&
  typeof value.taskId === 'string'
    ? quoted(value.taskId, 80)
    : undefined;

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let here = value;
  for (const step of path) {
    if (here === null || typeof here !== 'object') return undefined;
    here = Reflect.get(here, step);
  }
  return here;
}

const shown = (value: unknown): string =>
  typeof value === 'string' ? `"${quoted(value)}"` : quoted(JSON.stringify(value) ?? typeName(value));

const typeName = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
