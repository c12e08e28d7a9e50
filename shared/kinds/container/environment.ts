/** Variables one task may set, and all of them together, characters. */
const MAX_VARIABLES = 32;
const MAX_CHARACTERS = 16_384;

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/**
 * What would change which code runs, whose credentials it finds or what machine it sees, instead of what the
 * program is told: loaders, interpreters, shells, clouds, container runtimes, and us.
 */
const RESERVED_PREFIXES = [
  ...['AWS_', 'AZURE_', 'GOOGLE_', 'GCP_', 'BURST_', 'IONET_', 'KUBERNETES_', 'DOCKER_', 'NVIDIA_'],
  ...[
    'LD_',
    'DYLD_',
    'GLIBC_',
    'MALLOC_',
    'NODE_',
    'NPM_',
    'PYTHON',
    'PERL',
    'RUBY',
    'JAVA_',
    'JDK_',
  ],
];
const RESERVED = new Set([
  ...['PATH', 'HOME', 'PWD', 'SHELL', 'IFS', 'ENV', 'BASH_ENV', 'PS4', 'SHELLOPTS', 'BASHOPTS'],
  ...['CUDA_VISIBLE_DEVICES', 'CUDA_DEVICE_ORDER'],
  ...['GCONV_PATH', 'LOCPATH', 'NLSPATH', 'HOSTALIASES', 'RESOLV_HOST_CONF', '_JAVA_OPTIONS'],
]);

export interface VariableProblem {
  /** Undefined: all of them together. */
  readonly name: string | undefined;
  /** Never holds a value: it may be a secret. */
  readonly message: string;
}

/** Why a task may not set these variables. */
export function environmentProblems(env: Readonly<Record<string, string>>): VariableProblem[] {
  const entries = Object.entries(env);
  const problems: VariableProblem[] = [];
  if (entries.length > MAX_VARIABLES) {
    const message = `sets ${entries.length} variables; at most ${MAX_VARIABLES}`;
    problems.push({ name: undefined, message });
  }
  const characters = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (characters > MAX_CHARACTERS) {
    const message = `has ${characters} characters; at most ${MAX_CHARACTERS}`;
    problems.push({ name: undefined, message });
  }
  for (const [name] of entries) {
    if (!NAME.test(name)) {
      const message = 'is no name of a variable; use letters, digits and _, 64 at most';
      problems.push({ name, message });
    } else if (isReserved(name.toUpperCase())) {
      problems.push({ name, message: 'is not for a task to set; remove it' });
    }
  }
  return problems;
}

const isReserved = (name: string): boolean =>
  RESERVED.has(name) || RESERVED_PREFIXES.some((prefix) => name.startsWith(prefix));
