import type { TraceTask } from './trace.ts';

/** One cluster as it was rented, seconds of the trace. Nothing is paid before its start. */
export interface RunLease {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly gpus: number;
}

export interface RunTask {
  readonly task: TraceTask;
  readonly startSeconds: number;
  readonly endSeconds: number;
}

/** What one policy made of one trace under one seed. */
export interface PolicyRun {
  readonly policy: string;
  readonly leases: readonly RunLease[];
  readonly tasks: readonly RunTask[];
  /** Times a slot had to load another model than it had. */
  readonly modelLoads: number;
}
