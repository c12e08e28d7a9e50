import { Option } from 'commander';
import { API_FLAVOURS, type ApiFlavour } from '../../../shared/ionet/flavour.ts';
import { systemClock } from '../../../shared/system.ts';
import { oneLineCommand, refuse } from '../../command-line/one-line.ts';
import { wholeFrom } from '../../command-line/values.ts';
import { buildProcesses } from '../build.ts';
import { realTimers } from '../engine/timers.ts';
import { localWorkerEnv } from '../processes.ts';
import { baseUrlOf, isUsableKey, SIMULATOR_KEY, UNUSABLE_KEY } from '../provider.ts';
import { commandsOf, WORKER_IMAGE } from '../worker-images.ts';
import { seededRandom } from './behaviour.ts';
import { FAULT_PROFILES, type FaultProfileName, faultProfile } from './fault-profiles.ts';
import { createIonetSimulator, type IonetSimulator } from './simulator.ts';

/**
 * `npm run ionet-simulator`: the simulated provider by itself, for any client of either API. Ctrl-C ends it and its
 * workers, with exit code 0; words it cannot use, and a port it cannot have, with 2.
 */
const PROFILES = Object.keys(FAULT_PROFILES).filter(
  (name): name is FaultProfileName => name in FAULT_PROFILES,
);
/** What a worker has to answer a relayed call in, real milliseconds; a busy machine is not a dead worker. */
const RELAY_MS = 800;

const command = oneLineCommand('npm run ionet-simulator --')
  .description('Play io.net on this machine: both APIs over HTTP, real processes as workers')
  .requiredOption('--port <n>', 'port on 127.0.0.1; 0: any free one', wholeFrom(0, 65_535))
  .addOption(
    new Option('--flavour <api>', 'serve this API alone (default: both)').choices(API_FLAVOURS),
  )
  .addOption(new Option('--faults <profile>', 'what goes wrong').choices(PROFILES).default('none'))
  .option('--speed <n>', 'seconds of its clock in a real one', wholeFrom(1, 1000), 100)
  .option('--seed <n>', 'of delays and of faults', wholeFrom(0, 2 ** 31), 1)
  .option('--key <key>', 'the one API key it accepts', SIMULATOR_KEY)
  .addHelpText(
    'after',
    `\nFault profiles:\n${PROFILES.map((name) => `  ${name.padEnd(16)}${FAULT_PROFILES[name].says}`).join('\n')}`,
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse();
const options = command.opts<{
  port: number;
  flavour?: ApiFlavour;
  faults: FaultProfileName;
  speed: number;
  seed: number;
  key: string;
}>();
if (!isUsableKey(options.key)) refuse(command, '--key', UNUSABLE_KEY);

const simulator = await serve();
process.once('exit', () => simulator.killWorkers());
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(0));
for (const line of greeting(simulator)) process.stdout.write(`${line}\n`);

async function serve(): Promise<IonetSimulator> {
  const { speed, seed, flavour } = options;
  const { main } = await buildProcesses('ionet-simulator');
  const originAt = systemClock().now();
  const { behaviour = {}, first = [], standing = [] } = faultProfile(options.faults);
  try {
    const served = await createIonetSimulator({
      timers: realTimers({ originMs: Date.parse(originAt), speed }),
      random: seededRandom(seed),
      apiKey: options.key,
      images: commandsOf(main),
      workerEnv: {
        ...localWorkerEnv(),
        BURST_CLOCK: JSON.stringify({ originAt, realOriginAt: originAt, speed }),
      },
      port: options.port,
      relayMilliseconds: RELAY_MS,
      behaviour,
      standingFaults: { faults: standing, random: seededRandom(seed + 1) },
      ...(flavour === undefined ? {} : { flavours: [flavour] }),
    });
    for (const fault of first) served.faults.add(fault);
    return served;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    process.stderr.write(`--port ${options.port}: cannot be served (${why})\n`);
    return process.exit(2);
  }
}

function greeting({ port }: IonetSimulator): string[] {
  const origin = `http://127.0.0.1:${port}`;
  const flavours = options.flavour === undefined ? API_FLAVOURS : [options.flavour];
  const { faults, speed, key } = options;
  const keyOption = key === SIMULATOR_KEY ? '' : ' --ionet-key KEY';
  return [
    `simulated io.net at ${origin}, ${speed} times as fast as real time; faults: ${faults} (${FAULT_PROFILES[faults].says})`,
    ...flavours.map((flavour) => `${flavour.padEnd(9)} ${baseUrlOf(origin, flavour)}`),
    `key       ${key === SIMULATOR_KEY ? key : 'the one of --key'}`,
    `image     ${WORKER_IMAGE}`,
    'Drive it with the main job, in another terminal of this machine:',
    ...flavours.map(
      (flavour) => `  npm start -- --ionet-url ${origin} --flavour ${flavour}${keyOption}`,
    ),
    'Its workers are processes of this machine: the URLs in their jobs lead them to the local cloud, on loopback.',
    'Ctrl-C ends it and its workers.',
  ];
}
