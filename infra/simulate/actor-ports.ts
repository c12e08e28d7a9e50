import {
  CapacityUnavailable,
  CreateOutcomeUnknown,
  ProviderRefused,
  Throttled,
} from '../../shared/errors.ts';
import type {
  Answer,
  Clusters,
  Jobs,
  Ledger,
  Ports,
  Queue,
  Write,
  Written,
} from '../../shared/ports.ts';
import type { Actor } from './actor.ts';
import type { CallRules, Calls } from './calls.ts';
import type { Disturbance } from './disturbance.ts';
import { CALL_FAULTS, CREATE_FAULTS, type Fault, ORDER_FAULTS, SEND_FAULTS } from './faults.ts';
import type { Watch } from './watch.ts';

/** The true ports, as the world has them. It wants to know who acts, and tells nobody. */
export interface TruePorts extends Omit<Ports, 'log' | 'ledger'> {
  readonly ledger: Omit<Ledger, 'write'> & {
    write(write: Write, by: Actor): Promise<Written>;
    /** Which write a row was last changed by, as the mark on the real row says. */
    lastWriteOf(key: Write['key']): Write | undefined;
  };
  /** Hears of what is asked for before it is done. */
  readonly watch: Pick<
    Watch,
    'beforeDestroy' | 'beforeSurplus' | 'beforeOrder' | 'beforeStop' | 'onQuote'
  >;
  readonly rare: { meet(actor: Actor, write: Write): void };
}

const failed = (what: string) => (fault: Fault) => {
  throw new Error(`${what}: ${fault}`);
};

const rules = <T>(
  port: string,
  rates: CallRules<T>['rates'],
  more: Partial<CallRules<T>> = {},
): CallRules<T> => ({
  port,
  rates,
  refused: failed(port),
  lost: () => failed(port)('platform.start answer lost'),
  patienceSeconds: 10,
  ...more,
});

/** The ports of one actor: the true ones, behind everything that may go wrong on the way to them. */
export function actorPorts(
  calls: Calls,
  disturbance: Disturbance,
  world: TruePorts,
  actor: Actor,
  log: Ports['log'],
): Ports {
  const { clock, artifacts, bursts, ids } = world;
  const stored = <T>() => rules<T>('artifacts', CALL_FAULTS.artifacts);
  let drawn = 0;
  return {
    clock,
    ids: {
      unique: ids.unique,
      random: () => disturbance.chance.at(`${actor.name} random ${drawn++}`),
    },
    log,
    ledger: actorLedger(calls, world, actor),
    artifacts: {
      get: (key, limit) => calls.make(actor, 'get', stored(), () => artifacts.get(key, limit)),
      put: (key, object) => calls.make(actor, 'put', stored(), () => artifacts.put(key, object)),
      remove: (key) => calls.make(actor, 'remove', stored(), () => artifacts.remove(key)),
      removeAll: (prefix) =>
        calls.make(actor, 'removeAll', stored(), () => artifacts.removeAll(prefix)),
      size: (key) => calls.make(actor, 'size', stored(), () => artifacts.size(key)),
      // Signing is arithmetic; no service is asked.
      readUrl: artifacts.readUrl,
      writeUrl: artifacts.writeUrl,
    },
    bursts: {
      start: (name, input) =>
        calls.make(actor, 'start', rules('bursts', CALL_FAULTS.bursts), () =>
          bursts.start(name, input),
        ),
    },
    clusters: actorClusters(calls, disturbance, world, actor),
    jobs: actorJobs(calls, world, actor),
  };
}

/**
 * DynamoDB through its SDK. When the answer to a write is lost the SDK sends it again: a condition that held
 * once may not hold twice, and then the mark on the row says whether the first one is ours.
 */
function actorLedger(calls: Calls, { ledger, rare }: TruePorts, actor: Actor): Ledger {
  const reads = <T>() => rules<T>('ledger', CALL_FAULTS.ledger);
  const writes = (write: Write) =>
    rules<Written>('ledger', CALL_FAULTS.ledger, {
      async lost() {
        const again = await ledger.write(write, actor);
        if (again.written || ledger.lastWriteOf(write.key) !== write) return again;
        return { written: true, row: again.row ?? {} };
      },
    });
  return {
    read: (key) => calls.make(actor, 'read', reads(), () => ledger.read(key)),
    query: (range) => calls.make(actor, 'query', reads(), () => ledger.query(range)),
    due: (query) => calls.make(actor, 'due', reads(), () => ledger.due(query)),
    write(write) {
      rare.meet(actor, write);
      return calls.make(actor, 'write', writes(write), () => ledger.write(write, actor));
    },
  };
}

const providerTrouble = (fault: Fault): never => {
  if (fault === 'provider.key expires') throw new ProviderRefused('the key has expired');
  throw fault === 'provider.throttled' ? new Throttled('too many calls') : new Error(fault);
};

function actorClusters(
  calls: Calls,
  disturbance: Disturbance,
  { clusters, watch }: TruePorts,
  actor: Actor,
): Clusters {
  const asked = <T>() =>
    rules<T>('clusters', CALL_FAULTS.clusters, {
      refused: providerTrouble,
      lost: () => providerTrouble('provider.answer lost'),
      patienceSeconds: 19,
    });
  const paid = <T>() => ({ ...asked<T>(), lost: lostPurchase });
  return {
    offers: (need) => calls.make(actor, 'offers', asked(), () => clusters.offers(need)),
    quote: (...what) =>
      calls.make(actor, 'quote', asked(), () => {
        watch.onQuote(actor);
        return clusters.quote(...what);
      }),
    findByName: (name) => calls.make(actor, 'findByName', asked(), () => clusters.findByName(name)),
    get: (id) => calls.make(actor, 'get', asked(), () => clusters.get(id)),
    destroy: (id) =>
      calls.make(actor, 'destroy', asked(), () => {
        watch.beforeDestroy(id, actor);
        return clusters.destroy(id);
      }),
    list: () => calls.make(actor, 'list', asked(), () => clusters.list()),
    logs: clusters.logs,
    extend: (id, hours) =>
      calls.make(actor, 'extend', paid<void>(), () => clusters.extend(id, hours)),
    create: (request) =>
      calls.make(
        actor,
        'create',
        {
          ...paid(),
          rates: { ...CALL_FAULTS.clusters, ...CREATE_FAULTS },
          refused: refusedPurchase,
        },
        async () => {
          watch.beforeOrder(actor);
          const id = await clusters.create(request);
          const key = `${id} twice`;
          if (disturbance.draw(ORDER_FAULTS, key, { who: 'market' }) === undefined) return id;
          const { nothingBought } = watch.beforeSurplus();
          await clusters.create(request).catch(nothingBought);
          throw new CreateOutcomeUnknown('bought twice, and no answer');
        },
      ),
  };
}

const lostPurchase = (): never => {
  throw new CreateOutcomeUnknown('no clear answer');
};

function refusedPurchase(fault: Fault): never {
  if (fault === 'provider.no capacity after all') throw new CapacityUnavailable('just taken');
  if (fault === 'provider.refuses the create') throw new ProviderRefused('not allowed');
  // Whoever posts cannot tell a request that failed on its way from an answer that did.
  return fault === 'provider.throttled' || fault === 'provider.key expires'
    ? providerTrouble(fault)
    : lostPurchase();
}

function actorJobs(calls: Calls, { jobs, watch }: TruePorts, actor: Actor): Jobs {
  const asked = <T>() =>
    rules<Answer<T>>('jobs', CALL_FAULTS.jobs, {
      refused: (fault) =>
        fault === 'worker.not asked'
          ? { kind: 'not-asked', why: 'no socket was free' }
          : { kind: 'silent', why: 'no answer in time' },
      lost: () => ({ kind: 'silent', why: 'no answer in time' }),
      patienceSeconds: 3,
    });
  return {
    health: (worker) => calls.make(actor, 'health', asked(), () => jobs.health(worker)),
    submit: (worker, job) => calls.make(actor, 'submit', asked(), () => jobs.submit(worker, job)),
    get: (worker, id) => calls.make(actor, 'get', asked(), () => jobs.get(worker, id)),
    cancel: (worker, id) =>
      calls.make(actor, 'cancel', asked(), () => {
        watch.beforeStop(id);
        return jobs.cancel(worker, id);
      }),
    drain: (worker) => calls.make(actor, 'drain', asked(), () => jobs.drain(worker)),
  };
}

/** The intake queue as a dApp sees it through its SDK. */
export const actorQueue = (
  calls: Calls,
  disturbance: Disturbance,
  queue: Queue,
  actor: Actor,
): Queue => ({
  send: (entries) =>
    calls.make(actor, 'send', rules('queue', CALL_FAULTS.queue), async () => {
      const key = `${actor.name} part ${actor.calls}`;
      if (disturbance.draw(SEND_FAULTS, key, { who: 'dapp' }) === undefined)
        return queue.send(entries);
      const { failed: left } = await queue.send(entries.slice(1));
      const refused = entries
        .slice(0, 1)
        .map(({ id }) => ({ id, reason: 'internal', retry: true }));
      return { failed: [...left, ...refused] };
    }),
});
