import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ListExecutionsCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { listen } from '../../infra/local/cloud/listen.ts';
import { lintDefinition } from '../../infra/local/engine/refusals.ts';
import { type LocalProgram, startLocalWorld } from '../../infra/local/world.ts';
import { sfnClient } from '../../shared/aws/clients.ts';
import { createBurstClient } from '../../shared/client/create-client.ts';
import { systemClock } from '../../shared/system.ts';
import { until } from '../support/until.ts';

/** What `npm run synth` writes, and a whole burst run from nothing else. */

const root = fileURLToPath(new URL('../../', import.meta.url));
const Scripts = z.object({ scripts: z.object({ synth: z.string() }) });
const SYNTH = Scripts.parse(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))).scripts
  .synth;

const Template = z.object({
  Resources: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Properties: z.record(z.string(), z.unknown()).default({}),
      Metadata: z.record(z.string(), z.unknown()).default({}),
    }),
  ),
});

let out: string;
let synth: ReturnType<typeof spawnSync>;
let resources: z.infer<typeof Template>['Resources'];

beforeAll(() => {
  out = mkdtempSync(join(tmpdir(), 'burst-cdk-'));
  const [cdk = '', ...words] = SYNTH.split(' ');
  synth = spawnSync(join(root, 'node_modules/.bin', cdk), [...words, '--output', out], {
    cwd: root,
    encoding: 'utf8',
  });
  if (synth.status !== 0) throw new Error(`synth failed:\n${synth.stderr}`);
  resources = Template.parse(
    JSON.parse(readFileSync(join(out, 'Burst.template.json'), 'utf8')),
  ).Resources;
}, 180_000);

afterAll(() => rmSync(out, { recursive: true, force: true }));

const ofType = (type: string) =>
  Object.entries(resources).filter(([, resource]) => resource.Type === type);

/** The bundled file of every function, by stage. */
const files = (): Record<string, string> =>
  Object.fromEntries(
    ofType('AWS::Lambda::Function').map(([, { Properties, Metadata }]) => {
      const stage = z.string().parse(Properties.Description).replace('Burst: ', '');
      return [stage, join(out, z.string().parse(Metadata['aws:asset:path']), 'index.mjs')];
    }),
  );

const Ref = z.object({ Ref: z.string() });

/** The definition of the template, and for each of its tokens the version ARN CloudFormation would put there. */
function machine(): { definition: string; substitutions: Record<string, string> } {
  const [[, { Properties }] = ['', { Properties: {} }]] = ofType(
    'AWS::StepFunctions::StateMachine',
  );
  const { DefinitionString, DefinitionSubstitutions } = z
    .object({ DefinitionString: z.string(), DefinitionSubstitutions: z.record(z.string(), Ref) })
    .parse(Properties);
  const substitutions = Object.entries(DefinitionSubstitutions).map(([token, { Ref: version }]) => {
    const called = Ref.parse(resources[version]?.Properties.FunctionName).Ref;
    const stage = z
      .string()
      .parse(resources[called]?.Properties.Description)
      .replace('Burst: ', '');
    return [token, `arn:aws:lambda:us-east-1:000000000000:function:${stage}:1`];
  });
  return { definition: DefinitionString, substitutions: Object.fromEntries(substitutions) };
}

describe('npm run synth', () => {
  it('has CDK check the template, as errors, and finds nothing', () => {
    const CdkJson = z.object({ context: z.record(z.string(), z.unknown()) });
    const { context } = CdkJson.parse(JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')));
    expect(context['@aws-cdk/core:validateAgainstDefaultRules']).toBe(true);
    const Report = z.object({ pluginReports: z.array(z.unknown()) });
    const report = readFileSync(join(out, 'validation-report.json'), 'utf8');
    expect(Report.parse(JSON.parse(report)).pluginReports).toEqual([]);
  });

  const hasCfnLint = spawnSync('cfn-lint', ['--version']).status === 0;
  it.skipIf(!hasCfnLint)(
    'writes what cfn-lint accepts (skipped where cfn-lint is not installed)',
    () => {
      // W3005: CDK names dependencies that a reference has made already.
      const words = [
        '--ignore-checks',
        'W3005',
        '--format',
        'parseable',
        join(out, 'Burst.template.json'),
      ];
      const lint = spawnSync('cfn-lint', words, { encoding: 'utf8' });
      expect(lint.stdout).toBe('');
      expect(lint.status).toBe(0);
    },
  );

  it('writes a definition the engine and our own lints accept', () => {
    const { definition, substitutions } = machine();
    expect(lintDefinition(JSON.parse(definition), substitutions)).toEqual([]);
  });

  it('names in no file of a function where it was made', () => {
    const paths = Object.values(files()).flatMap((file) => [file, `${file}.map`]);
    expect(paths).toHaveLength(20);
    expect(paths.filter((path) => readFileSync(path, 'utf8').includes(root))).toEqual([]);
  });
});

describe('the local world, from the synthesised definition and the bundled functions alone', () => {
  /** A paid hour in 12 seconds. */
  const SPEED = 300;
  const logFile = () => join(out, 'world.log');
  let secrets: Server;

  afterAll(() => new Promise((resolve) => secrets.close(resolve)));

  /** The bundled functions read the secret as in AWS; here it is at an address the SDK is told. */
  async function programIn(): Promise<LocalProgram> {
    let secret = {};
    secrets = createServer((_request, response) => {
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify({ SecretString: JSON.stringify(secret) }));
    });
    const { url } = await listen(secrets);
    const { definition, substitutions } = machine();
    const definitionFile = join(out, 'definition.json');
    writeFileSync(definitionFile, definition);
    return {
      definitionFile,
      substitutions,
      handlersFile: join(root, 'test/infra/deployed-handlers.mjs'),
      settingsFor: ({ IONET_API_KEY, BURST_WORKER_SECRET, ...environment }) => {
        secret = { ionetApiKey: IONET_API_KEY, workerSecret: BURST_WORKER_SECRET };
        const { events: _notCalledHere, ...called } = files();
        return {
          speed: SPEED,
          files: called,
          environment: {
            ...environment,
            BURST_STACK: 'burst',
            BURST_SECRET_ARN: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:burst',
            AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
            AWS_ACCESS_KEY_ID: 'local',
            AWS_SECRET_ACCESS_KEY: 'local',
          },
        };
      },
    };
  }

  it('carries tasks through a cluster to verified results, and measures what it does', async () => {
    const program = await programIn();
    const world = await startLocalWorld({ speed: SPEED, logFile: logFile(), program });
    const { region, url: endpoint, tableName, bucket: bucketName, stateMachineArn } = world.cloud;
    const access = { region, endpoint, credentials: { accessKeyId: 'dapp', secretAccessKey: 'x' } };
    const client = createBurstClient({
      ...access,
      ...{ queueUrl: world.queueUrl, tableName, bucketName, clock: systemClock(world.clock) },
    });
    const states = sfnClient(access);
    try {
      const receipts = await client.enqueue(
        [1, 2].map((tokenId) => ({
          taskId: `deployed-${tokenId}`,
          kind: 'nft.generative',
          spec: { collection: { name: 'Deployed', seed: 'cdk', supply: 2, size: 64 }, tokenId },
          resources: { vramGb: 24 },
        })),
      );
      const signal = AbortSignal.timeout(90_000);
      const ended = await client.wait(receipts, {
        signal,
        pollSeconds: 0.25,
        longestPollSeconds: 0.5,
      });
      expect(ended.map(({ state }) => state)).toEqual(['done', 'done']);
      expect(await client.download('deployed-1')).toHaveLength(2);
      const execution = await until('the execution ends', async () => {
        const list = await states.send(new ListExecutionsCommand({ stateMachineArn }));
        return list.executions?.find(({ status }) => status !== 'RUNNING');
      });
      expect(execution.status).toBe('SUCCEEDED');
    } finally {
      client.close();
      states.destroy();
      await world.stop();
    }
    const log = readFileSync(logFile(), 'utf8');
    for (const metric of [
      'TasksEnqueued',
      'SweepPasses',
      'ClustersAlive',
      'UsdPerHour',
      'CapUsd',
    ]) {
      expect(log).toContain(`"Name":"${metric}"`);
    }
  }, 150_000);
});
