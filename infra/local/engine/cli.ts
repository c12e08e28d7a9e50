import { runAslCommand } from './asl-command.ts';

process.exitCode = await runAslCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
