import { describe, expect, it } from 'vitest';
import { onAws } from '../../infra/aws/functions/on-aws.ts';
import { noSecret, parseSecret, type ReadSecret } from '../../infra/aws/functions/secret.ts';
import { stackSecret } from '../../infra/aws/functions/secrets-manager.ts';
import type { Config } from '../../shared/config.ts';
import type { Stage } from '../../shared/ports.ts';

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

  it('tries again in the next invocation when the secret could not be read', async () => {
    const answers = [Promise.reject(new Error('not now')), Promise.resolve(SECRET)];
    const handler = onAws(echo, silent, () => answers.shift() ?? answering({}), ENVIRONMENT);
    await expect(handler('first', context)).rejects.toThrow('not now');
    expect(await handler('second', context)).toMatchObject({ input: 'second' });
  });

  it('names every variable that is missing', async () => {
    const handler = onAws(echo, silent, noSecret, {});
    await expect(handler(undefined, context)).rejects.toThrow(
      /AWS_REGION: .*\n.*BURST_SETTINGS: .*\n.*BURST_TABLE: /,
    );
  });
});

describe('the secret', () => {
  it('is the io.net key and the root of the workers tokens', () => {
    expect(parseSecret(JSON.stringify(SECRET), ARN)).toEqual(SECRET);
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
    const parse = () => parseSecret(text, ARN);
    expect(parse).toThrow(`the secret ${ARN} is not usable`);
    expect(parse).toThrow(says);
    expect(parse).not.toThrow(/key-of-the-account|root-of-the-tokens/);
  });

  it('is looked for only where the function was told of one', async () => {
    await expect(stackSecret({})).rejects.toThrow('BURST_SECRET_ARN is not set');
  });
});
