import type { Ability } from '../kinds/kind.ts';
import type { KnownTask } from '../kinds/kinds.ts';
import { allowedCountries } from '../model/compliance.ts';
import type { Sha256 } from '../model/ids.ts';
import type { Settings } from '../model/settings.ts';
import type { TaskEnvelope } from '../model/task.ts';
import { checkEnvelope } from './check-envelope.ts';
import { placeMisfit } from './check-places.ts';
import { parseJsonText } from './json-text.ts';
import { quoted, type Refusal, refusal } from './refusal.ts';

/** A task that may be accepted, with what its kind says about it. */
export interface SoundTask {
  readonly envelope: TaskEnvelope;
  /** The envelope as canonical JSON: key order and defaults written out do not make another task. */
  readonly body: string;
  readonly bodySha256: Sha256;
  readonly known: KnownTask;
  /** Countries it may run in: its own rules and the deployment's together; undefined: any. */
  readonly locations: readonly string[] | undefined;
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
export type TaskRules = Pick<
  Settings,
  | 'images'
  | 'containers'
  | 'abilities'
  | 'allowCpuExecutor'
  | 'allowedLocations'
  | 'lease'
  | 'batches'
  | 'clusters'
>;

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

/** The same for a value that is JSON already: the task by itself, then what this deployment offers. */
function checkTask(value: unknown, rules: TaskRules): ParsedTask {
  const checked = checkEnvelope(value);
  if (!checked.ok) return checked;
  const { envelope, body, bodySha256, kind, known } = checked.task;
  const no = (why: Refusal): ParsedTask => ({
    ok: false,
    refusal: why,
    claimedTaskId: envelope.taskId,
  });
  const image = known.image ?? rules.images[kind.name];
  if (image === undefined) {
    return no(refusal('E_UNSUPPORTED', 'kind', `no worker image is set for ${kind.name} here`));
  }
  if (known.image !== undefined && !rules.containers.includes(known.image)) {
    return no(refusal('E_IMAGE_REF', 'spec.image', notAllowed(known.image, rules.containers)));
  }
  if (known.workers > rules.clusters.maxWorkers) {
    const reason = `${known.workers} workers must agree, and a cluster of this deployment has at most ${rules.clusters.maxWorkers}; ask for fewer`;
    return no(refusal('E_UNSUPPORTED', 'spec.verification', reason));
  }
  const lacking = known.needs.find((ability) => rules.abilities[ability] === undefined);
  if (lacking !== undefined) {
    const reason = `this task needs a worker image with the ability ${lacking}, and the one here has it not`;
    return no(refusal('E_UNSUPPORTED', 'spec', reason));
  }
  const misfit = modelMisfit(known, envelope, rules);
  if (misfit !== undefined) return no(misfit);
  const gpuUsed = kind.gpuUsed || kind.abilities.some((ability) => usesGpu(rules, ability));
  if (!gpuUsed && !rules.allowCpuExecutor) {
    const reason = `the executor of ${kind.name} uses no GPU, and this deployment rents none for it (allowCpuExecutor)`;
    return no(refusal('E_UNSUPPORTED', 'kind', reason));
  }
  const nowhere = placeMisfit(envelope, rules.allowedLocations);
  if (nowhere !== undefined) return no(nowhere);
  const locations = allowedCountries(envelope, rules.allowedLocations);
  const estimate = envelope.estimatedSeconds ?? known.unitSeconds * rules.batches.estimateFactor;
  const { jobSeconds } = rules.lease;
  const { timeoutSeconds = jobSeconds } = envelope;
  if (timeoutSeconds > jobSeconds) {
    const reason = `${timeoutSeconds} s are more than one job may take (${jobSeconds} s); give that or less, or leave it out`;
    return no(refusal('E_TOO_LONG', 'timeoutSeconds', reason));
  }
  const isResumed = known.maxCheckpointBytes !== undefined;
  if (estimate > jobSeconds && !isResumed) {
    const reason = `${estimate} s are more than one job may take (${jobSeconds} s), and this task has no checkpoints; split it`;
    return no(refusal('E_TOO_LONG', 'estimatedSeconds', reason));
  }
  // What goes on from a checkpoint takes as long as it does, in more attempts.
  const unitSeconds = isResumed ? estimate : Math.min(estimate, timeoutSeconds);
  return {
    ok: true,
    task: { envelope, body, bodySha256, known, locations, image, gpuUsed, unitSeconds },
  };
}

const usesGpu = ({ abilities }: TaskRules, ability: Ability): boolean => {
  const has = abilities[ability];
  return has !== undefined && 'gpuUsed' in has && has.gpuUsed;
};

/** Why the model of a task does not run here: no image brings it, or the task asks for too small a GPU. */
function modelMisfit(
  { model }: KnownTask,
  { resources }: TaskEnvelope,
  { abilities }: TaskRules,
): Refusal | undefined {
  if (model === undefined) return undefined;
  const models = abilities.diffusion?.models ?? [];
  const brought = models.find(({ sha256 }) => sha256 === model);
  if (brought === undefined) {
    const has = models.slice(0, MOST_NAMED).map(({ sha256 }) => sha256);
    const reason = `the worker image here does not bring this model; it has ${has.join(', ')}`;
    return refusal('E_UNSUPPORTED', 'spec.model.sha256', reason);
  }
  if (resources.vramGb >= brought.vramGb) return undefined;
  const reason = `its model needs ${brought.vramGb} GB per GPU, the task asks for ${resources.vramGb}; ask for ${brought.vramGb} or more`;
  return refusal('E_GPU_MISMATCH', 'resources.vramGb', reason);
}

/** Images, or models, named in a refusal. */
const MOST_NAMED = 5;

function notAllowed(image: string, allowed: readonly string[]): string {
  const what = `${quoted(image, 255)} is not allowed by the operator`;
  if (allowed.length === 0) return `${what}, who allows no image here`;
  const more = allowed.length > MOST_NAMED ? ` and ${allowed.length - MOST_NAMED} more` : '';
  return `${what}; allowed: ${allowed.slice(0, MOST_NAMED).join(', ')}${more}`;
}
