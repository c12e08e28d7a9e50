import { explain, explainRefusal } from '../explain/explain.ts';
import type { Explanation } from '../explain/explanation.ts';
import { readStoredRows } from '../explain/stored-rows.ts';
import { writeStop } from '../ledger/stops.ts';
import type { AssetRef, InputFile } from '../model/files.ts';
import type { Tenant } from '../model/ids.ts';
import type { Task } from '../model/task.ts';
import type { Artifacts, Clock, Ids, Ledger, Queue } from '../ports.ts';
import { type Cancelled, cancelTask } from './cancel.ts';
import { type Costs, readCosts } from './costs.ts';
import { TaskNotFound } from './errors.ts';
import { uploadAsset, uploadInput } from './files.ts';
import { prepareTasks } from './prepare.ts';
import { type Receipt, type TaskReference, taskIdOf } from './receipt.ts';
import { type DownloadedFile, downloadResult, linkResult, type TaskResult } from './results.ts';
import { type Pause, sendMessages } from './send.ts';
import { namedIn, readState, type TaskState } from './task-state.ts';
import { type WaitOptions, waitFor } from './wait.ts';

export interface ClientPorts {
  readonly queue: Queue;
  readonly ledger: Ledger;
  readonly artifacts: Artifacts;
  readonly clock: Clock;
  readonly ids: Pick<Ids, 'random'>;
  readonly pause: Pause;
}

export interface BurstClient {
  /**
   * Sends tasks. Each one is checked first; one that is refused is not sent and holds up no other. The
   * same task sent again is the same task, so a call that broke off can simply be repeated.
   *
   * @returns one receipt per task, in order.
   */
  enqueue(tasks: readonly Task[]): Promise<Receipt[]>;
  /**
   * Uploads a file for one task alone, before the task is sent; it is deleted when the task ends. The owner of
   * the machine that runs the task can read it.
   *
   * @returns what the task's `inputs` must say.
   */
  uploadInput(
    taskId: string,
    file: { readonly name: string; readonly data: Uint8Array },
  ): Promise<InputFile>;
  /**
   * Uploads a file that many tasks use, such as a proving key, under its hash. It is kept.
   *
   * @returns how a spec refers to it.
   */
  uploadAsset(data: Uint8Array): Promise<AssetRef>;
  /** Where a task stands now. */
  get(task: TaskReference): Promise<TaskState>;
  /**
   * URLs of a done task's files, with the hashes of what was verified.
   *
   * @param options.seconds - Life of the URLs, at most a week. Default 900. They end with the client's
   *   credentials where that is sooner (a role's expire within hours): see `expiresAt`.
   * @throws TaskNotFound, ResultNotReady, TaskEndedWithoutResult
   */
  result(taskId: string, options?: { readonly seconds?: number }): Promise<TaskResult>;
  /**
   * The files themselves, checked against the hashes of what was verified.
   *
   * @throws TaskNotFound, ResultNotReady, TaskEndedWithoutResult, ResultDamaged
   */
  download(taskId: string): Promise<DownloadedFile[]>;
  /**
   * Ends a task that has not ended, queued or running; a result that comes later is refused.
   *
   * @throws TaskNotFound - also while the message still waits in the queue.
   */
  cancel(taskId: string): Promise<Cancelled>;
  /**
   * Waits until every task has ended or was rejected. An id that was never sent is waited for until the
   * signal says otherwise.
   *
   * @returns their states, in order.
   * @throws the signal's reason, once it is aborted.
   */
  wait(tasks: readonly TaskReference[], options?: WaitOptions): Promise<TaskState[]>;
  /**
   * Why a task is where it is: one of a closed list of causes, with a sentence and its facts.
   *
   * @throws TaskNotFound - nothing is on record and it is not known to be on the queue: a bare id, or a receipt
   *   whose sending failed.
   */
  explain(task: TaskReference): Promise<Explanation>;
  /**
   * What done tasks cost, and what the bills of their clusters were spent on; all amounts are micro-USD, and the
   * parts of a bill add up to it.
   *
   * @throws TaskNotFound
   */
  costs(taskIds: readonly string[]): Promise<Costs>;
  /**
   * Begins nothing new: no task is handed to a cluster any more and none is rented; what runs ends and the clusters
   * go. Tasks that are sent meanwhile are accepted and wait, or are cancelled too.
   *
   * @param options.mode - `finish`: what waits goes on waiting for `resume` · `cancel`: it is cancelled, within
   *   about a minute.
   * @param options.of - The whole stack instead of the client's tenant, which needs an operator's rights.
   */
  stop(options: {
    readonly mode: 'finish' | 'cancel';
    readonly reason: string;
    readonly of?: 'tenant' | 'stack';
  }): Promise<void>;
  /** Takes a stop back. One of the stack holds for a tenant whatever the tenant does. */
  resume(options?: { readonly of?: 'tenant' | 'stack' }): Promise<void>;
}

const RESULT_URL_SECONDS = 900;

/** What a dApp can do with its tasks, over any ports. It needs no settings of the deployment. */
export function burstClient(ports: ClientPorts, tenant: Tenant): BurstClient {
  const get = (reference: TaskReference) =>
    readState(ports.ledger, tenant, reference, ports.clock.now());
  return {
    async enqueue(tasks) {
      const { messages, outcomes } = prepareTasks(tasks);
      const sentAt = ports.clock.now();
      const failed = await sendMessages(ports, messages);
      return outcomes.map((outcome): Receipt => {
        if ('status' in outcome) return outcome;
        const { body: _, ...named } = outcome;
        const reason = failed.get(named.taskId);
        const tried = { ...named, sentAt };
        return reason === undefined
          ? { ...tried, status: 'sent' }
          : { ...tried, status: 'failed', error: { code: 'E_NOT_SENT', field: '', reason } };
      });
    },
    uploadInput: (taskId, file) => uploadInput(ports.artifacts, tenant, taskId, file),
    uploadAsset: (data) => uploadAsset(ports.artifacts, tenant, data),
    get,
    result: (taskId, { seconds = RESULT_URL_SECONDS } = {}) =>
      linkResult(ports, tenant, taskId, seconds),
    download: (taskId) => downloadResult(ports, tenant, taskId),
    cancel: (taskId) => cancelTask(ports, tenant, taskId),
    wait: (references, options) => waitFor({ ...ports, look: get }, references, options),
    explain: (reference) => explainTask(ports, tenant, reference),
    costs: (taskIds) => readCosts(ports.ledger, tenant, taskIds),
    async stop({ mode, reason, of = 'tenant' }) {
      const at = ports.clock.now();
      await writeStop(ports.ledger, of === 'stack' ? undefined : tenant, { mode, reason, at });
    },
    async resume({ of = 'tenant' } = {}) {
      const none = { mode: 'none', reason: '', at: ports.clock.now() } as const;
      await writeStop(ports.ledger, of === 'stack' ? undefined : tenant, none);
    },
  };
}

async function explainTask(
  { ledger, clock }: ClientPorts,
  tenant: Tenant,
  reference: TaskReference,
): Promise<Explanation> {
  if (typeof reference !== 'string' && reference.status === 'refused' && reference.error) {
    return explainRefusal(reference.error);
  }
  const named = namedIn(tenant, reference);
  const rows = named === undefined ? {} : await readStoredRows(ledger, named, clock.now());
  const mayBeQueued =
    named !== undefined && typeof reference !== 'string' && reference.status !== 'failed';
  if (rows.task === undefined && rows.rejection === undefined && !mayBeQueued) {
    throw new TaskNotFound(taskIdOf(reference));
  }
  return explain(rows, clock.now());
}
