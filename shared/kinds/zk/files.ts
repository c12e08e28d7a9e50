import * as z from 'zod';

/** Most public signals of a circuit: each costs a point in every spec and a multiplication per check. */
const MAX_PUBLIC_SIGNALS = 512;

/** A whole number as snarkjs writes it. 78 digits hold every number below 2^256, no other spelling does. */
export const Decimal = z
  .string()
  .max(78, { abort: true })
  .regex(/^(?:0|[1-9][0-9]*)$/, {
    error: 'must be a whole number in decimal digits without leading zeros',
    abort: true,
  });

const Pair = z.tuple([Decimal, Decimal]);

/** A point of G1 in affine coordinates; a third coordinate other than 1 is no point we take. */
export const G1File = z.tuple([Decimal, Decimal, z.literal('1')]);

/** A point of G2; a coordinate c0 + c1·u is written [c0, c1]. */
export const G2File = z.tuple([Pair, Pair, z.tuple([z.literal('1'), z.literal('0')])]);

export type G1File = z.infer<typeof G1File>;
export type G2File = z.infer<typeof G2File>;

/** `proof.json` as snarkjs writes it; rapidsnark leaves `curve` out. */
export const ProofFile = z.strictObject({
  pi_a: G1File,
  pi_b: G2File,
  pi_c: G1File,
  protocol: z.literal('groth16'),
  curve: z.literal('bn128').optional(),
});
export type ProofFile = z.infer<typeof ProofFile>;

/** `public.json`: the public signals in the circuit's order. */
export const PublicFile = z.array(Decimal).max(MAX_PUBLIC_SIGNALS);
export type PublicFile = z.infer<typeof PublicFile>;

/** `verification_key.json` as snarkjs exports it. */
export const VerificationKeyFile = z.strictObject({
  protocol: z.literal('groth16'),
  curve: z.literal('bn128'),
  nPublic: z.int().min(1).max(MAX_PUBLIC_SIGNALS),
  vk_alpha_1: G1File,
  vk_beta_2: G2File,
  vk_gamma_2: G2File,
  vk_delta_2: G2File,
  /** e(alpha, beta), which snarkjs writes along. Never used: it follows from the two points above. */
  vk_alphabeta_12: z.array(z.array(Pair).length(3)).length(2).optional(),
  IC: z
    .array(G1File)
    .min(2)
    .max(MAX_PUBLIC_SIGNALS + 1),
});
export type VerificationKeyFile = z.infer<typeof VerificationKeyFile>;

/** Largest `proof.json`: eight numbers of 78 digits, and room for any indentation. */
export const MAX_PROOF_BYTES = 4096;

/** Largest `public.json` of `signals` public signals. */
export const maxPublicBytes = (signals: number): number => 256 + signals * 96;

type Read<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly fault: string };

/**
 * A JSON file of a stranger. Its text must be, white space aside, what its value is written as: a key twice or
 * an escaped digit would read differently elsewhere. None of the files has white space inside a string.
 */
export function readJsonFile<T>(
  bytes: Uint8Array,
  maxBytes: number,
  schema: z.ZodType<T>,
): Read<T> {
  if (bytes.length > maxBytes) {
    return { ok: false, fault: `${bytes.length} bytes are above the limit of ${maxBytes}` };
  }
  let text: string;
  let json: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    json = JSON.parse(text);
  } catch {
    return { ok: false, fault: 'is not JSON' };
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) return { ok: false, fault: shapeFault(parsed.error) };
  if (text.replaceAll(/[ \t\r\n]+/g, '') !== JSON.stringify(json)) {
    return { ok: false, fault: 'is not plainly written: a key twice, or an escape' };
  }
  return { ok: true, value: parsed.data };
}

/** The first fault of a shape, as `path: message`. Quotes nothing of what was sent. */
export function shapeFault(error: z.ZodError): string {
  const issue = error.issues[0];
  const path = issue?.path.join('.') ?? '';
  const message = issue?.code === 'unrecognized_keys' ? 'has an unknown key' : issue?.message;
  return `${path === '' ? 'document' : path}: ${message ?? 'is not valid'}`;
}
