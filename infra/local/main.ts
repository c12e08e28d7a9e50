import './quiet-sdk.ts';
import { join } from 'node:path';
import { Option } from 'commander';
import { API_FLAVOURS, type ApiFlavour } from '../../shared/ionet/flavour.ts';
import { systemClock } from '../../shared/system.ts';
import { codeOf, makeWritableFolder } from '../command-line/folders.ts';
import { oneLineCommand, refuse, refuseAlone } from '../command-line/one-line.ts';
import { pathGiven } from '../command-line/values.ts';
import { isUsableKey, originOf, SIMULATOR_KEY, UNUSABLE_KEY } from './provider.ts';

/** `npm start`: its command line, checked before anything else is loaded. Exits with 0 when every task is done and every cluster gone, 1 when not, 2 for input it cannot use, 130 after Ctrl-C. */

const command = oneLineCommand('npm start --')
  .description('Run a burst of real tasks on this machine')
  .option(
    '--tasks <file.jsonl>',
    'tasks to run instead of the collection, one JSON object a line',
    pathGiven,
  )
  .option(
    '--files <dir>',
    'where the inputs and shared files of those tasks lie, under any names',
    pathGiven,
  )
  .option('--out <dir>', 'where results, contact sheet and logs go', pathGiven)
  .option('--calm', 'kill and freeze nothing', false)
  .addOption(
    new Option('--flavour <api>', 'which API of the provider is spoken')
      .choices(API_FLAVOURS)
      .default('caas'),
  )
  .option('--ionet-url <origin>', 'rent from this server on this machine; nothing is killed there')
  .option('--ionet-key <key>', 'its key', SIMULATOR_KEY)
  .option('--json', 'print the report as one JSON object, the last line of stdout', false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();
refuseAlone(command, '--files', '--tasks');
refuseAlone(command, '--ionet-key', '--ionet-url');
const options = command.opts<{
  tasks?: string;
  files?: string;
  out?: string;
  calm: boolean;
  flavour: ApiFlavour;
  ionetUrl?: string;
  ionetKey: string;
  json: boolean;
}>();

const provider = providerAt(options.ionetUrl);
const outDir = folder(
  options.out ?? join('out', systemClock().now().slice(0, 19).replaceAll(':', '-')),
);
const { runMainJob } = await import('./main-job.ts');
await runMainJob({ ...options, provider, outDir });

function providerAt(url: string | undefined) {
  if (url === undefined) return undefined;
  const read = originOf(url);
  // Not shown: it may hold a password.
  if ('wrong' in read) return refuse(command, '--ionet-url', read.wrong);
  const apiKey = options.ionetKey;
  if (isUsableKey(apiKey)) return { origin: read.origin, apiKey };
  return refuse(command, '--ionet-key', UNUSABLE_KEY);
}

function folder(path: string): string {
  try {
    makeWritableFolder(path);
    return path;
  } catch (error) {
    process.stderr.write(`--out ${path}: cannot be written to (${codeOf(error)})\n`);
    return process.exit(2);
  }
}
