import { beforeEach, describe, expect, it } from 'vitest';
import { meteredLog } from '../../infra/aws/functions/metered-log.ts';
import { onAws } from '../../infra/aws/functions/on-aws.ts';
import { NotAllowed, withRights } from '../../infra/aws/functions/provider-rights.ts';
import {
  noSecret,
  parseSecret,
  type ReadSecret,
  RegistryLogin,
  StackSecret,
} from '../../infra/aws/functions/secret.ts';
import { stackSecret } from '../../infra/aws/functions/secrets-manager.ts';
import type { Config } from '../../shared/config.ts';
import { ProviderRefused } from '../../shared/errors.ts';
import { ClusterId } from '../../shared/model/ids.ts';
import type { ClusterRequest, Clusters, Stage } from '../../shared/ports.ts';

const ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  BURST_SETTINGS: JSON.stringify({ stackName: 'burst', tenantOfQueue: {}, images: {} }),
  BURST_TABLE: 'ledger',
  BURST_BUCKET: 'artifacts',
  BURST_STATE_MACHINE_ARN: 'arn:aws:states:eu-central-1:000000000000:stateMachine:burst',
};
const SECRET = { ionetApiKey: 'key-of-the-account', workerSecret: 'root-of-the-tokens' };
const ARN = 'arn:aws:secretsmanager:eu-central-1:000000000000:secret:burst';

const answering: ReadSecret = async () => SECRET;
const context = { getRemainingTimeInMillis: () => 41_500 };

const unasked = (what: string) => async (): Promise<never> => {
  throw new Error(`nobody announced a call of ${what}`);
};
const unusable: Clusters = {
  offers: unasked('offers'),
  quote: unasked('quote'),
  findByName: unasked('findByName'),
  create: unasked('create'),
  get: unasked('get'),
  extend: unasked('extend'),
  destroy: unasked('destroy'),
  list: unasked('list'),
  logs: unasked('logs'),
};
const aClusterRequest: ClusterRequest = {
  name: 'burst-0123456789ab',
  offer: {
    offerId: '1',
    gpuModel: 'RTX 4090',
    location: 'DE',
    locationId: '1',
    gpusPerWorker: 1,
    workers: 1,
    termMicroUsd: 1,
  },
  hours: 1,
  image: 'image',
  port: 8080,
  env: {},
  secretEnv: {},
};

/** Answers with what it was given. */
const echo: Stage<'log', unknown> = (_ports, settings) => async (input, invocation) => ({
  input,
  workerSecret: settings.workerSecret,
  remainingSeconds: invocation.remainingSeconds(),
});
const silent = () => ({ log: () => undefined });

describe('onAws', () => {
  it('gives the stage its input, its settings with the secret, and the seconds left', async () => {
    const handler = onAws(echo, silent, answering, ENVIRONMENT);
    expect(await handler({ state: 'Plan burst' }, context)).toEqual({
      input: { state: 'Plan burst' },
      workerSecret: SECRET.workerSecret,
      remainingSeconds: 41.5,
    });
  });

  it('makes the ports from the environment and the secret', async () => {
    const configs: Config[] = [];
    const portsOf = (config: Config) => {
      configs.push(config);
      return silent();
    };
    await onAws(echo, portsOf, answering, ENVIRONMENT)(undefined, context);
    expect(configs).toMatchObject([{ tableName: 'ledger', ionet: { apiKey: SECRET.ionetApiKey } }]);
  });

  it('reads the secret once for many invocations', async () => {
    let reads = 0;
    const handler = onAws(echo, silent, async () => ({ ...SECRET, reads: reads++ }), ENVIRONMENT);
    await Promise.all([handler(1, context), handler(2, context)]);
    await handler(3, context);
    expect(reads).toBe(1);
  });

  it.each([
    [299, 1],
    [300, 2],
  ])('after %i s it has read the secret %i times', async (seconds, reads) => {
    const keys = ['the old key', 'the new key'];
    let [read, now] = [0, 0];
    const reading: ReadSecret = async () => ({ ...SECRET, ionetApiKey: keys[read++] ?? '' });
    const configs: Config[] = [];
    const portsOf = (config: Config) => {
      configs.push(config);
      return silent();
    };
    const clock = () => now;
    const handler = onAws(echo, portsOf, reading, ENVIRONMENT, () => undefined, clock);
    await handler(1, context);
    now = seconds;
    await handler(2, context);
    expect(read).toBe(reads);
    expect(configs.map(({ ionet }) => ionet.apiKey)).toEqual(keys.slice(0, reads));
  });

  it('makes nothing anew where the secret is the same, and goes on with it where it cannot be read', async () => {
    const answers = [Promise.resolve(SECRET), Promise.resolve({ ...SECRET })];
    let [now, made, failed] = [0, 0, 0];
    const read: ReadSecret = () => {
      const answer = answers.shift();
      if (answer === undefined) failed += 1;
      return answer ?? Promise.reject(new Error('not now'));
    };
    const portsOf = () => {
      made += 1;
      return silent();
    };
    const clock = () => now;
    const handler = onAws(echo, portsOf, read, ENVIRONMENT, () => undefined, clock);
    for (now of [0, 1000, 2000, 2029, 2030]) {
      expect(await handler(now, context)).toMatchObject({ input: now });
    }
    expect({ made, failed }).toEqual({ made: 1, failed: 2 });
  });

  it('tries again in the next invocation when the secret could not be read', async () => {
    const answers = [Promise.reject(new Error('not now')), Promise.resolve(SECRET)];
    const read: ReadSecret = () => answers.shift() ?? answering({});
    const handler = onAws(echo, silent, read, ENVIRONMENT, () => undefined);
    await expect(handler('first', context)).rejects.toThrow('not now');
    expect(await handler('second', context)).toMatchObject({ input: 'second' });
  });

  it('names every variable that is missing', async () => {
    const handler = onAws(echo, silent, noSecret, {}, () => undefined);
    await expect(handler(undefined, context)).rejects.toThrow(
      /AWS_REGION: .*\n.*BURST_SETTINGS: .*\n.*BURST_TABLE: /,
    );
  });
});

describe('what goes wrong in a function', () => {
  const lines: unknown[] = [];
  const log = meteredLog(
    'burst',
    (line) => void lines.push(JSON.parse(line)),
    () => 1_000,
  );
  beforeEach(() => void lines.splice(0));

  it('is said with its context before Lambda hears of it, and a refused key is counted', async () => {
    const refusing: Stage<'log', unknown> = () => async () => {
      throw new ProviderRefused('list answered 401', { apiKey: 'refused', status: 401 });
    };
    const handler = onAws(refusing, silent, answering, ENVIRONMENT, log);
    await expect(handler({}, context)).rejects.toThrow('list answered 401');
    expect(lines).toMatchObject([
      { event: 'failed', error: 'ProviderRefused', status: 401, ProviderKeyRefused: 1 },
    ]);
  });

  it('is a refused key, too, when the secret holds none', async () => {
    const empty: ReadSecret = async () =>
      parseSecret(StackSecret, JSON.stringify({ ...SECRET, ionetApiKey: '' }), ARN);
    await expect(onAws(echo, silent, empty, ENVIRONMENT, log)({}, context)).rejects.toThrow();
    expect(lines).toMatchObject([
      { error: 'SecretUnusable', Stack: 'burst', ProviderKeyRefused: 1 },
    ]);
  });

  it('is not counted where it is something else', async () => {
    const broken: Stage<'log', unknown> = () => async () => {
      throw new Error('a bug');
    };
    await expect(onAws(broken, silent, answering, ENVIRONMENT, log)({}, context)).rejects.toThrow();
    expect(lines).toEqual([{ event: 'failed', error: 'Error', message: 'a bug' }]);
  });
});

describe('the provider as a function may use it', () => {
  const done: string[] = [];
  const clusters = {
    ...unusable,
    create: async () => ClusterId.parse(`made-by-${done.push('create')}`),
    extend: async () => void done.push('extend'),
    destroy: async () => void done.push('destroy'),
    list: async () => [],
  };
  beforeEach(() => void done.splice(0));

  it.each([
    { right: 'asks', may: [] },
    { right: 'buys', may: ['create', 'extend'] },
    { right: 'destroys', may: ['destroy'] },
  ] as const)('who $right may do $may of what costs or ends', async ({ right, may }) => {
    const allowed = withRights(clusters, right);
    const id = ClusterId.parse('one');
    const calls = [
      () => allowed.create(aClusterRequest),
      () => allowed.extend(id, 1),
      () => allowed.destroy(id),
    ];
    for (const call of calls)
      await call().catch((error) => expect(error).toBeInstanceOf(NotAllowed));
    expect(done).toEqual(may);
    expect(await allowed.list()).toEqual([]);
  });
});

describe('the secret', () => {
  it('is the io.net key and the root of the workers tokens', () => {
    expect(parseSecret(StackSecret, JSON.stringify(SECRET), ARN)).toEqual(SECRET);
  });

  it.each([
    {
      name: 'whose key was never filled in',
      text: JSON.stringify({ ...SECRET, ionetApiKey: '' }),
      says: 'ionetApiKey is empty: put the key of your io.net account there',
    },
    {
      name: 'whose worker secret is 15 characters long',
      text: JSON.stringify({ ...SECRET, workerSecret: 'x'.repeat(15) }),
      says: 'workerSecret is shorter than 16 characters',
    },
    { name: 'that is the bare key', text: 'key-of-the-account', says: 'not usable' },
    { name: 'that is binary', text: undefined, says: 'not usable' },
  ])('is refused, and not quoted, where it is one $name', ({ text, says }) => {
    const parse = () => parseSecret(StackSecret, text, ARN);
    expect(parse).toThrow(`the secret ${ARN} is not usable`);
    expect(parse).toThrow(says);
    expect(parse).not.toThrow(/key-of-the-account|root-of-the-tokens/);
  });

  it('of a registry is a name and a password', () => {
    const login = { username: 'robot', password: 'secret' };
    expect(parseSecret(RegistryLogin, JSON.stringify(login), ARN)).toEqual(login);
    expect(() => parseSecret(RegistryLogin, '{"username":"robot"}', ARN)).toThrow(/password/);
  });

  it('is looked for only where the function was told of one', async () => {
    await expect(stackSecret({})).rejects.toThrow('BURST_SECRET_ARN is not set');
  });
});
