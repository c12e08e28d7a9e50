import { events } from '../../../../lambdas/events.ts';
import { eventBridgeClient } from '../../../../shared/aws/clients.ts';
import { eventBridgeBus } from '../../../../shared/aws/eventbridge-bus.ts';
import { eventsConfigFrom } from '../../../../shared/config.ts';
import { meteredLog } from '../metered-log.ts';

// biome-ignore lint/style/noProcessEnv: handed to `eventsConfigFrom`, which alone says what it means.
const { aws, busName, stackName } = eventsConfigFrom(process.env);

export const handler = events({
  bus: eventBridgeBus({ client: eventBridgeClient(aws), busName }),
  log: meteredLog(stackName),
});
