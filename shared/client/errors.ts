/** No task of this id is known: it was never sent, was refused, or still waits in the queue. */
export class TaskNotFound extends Error {
  override readonly name = 'TaskNotFound';
  readonly taskId: string;

  constructor(taskId: string) {
    super(
      `no task "${taskId}" is known: it was not sent, was refused (its receipt tells why), or intake has not read it yet`,
    );
    this.taskId = taskId;
  }
}

/** The task has not ended; its result may still come. */
export class ResultNotReady extends Error {
  override readonly name = 'ResultNotReady';
  readonly taskId: string;

  constructor(taskId: string) {
    super(`task "${taskId}" has not ended yet; wait for it`);
    this.taskId = taskId;
  }
}

/** The task ended without a result: none will come. */
export class TaskEndedWithoutResult extends Error {
  override readonly name = 'TaskEndedWithoutResult';
  readonly taskId: string;
  readonly status: 'failed' | 'cancelled';

  constructor(taskId: string, status: 'failed' | 'cancelled', reason: string | undefined) {
    super(
      `task "${taskId}" ${status === 'failed' ? 'failed' : 'was cancelled'}${reason === undefined ? '' : `: ${reason}`}`,
    );
    this.taskId = taskId;
    this.status = status;
  }
}

/** Stored bytes are gone, or are not those that were verified. Nothing of them is handed out. */
export class ResultDamaged extends Error {
  override readonly name = 'ResultDamaged';
  readonly taskId: string;
  readonly file: string;

  constructor(taskId: string, file: string, why: string) {
    super(`${file} of task "${taskId}" ${why}`);
    this.taskId = taskId;
    this.file = file;
  }
}
