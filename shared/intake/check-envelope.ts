import { KINDS, type KnownKind, type KnownTask, kindNamed } from '../kinds/kinds.ts';
import { canonicalJson, sha256Of } from '../model/digest.ts';
import type { Sha256 } from '../model/ids.ts';
import { TaskEnvelope, UNSUPPORTED_FIELDS } from '../model/task.ts';
import { gpuMisfit } from './check-gpu.ts';
import { placeMisfit } from './check-places.ts';
import { issueRefusal } from './issue-refusal.ts';
import { nearest } from './nearest.ts';
import { quoted, type Refusal, refusal } from './refusal.ts';

/** A task that is sound by itself; what a deployment offers has not been asked. */
interface CheckedTask {
  readonly envelope: TaskEnvelope;
  /** The envelope as canonical JSON: key order and defaults written out do not make another task. */
  readonly body: string;
  readonly bodySha256: Sha256;
  readonly kind: KnownKind;
  readonly known: KnownTask;
}

export type CheckedEnvelope =
  | { readonly ok: true; readonly task: CheckedTask }
  | {
      readonly ok: false;
      readonly refusal: Refusal;
      /** The id it claims, where one could be read. */
      readonly claimedTaskId: string | undefined;
    };

/**
 * Checks what needs no deployment: the envelope, the spec in the words of its kind, whether any known GPU
 * meets the need and whether its rules about places leave a country. The client does this before it
 * sends, intake does it again. Nothing throws.
 *
 * @param value - JSON from a stranger, parsed.
 */
export function checkEnvelope(value: unknown): CheckedEnvelope {
  const claimedTaskId = claimed(value);
  const no = (why: Refusal): CheckedEnvelope => ({ ok: false, refusal: why, claimedTaskId });
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    return no(refusal('E_TYPE', '', `expected one JSON object; got ${typeName(value)}`));
  }
  const unsupported = UNSUPPORTED_FIELDS.find((field) => field in value);
  if (unsupported !== undefined) {
    return no(refusal('E_UNSUPPORTED', unsupported, 'is not supported yet; remove it'));
  }
  const envelope = TaskEnvelope.safeParse(value);
  if (!envelope.success) return no(issueRefusal(envelope.error.issues, value));
  const { kind: kindName, spec } = envelope.data;

  const kind = kindNamed(kindName);
  if (kind === undefined) return no(unknownKind(kindName));
  const read = kind.read(spec);
  if (!read.ok) return no(issueRefusal(read.issues, spec, 'spec'));

  const unfit =
    filesMisfit(envelope.data, read.task) ??
    secrecyMisfit(envelope.data, kind) ??
    deadlineMisfit(envelope.data) ??
    gpuMisfit(envelope.data.resources) ??
    placeMisfit(envelope.data);
  if (unfit !== undefined) return no(unfit);
  const body = canonicalJson(envelope.data);
  const bodySha256 = sha256Of(body);
  return { ok: true, task: { envelope: envelope.data, body, bodySha256, kind, known: read.task } };
}

/** The files a task brings along are those its kind reads, no more and no less. */
function filesMisfit({ kind, inputs = [] }: TaskEnvelope, known: KnownTask): Refusal | undefined {
  const missing = known.inputs.find((name) => !inputs.some((file) => file.name === name));
  if (missing !== undefined) {
    const reason = `this task reads ${missing}; upload it and list it here`;
    return refusal('E_REQUIRED', 'inputs', reason);
  }
  const spare = inputs.find(({ name }) => !known.inputs.includes(name));
  if (spare === undefined) return undefined;
  const reason = `a task of ${kind} like this reads no ${spare.name}; remove it`;
  return refusal('E_UNKNOWN_FIELD', 'inputs', reason);
}

function secrecyMisfit({ confidentiality }: TaskEnvelope, kind: KnownKind): Refusal | undefined {
  if (confidentiality === 'tee-required') {
    const reason =
      'tee-required is not supported yet: no enclave is verified; keep the secret at home';
    return refusal('E_UNSUPPORTED', 'confidentiality', reason);
  }
  if (confidentiality !== undefined || !kind.needsConfidentiality) return undefined;
  const reason = `is missing; the owner of the machine can read what ${kind.name} works on: accept that with witness-visible, or say public`;
  return refusal('E_REQUIRED', 'confidentiality', reason);
}

function deadlineMisfit({ deadlineAt, ifUnreachable }: TaskEnvelope): Refusal | undefined {
  if (ifUnreachable === undefined || deadlineAt !== undefined) return undefined;
  const reason = 'is missing, and ifUnreachable says what to do when it cannot be met; add it';
  return refusal('E_REQUIRED', 'deadlineAt', reason);
}

function unknownKind(word: string): Refusal {
  const names = KINDS.map(({ name }) => name);
  const near = nearest(word, names);
  const meant = near === undefined ? '' : `did you mean ${near}? `;
  const reason = `unknown "${quoted(word)}"; ${meant}known: ${names.join(', ')}`;
  return refusal('E_TASK_TYPE', 'kind', reason);
}

const claimed = (value: unknown): string | undefined =>
  value !== null &&
  typeof value === 'object' &&
  'taskId' in value &&
  typeof value.taskId === 'string'
    ? quoted(value.taskId, 80)
    : undefined;

const typeName = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'an array' : typeof value;
