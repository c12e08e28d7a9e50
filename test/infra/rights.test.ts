import { AsyncLocalStorage } from 'node:async_hooks';
import { expect, it } from 'vitest';
import { withRights } from '../../infra/aws/functions/provider-rights.ts';
import { ROWS, type RowKind, STAGE_NEEDS, type StageNeeds } from '../../infra/aws/stage-needs.ts';
import type { StageName } from '../../infra/stages.ts';
import type { Artifacts, Bursts, Clusters, Ledger, Ports } from '../../shared/ports.ts';
import { aVirtualWorld, runUntilOver, sendTasks } from '../support/virtual-bursts.ts';

/**
 * IAM is not in any world but the deployed one. So whole bursts are run here with every stage behind a guard
 * that lets through what its role allows, and denies the rest as AWS would.
 */
const stageNow = new AsyncLocalStorage<StageName>();
const denied = new Set<string>();

const needs = (): StageNeeds => {
  const stage = stageNow.getStore();
  if (stage === undefined) throw new Error('a port was used by no stage');
  return STAGE_NEEDS[stage];
};

function deny(what: string): never {
  denied.add(`${stageNow.getStore()}: ${what}`);
  throw new Error(`AccessDenied: ${what}`);
}

const kindOf = (pk: string): RowKind | undefined => {
  const kinds: RowKind[] = [
    'tasks',
    'rejections',
    'profiles',
    'leases',
    'money',
    'workers',
    'knowledge',
    'provider',
    'stops',
  ];
  return kinds.find((kind) => pk.startsWith(ROWS[kind]));
};
const within = (kinds: readonly RowKind[] | undefined, pk: string, what: string) => {
  const kind = kindOf(pk);
  if (kind === undefined || kinds?.includes(kind) !== true) deny(`${what} ${pk[0]}`);
};

const guardedLedger = (ledger: Ledger): Ledger => ({
  read: (key) => {
    within([...needs().changes, ...(needs().looksAt ?? [])], key.pk, 'GetItem');
    return ledger.read(key);
  },
  write: (write) => {
    within(needs().changes, write.key.pk, 'UpdateItem');
    return ledger.write(write);
  },
  query: (range) => {
    within(needs().ranges, range.pk, 'Query');
    return ledger.query(range);
  },
  due: (query) => (needs().due ? ledger.due(query) : deny('Query due')),
});

const object = (key: string, prefixes: StageNeeds['reads'], what: string) => {
  const prefix = key.split('/')[2];
  if (!prefixes?.some((one) => one === prefix)) deny(`${what} ${prefix}`);
};
const guardedArtifacts = (artifacts: Artifacts): Artifacts => ({
  get: (key, limit) => {
    object(key, needs().reads, 'GetObject');
    return artifacts.get(key, limit);
  },
  put: (key, stored) => {
    object(key, needs().writes, 'PutObject');
    return artifacts.put(key, stored);
  },
  remove: (key) => {
    object(key, needs().deletes, 'DeleteObject');
    return artifacts.remove(key);
  },
  removeAll: (prefix) => {
    object(prefix, needs().deletes, 'DeleteObject');
    return artifacts.removeAll(prefix);
  },
  size: (key) => {
    object(key, needs().reads, 'GetObject');
    return artifacts.size(key);
  },
  // A URL opens what its signer may do.
  readUrl: (key, options) => {
    object(key, needs().reads, 'GetObject by URL');
    return artifacts.readUrl(key, options);
  },
  writeUrl: (key, options) => {
    object(key, needs().writes, 'PutObject by URL');
    return artifacts.writeUrl(key, options);
  },
});

const guardedBursts = (bursts: Bursts): Bursts => ({
  start: (name, input) =>
    needs().startsBursts ? bursts.start(name, input) : deny('StartExecution'),
});

const guardedClusters = (clusters: Clusters): Clusters => {
  const now = (): Clusters => {
    const { provider } = needs();
    return provider === undefined ? deny('the secret') : withRights(clusters, provider);
  };
  return {
    offers: (requirement) => now().offers(requirement),
    quote: (offer, workers, hours) => now().quote(offer, workers, hours),
    findByName: (name) => now().findByName(name),
    create: (request) => now().create(request),
    get: (id) => now().get(id),
    extend: (id, hours) => now().extend(id, hours),
    destroy: (id) => now().destroy(id),
    list: () => now().list(),
    logs: (id, worker, options) => now().logs(id, worker, options),
  };
};

/** The first upload that is read is not what the worker was asked for. */
function oneWrongUpload(artifacts: Artifacts): Artifacts {
  let wrong = false;
  return {
    ...artifacts,
    get: async (key, limit) => {
      const fetched = await artifacts.get(key, limit);
      if (wrong || !key.includes('/uploads/') || !fetched.found) return fetched;
      wrong = true;
      return { found: true, object: { ...fetched.object, bytes: new Uint8Array([1]) } };
    },
  };
}

const guarded = (ports: Ports): Ports => ({
  ...ports,
  ledger: guardedLedger(ports.ledger),
  artifacts: guardedArtifacts(oneWrongUpload(ports.artifacts)),
  bursts: guardedBursts(ports.bursts),
  clusters: guardedClusters(ports.clusters),
});

const guardedWorld = (more: Parameters<typeof aVirtualWorld>[0] = {}) =>
  aVirtualWorld({ ...more, disturb: guarded, onInvoke: (stage) => stageNow.enterWith(stage) });

it('whole bursts need no more than the roles allow: a wrong result, a lost worker, another term', async () => {
  denied.clear();
  const world = guardedWorld({
    taskSeconds: () => 1200,
    settings: {
      clusters: { maxWorkers: 1, maxBursts: 1 },
      batches: { maxTasks: 1, maxAttempts: 1 },
      looks: { shortestSeconds: 120, longestSeconds: 600, holdSeconds: 300 },
    },
  });
  await sendTasks(world, 8, { estimatedSeconds: 1150 });
  const workers = () => world.market.all().flatMap((cluster) => [...cluster.workers.values()]);
  // The first is given up for its wrong result; the second dies in mid-work; the third needs two hours.
  const second = () => world.market.all().length > 1 && workers().length > 0;
  await world.run({ forSeconds: 3 * 3600, done: second });
  await world.run({ forSeconds: 900 });
  for (const worker of workers()) worker.kill();
  await runUntilOver(world, { tasks: 8, withinHours: 24 });
  const events = world.logged.map(({ event }) => event);
  const all = ['result rejected', 'job lost', 'Extend lease', 'Settle', 'sweep', 'reap'];
  expect(all.filter((event) => !events.includes(event))).toEqual([]);
  expect([...denied]).toEqual([]);
});

it('what bursts learn of each other is within the roles too', async () => {
  denied.clear();
  const world = guardedWorld({ taskSeconds: () => 1 });
  for (const [burst, from] of [1, 5].entries()) {
    await sendTasks(world, 4, { from, estimatedSeconds: 'by its kind' });
    await runUntilOver(world, { tasks: 4 * (burst + 1) });
  }
  const seen = world.logged.filter(({ event }) => event === 'pace seen');
  expect(seen.map(({ facts }) => facts.learned)).toEqual([true, true]);
  expect([...denied]).toEqual([]);
});

it('a role that lacks one right does not go unnoticed', async () => {
  denied.clear();
  const world = guardedWorld();
  stageNow.enterWith('collect');
  expect(() => guarded(world.ports).bursts.start('x', {})).toThrow('AccessDenied: StartExecution');
  expect(() => guarded(world.ports).clusters.list()).toThrow('AccessDenied: the secret');
  expect([...denied]).toEqual(['collect: StartExecution', 'collect: the secret']);
});
