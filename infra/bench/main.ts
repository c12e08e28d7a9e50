import { endWithReader } from '../command-line/closed-pipe.ts';
import { runBenchCommand } from './command.ts';

endWithReader(process.stdout);

process.exitCode = await runBenchCommand(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  err: (text) => process.stderr.write(text),
});
