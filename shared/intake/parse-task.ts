import type { KnownTask } from '../kinds/kinds.ts';
import { allowedCountries } from '../model/compliance.ts';
import type { Sha256 } from '../model/ids.ts';
import type { Settings } from '../model/settings.ts';
import type { TaskEnvelope } from '../model/task.ts';
import { checkEnvelope } from './check-envelope.ts';
import { placeMisfit } from './check-places.ts';
import { parseJsonText } from './json-text.ts';
import { type Refusal, refusal } from './refusal.ts';

/** A task that may be accepted, with what its kind says about it. */
export interface SoundTask {
  readonly envelope: TaskEnvelope;
  /** Of the canonical envelope: key order and defaults written out do not make another task. */
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
  'images' | 'abilities' | 'allowCpuExecutor' | 'allowedLocations' | 'lease' | 'batches'
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
  const { envelope, bodySha256, kind, known } = checked.task;
  const no = (why: Refusal): ParsedTask => ({
    ok: false,
    refusal: why,
    claimedTaskId: envelope.taskId,
  });
  const image = rules.images[kind.name];
  if (image === undefined) {
    return no(refusal('E_UNSUPPORTED', 'kind', `no worker image is set for ${kind.name} here`));
  }
  const lacking = known.needs.find((ability) => rules.abilities[ability] === undefined);
  if (lacking !== undefined) {
    const reason = `this task needs a worker image with the ability ${lacking}, and the one here has it not`;
    return no(refusal('E_UNSUPPORTED', 'spec', reason));
  }
  const gpuUsed =
    kind.gpuUsed || kind.abilities.some((ability) => rules.abilities[ability]?.gpuUsed === true);
  if (!gpuUsed && !rules.allowCpuExecutor) {
    const reason = `the executor of ${kind.name} uses no GPU, and this deployment rents none for it (allowCpuExecutor)`;
    return no(refusal('E_UNSUPPORTED', 'kind', reason));
  }
  const nowhere = placeMisfit(envelope, rules.allowedLocations);
  if (nowhere !== undefined) return no(nowhere);
  const locations = allowedCountries(envelope, rules.allowedLocations);
  const unitSeconds = envelope.estimatedSeconds ?? known.unitSeconds * rules.batches.estimateFactor;
  if (unitSeconds > rules.lease.jobSeconds && known.maxCheckpointBytes === undefined) {
    const reason = `${unitSeconds} s are more than one job may take (${rules.lease.jobSeconds} s), and this task has no checkpoints; split it`;
    return no(refusal('E_TOO_LONG', 'estimatedSeconds', reason));
  }
  return {
    ok: true,
    task: { envelope, bodySha256, known, locations, image, gpuUsed, unitSeconds },
  };
}
