import { endWithReader } from '../command-line/closed-pipe.ts';
import { runSimulateCommand } from './command.ts';

endWithReader(process.stdout);

process.exitCode = await runSimulateCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  terminal: process.stderr.isTTY === true,
});
