import * as z from 'zod';

/** One instruction of a Dockerfile, its continued lines joined. */
export interface DockerLine {
  readonly verb: string;
  readonly rest: string;
}

/** Reads a Dockerfile of plain instructions: no here-documents, no parser directives. */
export function readDockerfile(text: string): DockerLine[] {
  const joined = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n\s*/g, '');
  return joined
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [, verb = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      if (verb === '') throw new Error(`no instruction: ${line}`);
      return { verb, rest };
    });
}

/** The words of an instruction in exec form. */
export const execForm = (rest: string): string[] =>
  z.array(z.string().min(1)).min(1).parse(JSON.parse(rest));

/** What the ENV instructions of a stage set. */
export function variables(lines: readonly DockerLine[]): Record<string, string> {
  const set = lines
    .filter(({ verb }) => verb === 'ENV')
    .flatMap(({ rest }) => [...rest.matchAll(/([A-Z_]+)=(?:'([^']*)'|(\S+))/g)]);
  return Object.fromEntries(set.map(([, name = '', quoted, bare]) => [name, quoted ?? bare ?? '']));
}
