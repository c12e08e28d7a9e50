import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '../../infra/local/cloud/listen.ts';
import { virtualTime } from '../../infra/local/engine/virtual-time.ts';
import { invokeLambdaHost } from '../../infra/local/lambda-host/invoke-lambda-host.ts';
import {
  type LambdaContext,
  type LambdaHandler,
  type LambdaHost,
  startLambdaHost,
} from '../../infra/local/lambda-host/lambda-host.ts';

class CapacityUnavailable extends Error {
  override readonly name = 'CapacityUnavailable';
}

let host: LambdaHost | undefined;
afterEach(async () => {
  await host?.close();
  host = undefined;
});

async function hostOf(handlers: Record<string, LambdaHandler>, maxConcurrency = 10) {
  const time = virtualTime({ startAt: 0 });
  const options = { handlers, maxConcurrency, timers: time, uuid: randomUUID };
  host = await startLambdaHost({ ...options, timeoutSeconds: 60 });
  const { url } = host;
  const post = (name: string, body: string) =>
    fetch(`${url}/2015-03-31/functions/${name}/invocations`, { method: 'POST', body });
  const ask = invokeLambdaHost(() => url);
  const invoke = (name: string, payload: unknown) =>
    ask(name, payload, new AbortController().signal);
  return { time, post, invoke, url };
}

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

describe('the Lambda host', () => {
  it('runs a function with its event and context', async () => {
    let context: LambdaContext | undefined;
    const { post } = await hostOf({
      plan: async (event, given) => {
        context = given;
        return { got: event };
      },
    });
    const response = await post('plan', '{"a":"ä"}');
    expect(response.status).toBe(200);
    expect(response.headers.get('x-amz-function-error')).toBeNull();
    expect(await response.json()).toEqual({ got: { a: 'ä' } });
    expect(context?.functionName).toBe('plan');
    expect(context?.awsRequestId).toBe(response.headers.get('x-amzn-requestid'));
    expect(context?.getRemainingTimeInMillis()).toBe(60_000);
  });

  it.each([
    'plan',
    'arn:aws:lambda:us-east-1:000000000000:function:plan',
    'arn:aws:lambda:us-east-1:000000000000:function:plan:live',
    'plan:3',
  ])('finds a function by %s', async (name) => {
    const { invoke } = await hostOf({ plan: async () => 'found' });
    expect(await invoke(name, {})).toEqual({ payload: 'found' });
  });

  it('answers null for a function that returns nothing', async () => {
    const { invoke } = await hostOf({ plan: async () => undefined });
    expect(await invoke('plan', {})).toEqual({ payload: null });
  });

  it('names a thrown error as the state machine will see it', async () => {
    const { post, invoke } = await hostOf({
      plan: async () => {
        throw new CapacityUnavailable('none free');
      },
    });
    const response = await post('plan', '{}');
    expect(response.status).toBe(200);
    expect(response.headers.get('x-amz-function-error')).toBe('Unhandled');
    const body = await response.json();
    expect(body).toEqual({
      errorType: 'CapacityUnavailable',
      errorMessage: 'none free',
      trace: expect.arrayContaining([expect.stringContaining('none free')]),
    });
    const answer = await invoke('plan', {});
    expect(answer).toMatchObject({ error: 'CapacityUnavailable' });
    expect(JSON.parse('cause' in answer ? answer.cause : '')).toMatchObject({
      errorType: 'CapacityUnavailable',
      errorMessage: 'none free',
    });
  });

  it.each([
    ['a text', () => Promise.reject('no'), { errorType: 'string', errorMessage: 'no' }],
    ['a result that is no JSON', async () => 1n, { errorType: 'TypeError' }],
    [
      'something before the first await',
      () => {
        throw new RangeError('early');
      },
      { errorType: 'RangeError', errorMessage: 'early' },
    ],
    [
      'a result beyond 6 MiB',
      async () => 'x'.repeat(6_291_455),
      { errorType: 'Function.ResponseSizeTooLarge' },
    ],
  ])('reports %s', async (_what, handler, error) => {
    const { post } = await hostOf({ plan: handler });
    const response = await post('plan', '{}');
    expect(response.headers.get('x-amz-function-error')).toBe('Unhandled');
    expect(await response.json()).toMatchObject(error);
  });

  it.each([
    { name: 'nothing', body: '{}', status: 404, error: 'ResourceNotFoundException' },
    { name: 'toString', body: '{}', status: 404, error: 'ResourceNotFoundException' },
    { name: 'plan', body: '{', status: 400, error: 'InvalidRequestContentException' },
    { name: 'plan', body: `"${'x'.repeat(6_291_454)}"`, status: 200, error: null },
    {
      name: 'plan',
      body: `"${'x'.repeat(6_291_455)}"`,
      status: 413,
      error: 'RequestTooLargeException',
    },
  ])('answers $status $error for $name', async ({ name, body, status, error }) => {
    const { post } = await hostOf({ plan: async () => null });
    const response = await post(name, body);
    expect(response.status).toBe(status);
    expect(response.headers.get('x-amzn-errortype')).toBe(error);
    expect(await response.json()).toBeDefined();
  });

  it.each([
    { milliseconds: 59_999, answer: { payload: 'done' } },
    { milliseconds: 60_001, answer: { error: 'Sandbox.Timedout' } },
  ])('answers a function of $milliseconds ms', async ({ milliseconds, answer }) => {
    const arrived = gate();
    const { time, invoke } = await hostOf({
      plan: () =>
        new Promise((resolve) => {
          time.after(milliseconds, () => resolve('done'));
          arrived.open();
        }),
    });
    const given = invoke('plan', {});
    await arrived.opened;
    await time.run();
    expect(await given).toMatchObject(answer);
  });

  it('answers for a function that exceeds its time, and lets it run on', async () => {
    const arrived = gate();
    const thawed = gate();
    const finished = gate();
    let ranOn = false;
    const { time, invoke } = await hostOf({
      plan: async () => {
        arrived.open();
        await thawed.opened;
        ranOn = true;
        finished.open();
        return 'too late';
      },
    });
    const answer = invoke('plan', {});
    await arrived.opened;
    await time.run({ until: 60_000 });
    expect(await answer).toEqual({
      error: 'Sandbox.Timedout',
      cause: expect.stringMatching(/RequestId: .* Error: Task timed out after 60\.00 seconds/),
    });
    expect(ranOn).toBe(false);
    thawed.open();
    await finished.opened;
    expect(ranOn).toBe(true);
  });

  it('throttles beyond its concurrency', async () => {
    const arrived = gate();
    const done = gate();
    const { invoke } = await hostOf(
      {
        plan: async () => {
          arrived.open();
          await done.opened;
        },
      },
      1,
    );
    const first = invoke('plan', {});
    await arrived.opened;
    expect(await invoke('plan', {})).toMatchObject({ error: 'Lambda.TooManyRequestsException' });
    done.open();
    await first;
    expect(await invoke('plan', {})).toEqual({ payload: null });
  });
});

describe('invoking a Lambda host', () => {
  const signal = new AbortController().signal;

  it('names a function that does not exist', async () => {
    const { invoke } = await hostOf({});
    expect(await invoke('plan', {})).toMatchObject({ error: 'Lambda.ResourceNotFoundException' });
  });

  it('says that nothing ran while there is no host', async () => {
    expect(await invokeLambdaHost(() => undefined)('plan', {}, signal)).toMatchObject({
      error: 'Lambda.SdkClientException',
    });
    const { url, invoke } = await hostOf({});
    await host?.close();
    expect(await invoke('plan', {})).toEqual({
      error: 'Lambda.SdkClientException',
      cause: `Unable to execute HTTP request: nothing listens at ${url}`,
    });
  });

  it('says that nothing is known when the host goes away while it is asked', async () => {
    const server = createServer((request) => request.socket.destroy());
    const { url } = await listen(server);
    const answer = await invokeLambdaHost(() => url)('plan', {}, signal);
    expect(answer).toMatchObject({ error: 'Lambda.Unknown' });
    server.close();
  });

  it.each([
    { status: 500, error: 'Lambda.ServiceException' },
    { status: 502, error: 'Lambda.ServiceException' },
  ])('calls an answer $status $error', async ({ status, error }) => {
    const server = createServer((_request, response) => response.writeHead(status).end('oops'));
    const { url } = await listen(server);
    const answer = await invokeLambdaHost(() => url)('plan', {}, signal);
    expect(answer).toEqual({ error, cause: 'oops' });
    server.close();
  });

  it('gives up listening when it is told to', async () => {
    const arrived = gate();
    const done = gate();
    const { url } = await hostOf({
      plan: async () => {
        arrived.open();
        await done.opened;
      },
    });
    const controller = new AbortController();
    const answer = invokeLambdaHost(() => url)('plan', {}, controller.signal);
    await arrived.opened;
    controller.abort();
    expect(await answer).toMatchObject({ error: 'Lambda.Unknown' });
    done.open();
  });
});
