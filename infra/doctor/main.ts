import '../local/quiet-sdk.ts';
import { type DoctorConfig, doctorConfigFrom } from '../../shared/config.ts';
import { systemClock } from '../../shared/system.ts';
import { oneLineCommand } from '../command-line/one-line.ts';
import { examineImage, examineProvider, examineStores, unasked } from './examine.ts';
import { CHECKS, type Finding, isWell, skipped } from './findings.ts';
import { providerPorts, storePorts } from './ports.ts';
import { reportText } from './report-text.ts';

/**
 * `npm run doctor`: is everything there that a burst needs? It reads the environment a deployment has
 * (`shared/config.ts`), buys nothing and changes nothing. Exits with 0 when nothing failed, 1 when something did, 2
 * for words it cannot use.
 */
const options = oneLineCommand('npm run doctor --')
  .description('Look at key, provider, image, clock and stores; say what to mend')
  .option('--provider-only', 'leave AWS out', false)
  .option('--json', 'print one JSON object', false)
  .addHelpText(
    'after',
    `
Reads IONET_API_KEY, BURST_IMAGE, AWS_REGION, BURST_TABLE, BURST_BUCKET, and where they differ from the default
IONET_API_FLAVOUR, IONET_BASE_URL, BURST_AWS_ENDPOINT. AWS credentials are found as the AWS CLI finds them.`,
  )
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<{ providerOnly: boolean; json: boolean }>();

// biome-ignore lint/style/noProcessEnv: handed to `doctorConfigFrom`, which alone says what it means.
const findings = await examine(doctorConfigFrom(process.env));
const ordered = CHECKS.flatMap((check) => findings.filter((one) => one.check === check));
const text = options.json
  ? JSON.stringify({ ok: isWell(ordered), findings: ordered })
  : reportText(ordered);
process.stdout.write(`${text}\n`);
process.exitCode = isWell(ordered) ? 0 : 1;

async function examine(config: DoctorConfig): Promise<Finding[]> {
  const provider = providerPorts(config, systemClock());
  return [
    ...('wrong' in provider ? unasked(provider.wrong) : await examineProvider(provider.ports)),
    examineImage(config.image),
    ...(options.providerOnly
      ? (['bucket', 'table'] as const).map((check) => skipped(check, 'left out by --provider-only'))
      : await examineStores(config, storePorts(config))),
  ];
}
