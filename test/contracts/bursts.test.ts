import { randomUUID } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { SFNClient } from '@aws-sdk/client-sfn';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '../../infra/local/cloud/listen.ts';
import { statesApi } from '../../infra/local/cloud/states-api.ts';
import { machineBursts } from '../../infra/virtual/machine-bursts.ts';
import { sfnClient } from '../../shared/aws/clients.ts';
import { sfnBursts } from '../../shared/aws/sfn-bursts.ts';
import type { Bursts } from '../../shared/ports.ts';
import { HELD_DEFINITION, heldMachine } from '../local/held-machine.ts';
import { burstsContract, type ObservedBursts } from './bursts.contract.ts';
import { REGION } from './local-aws.ts';

type Held = ReturnType<typeof heldMachine>;

const observed = (bursts: Bursts, { machine, release }: Held): ObservedBursts => ({
  bursts,
  finish: async (name) => {
    release();
    await machine.closed(name);
  },
  inputs: () =>
    machine.list().executions.map(({ name }) => JSON.parse(machine.describe(name).input)),
});

burstsContract('engine', async () => {
  const held = heldMachine();
  return observed(machineBursts(held.machine), held);
});

let open: { server: Server; client: SFNClient } | undefined;
afterEach(() => {
  open?.client.destroy();
  open?.server.close();
  open = undefined;
});

async function overTheWire(held: Held, stateMachineArn = held.machine.arn): Promise<Bursts> {
  const about = { definition: HELD_DEFINITION, createdAtSeconds: 0, uuid: randomUUID };
  const server = createServer(statesApi({ machine: held.machine, ...about }));
  const { url: endpoint } = await listen(server);
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  const client = sfnClient({ region: REGION, endpoint, credentials });
  open = { server, client };
  return sfnBursts({ client, stateMachineArn });
}

burstsContract('Step Functions', async () => {
  const held = heldMachine();
  return observed(await overTheWire(held), held);
});

describe('bursts (Step Functions)', () => {
  it('names the execution when a call fails', async () => {
    const held = heldMachine();
    const bursts = await overTheWire(held, held.machine.arn.replace(/:burst$/, ':other'));
    await expect(bursts.start('burst-1', {})).rejects.toThrow(
      /starting execution burst-1 failed: StateMachineDoesNotExist/,
    );
  });
});
