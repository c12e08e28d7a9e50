import { endWithReader } from '../command-line/closed-pipe.ts';
import { runEstimateCommand } from './command.ts';

/** `npm run estimate`: what tasks would cost and when they would end. Exits with 2 for input it cannot use. */

endWithReader(process.stdout);
process.exitCode = await runEstimateCommand(
  process.argv.slice(2),
  {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
  },
  // biome-ignore lint/style/noProcessEnv: handed to `doctorConfigFrom`, which alone says what it means.
  process.env,
);
