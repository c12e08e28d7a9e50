/** AWS's own names for what a call about executions can be refused for. */
export type RefusalCode =
  | 'ExecutionAlreadyExists'
  | 'ExecutionDoesNotExist'
  | 'InvalidExecutionInput'
  | 'InvalidName'
  | 'InvalidToken';

/** A call the real service would answer with HTTP 400; `code` is the exception's name there. */
export class ExecutionRefused extends Error {
  override readonly name = 'ExecutionRefused';
  readonly code: RefusalCode;

  constructor(code: RefusalCode, message: string) {
    super(message);
    this.code = code;
  }
}
