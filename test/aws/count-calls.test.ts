import { createServer } from 'node:http';
import { StartExecutionCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { listen } from '../../infra/local/cloud/listen.ts';
import { sfnClient } from '../../shared/aws/clients.ts';
import { type ApiCall, countCalls } from '../../shared/aws/count-calls.ts';

it('counts every attempt, as the bill does', async () => {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests++;
    response.writeHead(requests === 1 ? 500 : 200, {
      'content-type': 'application/x-amz-json-1.0',
    });
    response.end('{}');
  });
  const { url: endpoint } = await listen(server);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = sfnClient({ region: 'us-east-1', endpoint, credentials });
  const calls: ApiCall[] = [];
  countCalls(client, (call) => calls.push(call));

  await client.send(new StartExecutionCommand({ stateMachineArn: 'arn' }));

  const call = { service: 'SFN', operation: 'StartExecution' };
  expect(calls).toEqual([call, call]);
  client.destroy();
  server.close();
});
