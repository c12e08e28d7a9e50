import type { TaskKind } from '../../shared/kinds/kind.ts';

/** The result of modelled tasks: one file that holds their number, so that anyone can tell whose it is. */

export const RESULT_FILE = 'result.txt';

export const RESULT_OUTPUTS = [{ name: RESULT_FILE, contentType: 'text/plain', maxBytes: 100 }];

export const resultOf = (number: number): Uint8Array => Buffer.from(`the result of ${number}`);

export const verifyResult: TaskKind<{ readonly number: number }>['verify'] = (
  { number },
  files,
) => {
  const same = Buffer.compare(files.get(RESULT_FILE) ?? new Uint8Array(), resultOf(number)) === 0;
  return same
    ? { verified: true, verifiedBy: 'comparison' }
    : { verified: false, reason: 'E_RESULT_OTHER: not the result of this task' };
};
