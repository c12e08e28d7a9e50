import { virtualTime } from '../../infra/local/engine/virtual-time.ts';
import { instantOf } from '../../shared/model/time.ts';
import { createTemplateClusters } from '../../shared/provider-template/clusters.ts';
import { type Scripted, type Seen, scriptedServer } from './scripted-server.ts';

/** The provider whose API `shared/provider-template` speaks, as small as its contract allows, on virtual time. */

const HOUR_MS = 3_600_000;
const STARTS_MS = 120_000;
const STOPS_MS = 20_000;
const OFFERS = [
  { id: 'small-fi', gpu: 'RTX 4090', gpus: 1, country: 'FI', machines: 8, usdPerHour: 0.3 },
  { id: 'small-us', gpu: 'RTX 3090', gpus: 1, country: 'US', machines: 4, usdPerHour: 0.25 },
];

interface Order {
  readonly id: string;
  readonly name: string;
  readonly offer: (typeof OFFERS)[number];
  readonly count: number;
  readonly createdMs: number;
  hours: number;
  stoppedMs?: number;
}

export async function tinyProvider(urlOf = (machine: string) => `https://${machine}.example`) {
  const time = virtualTime({ startAt: '2026-11-22T10:00:00.000Z' });
  const orders: Order[] = [];
  let isFull = false;
  let losing: string | undefined;

  const startMs = ({ createdMs }: Order) => createdMs + STARTS_MS;
  const termEndMs = (order: Order) => startMs(order) + order.hours * HOUR_MS;
  const endMs = (order: Order) =>
    order.stoppedMs === undefined ? termEndMs(order) : order.stoppedMs + STOPS_MS;
  function stateOf(order: Order): string {
    if (order.stoppedMs !== undefined) return time.now() < endMs(order) ? 'Stopping' : 'stopped';
    if (time.now() < startMs(order)) return 'starting';
    return time.now() < termEndMs(order) ? 'running' : 'ended';
  }
  const isOver = (order: Order) => ['stopped', 'ended'].includes(stateOf(order));
  const freeOf = (offer: Order['offer']) =>
    orders.reduce(
      (left, one) => (one.offer === offer && !isOver(one) ? left - one.count : left),
      isFull ? 0 : offer.machines,
    );

  function rentalOf(order: Order) {
    const { id, name, offer, count } = order;
    const servedMs = Math.max(0, Math.min(time.now(), endMs(order)) - startMs(order));
    const rate = offer.usdPerHour * count;
    const paidHours = isOver(order) ? Math.max(1, servedMs / HOUR_MS) : order.hours;
    return {
      ...{ id, name, state: stateOf(order), gpu: offer.gpu, gpus: offer.gpus, count },
      created_at: instantOf(order.createdMs),
      started_at: time.now() < startMs(order) ? null : instantOf(startMs(order)),
      ended_at: isOver(order) ? instantOf(endMs(order)) : null,
      paid_hours: order.hours,
      served_seconds: servedMs / 1000,
      paid_usd: rate * Math.min(order.hours, paidHours),
      machines: Array.from({ length: stateOf(order) === 'running' ? count : 0 }, (_, n) => ({
        id: `${id}-${n}`,
        url: urlOf(`${id}-${n}`),
      })),
    };
  }

  const refuse = (status: number, detail: string): Scripted => ({ status, body: { detail } });
  // A request is what the adapter under test sent, so it is read without a schema.
  function create(asked: ReturnType<typeof JSON.parse>): Scripted {
    const offer = OFFERS.find(({ id }) => id === asked.offer);
    if (offer === undefined) return refuse(404, 'no such offer');
    if (freeOf(offer) < asked.count) return refuse(409, 'no machines available');
    const { name, count, hours } = asked;
    const id = `r-${orders.length + 1}`;
    orders.push({ id, name, offer, count, hours, createdMs: time.now() });
    return { status: 201, body: { id } };
  }

  function answer({ method, path, query, body }: Seen): Scripted {
    const [, what, id, more] = path.split('/');
    if (what === 'offers') {
      return { body: { offers: OFFERS.map((one) => ({ ...one, free: freeOf(one) })) } };
    }
    if (what === 'price') {
      const { usdPerHour = 0 } = OFFERS.find((one) => one.id === query.offer) ?? {};
      const [count, hours] = [Number(query.count), Number(query.hours)];
      return { body: { count, hours, usd: usdPerHour * count * hours } };
    }
    if (id === undefined && method === 'POST') return create(body);
    if (id === undefined) {
      const [page, size] = [Number(query.page), Number(query.page_size)];
      const rentals = orders.slice(page * size, (page + 1) * size).map(rentalOf);
      return { body: { data: { total: orders.length, rentals } } };
    }
    const order = orders.find((one) => one.id === id);
    if (order === undefined) return refuse(404, 'no such rental');
    if (more === 'machines') return { body: 'a line of the log\n' };
    if (method === 'DELETE') {
      if (!isOver(order)) order.stoppedMs ??= time.now();
      return { status: 202 };
    }
    if (more === 'hours') {
      if (isOver(order) || order.stoppedMs !== undefined) return refuse(400, 'it is over');
      order.hours += Object(body).hours;
    }
    return { body: { data: rentalOf(order) } };
  }

  const server = await scriptedServer((seen) => {
    const answered = answer(seen);
    const call = seen.path.endsWith('/hours') ? 'extend' : 'create';
    if (seen.method !== 'POST' || losing !== call) return answered;
    losing = undefined;
    return 'hang up';
  });

  return {
    clusters: createTemplateClusters({
      baseUrl: server.baseUrl,
      apiKey: 'a-key-of-the-tiny-provider',
      clock: { now: () => instantOf(time.now()) },
      timeoutMilliseconds: 5000,
    }),
    advance: (seconds: number) => time.run({ until: time.now() + seconds * 1000 }),
    async vanishCapacity() {
      isFull = true;
    },
    async loseNextReply(call: 'create' | 'extend') {
      losing = call;
    },
    async close(): Promise<void> {
      await server.close();
    },
  };
}
