import { runSimulateCommand } from './command.ts';

process.exitCode = await runSimulateCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
  terminal: process.stderr.isTTY === true,
});
