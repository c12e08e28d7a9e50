import type { ApiRequest } from './api-request.ts';

export type CallCounts = Record<string, Record<string, number>>;

/** Whoever signs with this access key only looks on: its calls are not counted. */
export const ONLOOKER = 'onlooker';

/** Calls by service and operation. */
export interface CallCounter {
  count(
    call: Pick<ApiRequest, 'operation'> & {
      readonly service: string;
      readonly accessKeyId?: string;
    },
  ): void;
  counts(): CallCounts;
  reset(): void;
}

export function callCounter(): CallCounter {
  const calls = new Map<string, number>();
  return {
    count: ({ service, operation, accessKeyId }) => {
      if (accessKeyId === ONLOOKER) return;
      const name = `${service} ${operation}`;
      calls.set(name, (calls.get(name) ?? 0) + 1);
    },
    counts: () => {
      const counts: CallCounts = {};
      for (const [name, count] of [...calls].sort()) {
        const [service = '', operation = ''] = name.split(' ');
        counts[service] = { ...counts[service], [operation]: count };
      }
      return counts;
    },
    reset: () => calls.clear(),
  };
}
