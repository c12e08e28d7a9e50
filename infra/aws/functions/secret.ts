import * as z from 'zod';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What a deployment keeps secret: one entry of Secrets Manager, as JSON. */
export const StackSecret = z.object({
  ionetApiKey: z.string().min(1, 'is empty: put the key of your io.net account there'),
  /** Root of the workers' bearer tokens; made at deployment. */
  workerSecret: z.string().min(16, 'is shorter than 16 characters'),
});
/** Login at the registry of the worker images: another entry, made by the operator. */
export const RegistryLogin = z.object({
  username: z.string().min(1, 'is empty'),
  password: z.string().min(1, 'is empty'),
});

export type Secrets = z.infer<typeof StackSecret> & {
  readonly registry?: z.infer<typeof RegistryLogin>;
};

export type ReadSecret = (environment: Environment) => Promise<Secrets>;

/** The secret cannot be used. The message says what is wrong with it and quotes none of it. */
export class SecretUnusable extends Error {
  override readonly name = 'SecretUnusable';
}

/** @throws SecretUnusable */
export function parseSecret<T>(
  schema: z.ZodType<T>,
  text: string | undefined,
  secretArn: string,
): T {
  const parsed = schema.safeParse(jsonOf(text ?? ''));
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join('.')} ${message}`);
  throw new SecretUnusable(`the secret ${secretArn} is not usable: ${problems.join('; ')}`);
}

/** The parser's own message would quote the text. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const WITHHELD = 'withheld-from-this-function';

/** For a function that calls neither io.net nor a worker: its role may not read the secret. */
export const noSecret: ReadSecret = async () => ({
  ionetApiKey: WITHHELD,
  workerSecret: WITHHELD,
});
