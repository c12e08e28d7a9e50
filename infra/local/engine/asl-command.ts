import { readFileSync } from 'node:fs';
import { CommanderError, InvalidArgumentError } from 'commander';
import * as z from 'zod';
import { oneLineCommand } from '../../command-line/one-line.ts';
import { pathGiven } from '../../command-line/values.ts';
import { ExecutionRefused } from './api-refusal.ts';
import { isTooDeep, MAX_DEPTH } from './depth.ts';
import { messageOf } from './expressions.ts';
import { DefinitionRefused } from './refusals.ts';
import { Script } from './script.ts';
import { DEFAULT_START, runScripted, type ScriptedRun } from './scripted-run.ts';
import { plainWording } from './wording.ts';

/** The command line, a file or the definition is at fault; a failed execution is a result. */
const EXIT_REFUSED = 2;

/** A file that cannot be used, in one line. */
class FileUnusable extends Error {
  override readonly name = 'FileUnusable';
}

interface Options {
  readonly input?: string;
  readonly script?: string;
  readonly startAt: string;
  readonly json?: true;
}

export interface Streams {
  out(text: string): void;
  err(text: string): void;
}

/**
 * The command behind `npm run asl`.
 *
 * @param args - What follows the command's name.
 * @returns the exit code.
 */
export async function runAslCommand(args: readonly string[], terminal: Streams): Promise<number> {
  let exitCode = 0;
  const streams: Streams = {
    out: (text) => terminal.out(printable(text)),
    err: (text) => terminal.err(printable(text)),
  };
  const program = oneLineCommand('asl')
    .description('Runs a state machine on a virtual clock, its functions following a script.')
    .argument('<definition>', 'Amazon States Language, JSONata flavour, as JSON', pathGiven)
    .option('--input <file>', 'the input of the execution as JSON; {} if left out', pathGiven)
    .option(
      '--script <file>',
      'JSON: function name to a list of {"return": …} or {"error": …, "cause": …}, each with afterSeconds or not; the last one repeats',
      pathGiven,
    )
    .option('--start-at <instant>', 'what the clock says at the start', instant, DEFAULT_START)
    .option('--json', 'print the outcome, or {"refused": reason}, as JSON in the last line')
    .addHelpText('after', '\nExits 2 when a file or the definition cannot be used, else 0.')
    .configureOutput({ writeOut: streams.out, writeErr: streams.err })
    .exitOverride()
    .action(async (definition: string, options: Options) => {
      exitCode = await runFiles(definition, options, streams);
    });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : EXIT_REFUSED;
  }
}

async function runFiles(path: string, options: Options, { out, err }: Streams): Promise<number> {
  try {
    const definition = readJson(path, z.json());
    const input = options.input === undefined ? {} : readJson(options.input, z.json());
    const script = options.script === undefined ? {} : readJson(options.script, Script);
    const run = await runScripted(definition, input, script, options.startAt);
    out(`${options.json ? JSON.stringify(reportOf(run)) : timelineOf(run)}\n`);
    return 0;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    const heading = error instanceof DefinitionRefused ? `${path} is refused:\n` : '';
    err(`${heading}${error.message}\n`);
    const refused = error.message.replaceAll('\n', '; ');
    if (options.json) out(`${JSON.stringify({ refused })}\n`);
    return EXIT_REFUSED;
  }
}

const isRefusal = (error: unknown) =>
  error instanceof DefinitionRefused ||
  error instanceof FileUnusable ||
  error instanceof ExecutionRefused;

function readJson<Schema extends z.ZodType>(path: string, schema: Schema): z.infer<Schema> {
  let parsed: unknown;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));
    parsed = JSON.parse(text);
  } catch (error) {
    throw new FileUnusable(`${path}: ${oneLine(messageOf(error))}`);
  }
  if (isTooDeep(parsed)) {
    throw new FileUnusable(`${path}: is nested deeper than ${MAX_DEPTH}; flatten it`);
  }
  const checked = schema.safeParse(parsed, { error: plainWording });
  if (checked.success) return checked.data;
  const faults = checked.error.issues.map(
    ({ path: place, message }) => `${place.join('/')} ${message}`,
  );
  throw new FileUnusable(`${path}: ${oneLine(faults.join('; '))}`);
}

/** What a file says must not command the terminal it is shown on. */
const printable = (text: string): string =>
  text.replace(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}]/gu, (character) =>
    character.replace(/[\s\S]/g, escaped),
  );

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;

const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

const reportOf = ({ events, ...run }: ScriptedRun) => ({
  ...run,
  events: events.map(({ type, name }) => ({ type, ...(name !== undefined && { name }) })),
});

function timelineOf({ events, status, output, error, cause, virtualSeconds }: ScriptedRun): string {
  const typeWidth = Math.max(...events.map(({ type }) => type.length));
  const lines = events.map(({ atSeconds, type, name = '' }) =>
    `${atSeconds.toFixed(3).padStart(12)} s  ${type.padEnd(typeWidth)}  ${name}`.trimEnd(),
  );
  const outcome =
    status === 'SUCCEEDED'
      ? JSON.stringify(output)
      : [error, cause].filter((part) => part !== null).join(': ');
  return [...lines, '', `${status} after ${virtualSeconds} s  ${outcome}`].join('\n');
}

const instant = (text: string): string => {
  if (z.iso.datetime({ offset: true }).safeParse(text).success) return text;
  throw new InvalidArgumentError('must be an instant such as 2026-01-01T00:00:00Z');
};
