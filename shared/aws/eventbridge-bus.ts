import { type EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { EventBus } from '../ports.ts';
import { failing } from './call-failed.ts';

/** Who an event is from, for rules. */
const SOURCE = 'burst';

/** An EventBridge bus. */
export function eventBridgeBus(options: {
  readonly client: EventBridgeClient;
  readonly busName: string;
}): EventBus {
  return {
    async put(events) {
      const { Entries = [] } = await options.client
        .send(
          new PutEventsCommand({
            Entries: events.map(({ type, detail }) => ({
              EventBusName: options.busName,
              Source: SOURCE,
              DetailType: type,
              Detail: JSON.stringify(detail),
            })),
          }),
        )
        .catch(failing(`putting ${events.length} events on the bus ${options.busName}`));
      return events.flatMap((_, index) => {
        const { EventId, ErrorCode, ErrorMessage } = Entries[index] ?? {};
        if (EventId !== undefined) return [];
        return [{ index, reason: `${ErrorCode ?? 'no answer'}: ${ErrorMessage ?? ''}` }];
      });
    },
  };
}
