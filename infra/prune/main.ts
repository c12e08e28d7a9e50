import '../local/quiet-sdk.ts';
import { DeleteFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { DeleteStateMachineVersionCommand, SFNClient } from '@aws-sdk/client-sfn';
import { dynamoDbClient } from '../../shared/aws/clients.ts';
import { dynamoDbLedger } from '../../shared/aws/dynamodb-ledger.ts';
import { systemIds } from '../../shared/system.ts';
import { oneLineCommand } from '../command-line/one-line.ts';
import { nameGiven } from '../command-line/values.ts';
import { readDeployed } from './deployed.ts';
import { toPrune, versionIn } from './to-prune.ts';

/**
 * `npm run prune -- --stack NAME [--dry-run]`: removes the versions of the machine and of its functions that nobody
 * uses. Region and credentials are found as the AWS CLI finds them. Exits with 0, with 1 when a version could not
 * be removed, with 2 for words it cannot use and where nothing may be removed now.
 */
const options = oneLineCommand('npm run prune --')
  .description('Remove versions no running execution uses')
  .requiredOption('--stack <name>', 'name of the deployment, and of its state machine', nameGiven)
  .option('--dry-run', 'say what would be removed and remove nothing', false)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .parse()
  .opts<{ stack: string; dryRun: boolean }>();

const states = new SFNClient({});
const lambda = new LambdaClient({});
const say = (line: string) => void process.stdout.write(`${line}\n`);

const pruning = await decided().catch((error: unknown) => {
  const why = error instanceof Error ? error.message : String(error);
  process.stderr.write(`nothing is removed: ${why}\n`);
  return process.exit(2);
});
if (!pruning.prune) {
  process.stderr.write(`nothing is removed: ${pruning.why}\n`);
  process.exit(2);
}
for (const { arn, why } of pruning.kept) say(`kept     ${arn} for ${why}`);
for (const segment of pruning.undriven) say(`undriven ${segment}: the sweep starts it again`);

const remove = async (arn: string, send: () => Promise<unknown>): Promise<void> => {
  say(`${options.dryRun ? 'unused ' : 'removed'}  ${arn}`);
  if (options.dryRun) return;
  await send().catch((error: unknown) => {
    process.exitCode = 1;
    process.stderr.write(`${arn} was not removed: ${String(error)}\n`);
  });
};
// The machine's versions first: what breaks off in between leaves functions nobody names, and no definition that names none.
for (const stateMachineVersionArn of pruning.machines) {
  await remove(stateMachineVersionArn, () =>
    states.send(new DeleteStateMachineVersionCommand({ stateMachineVersionArn })),
  );
}
for (const arn of pruning.functionVersions) {
  // The version goes by a field of its own: a name without one would be the whole function.
  const [FunctionName, version] = versionIn(arn);
  const Qualifier = String(version);
  await remove(arn, () => lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier })));
}

async function decided() {
  const region = await states.config.region();
  const ledgerOf = (tableName: string) =>
    dynamoDbLedger({ client: dynamoDbClient({ region }), tableName, ids: systemIds });
  return toPrune(await readDeployed({ states, lambda, ledgerOf }, options.stack));
}
