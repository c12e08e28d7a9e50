import * as z from 'zod';
import { type Ended, endedIn } from '../shared/events/ended.ts';
import type { EventBus, Log } from '../shared/ports.ts';

const StreamEvent = z.object({
  Records: z.array(
    z.object({
      dynamodb: z.looseObject({ SequenceNumber: z.string() }),
    }),
  ),
});
type Change = z.infer<typeof StreamEvent>['Records'][number]['dynamodb'];

/** Where the stream is read again from; empty: all was told. */
export interface EventsAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** Entries of one PutEvents. */
const AT_ONCE = 10;

/**
 * Events: tells the bus what has ended, from the ledger's stream. At least once: what the bus does not take is
 * read again, with all that follows it. A row that cannot be read is said in the log and keeps nothing waiting.
 */
export const events =
  ({ bus, log }: { readonly bus: EventBus; readonly log: Log }) =>
  async (input: unknown): Promise<EventsAnswer> => {
    const { Records: records } = StreamEvent.parse(input);
    const told = records.flatMap(({ dynamodb: change }) => {
      const ended = endedOrNothing(change, log);
      return ended === undefined ? [] : [{ ended, at: change.SequenceNumber }];
    });
    for (let start = 0; start < told.length; start += AT_ONCE) {
      const some = told.slice(start, start + AT_ONCE);
      const [first] = await refusedBy(bus, some);
      for (const { ended } of first === undefined ? some : some.slice(0, first.index)) {
        log('ended', { type: ended.type, ...ended.detail });
      }
      if (first === undefined) continue;
      log('event not taken', { reason: first.reason });
      return { batchItemFailures: [{ itemIdentifier: some[first.index]?.at ?? '' }] };
    }
    return { batchItemFailures: [] };
  };

function endedOrNothing(change: Change, log: Log): Ended | undefined {
  try {
    return endedIn(change);
  } catch (error) {
    log('row not understood', { sequence: change.SequenceNumber, error: String(error) });
    return undefined;
  }
}

async function refusedBy(bus: EventBus, some: readonly { readonly ended: Ended }[]) {
  try {
    const refused = await bus.put(some.map(({ ended }) => ended));
    return refused.toSorted((a, b) => a.index - b.index);
  } catch (error) {
    return [{ index: 0, reason: String(error) }];
  }
}
