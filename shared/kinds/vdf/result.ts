import * as z from 'zod';
import { ElementHex, RSA_2048 } from './group.ts';
import { jsonBytes, jsonOf } from './json.ts';

/** The file with an output and its proof. */
export const RESULT_FILE = 'vdf.json';

/** An output of the delay function and what shows that it is right. */
export interface VdfResult {
  readonly y: bigint;
  readonly proof: bigint;
}

const ResultJson = z.strictObject({ v: z.literal(1), y: ElementHex, proof: ElementHex });

/** The one way of writing a result. */
export const resultBytes = ({ y, proof }: VdfResult): Uint8Array => jsonBytes({ v: 1, y, proof });

const LARGEST = RSA_2048.modulus / 2n;

/** Bytes of the longest result there is. */
export const MAX_RESULT_BYTES = resultBytes({ y: LARGEST, proof: LARGEST }).length;

/** The result in some bytes, or what is wrong with them: every result has one way of being written. */
export function readResult(bytes: Uint8Array): VdfResult | { readonly fault: string } {
  if (bytes.length > MAX_RESULT_BYTES) {
    return { fault: `${bytes.length} bytes are above the limit of ${MAX_RESULT_BYTES}` };
  }
  const parsed = ResultJson.safeParse(jsonOf(bytes));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return { fault: `${issue?.path.join('.') || 'document'}: ${issue?.message}` };
  }
  const canonical = Buffer.compare(bytes, resultBytes(parsed.data)) === 0;
  return canonical ? parsed.data : { fault: 'document: is not written canonically' };
}
