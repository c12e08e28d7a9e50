import { newItemOf } from '../../shared/aws/new-item.ts';
import type { Artifacts, Ledger, Ports } from '../../shared/ports.ts';
import { indexUnits, itemBytes, readUnits, writeUnits } from './request-units.ts';

/** What one function, or the workers, asked of AWS. */
export interface Counts {
  /** By service and operation, as AWS names them: `DynamoDB UpdateItem`. */
  readonly calls: Record<string, number>;
  readUnits: number;
  /** Those of the index included. */
  writeUnits: number;
}

export const noCounts = (): Counts => ({ calls: {}, readUnits: 0, writeUnits: 0 });

export function countCall({ calls }: Counts, name: string, times = 1): void {
  calls[name] = (calls[name] ?? 0) + times;
}

/** Names of calls that our side sends to others than AWS. */
const OTHERS = { provider: 'provider call', worker: 'worker call' } as const;

/** Ports that count every request their AWS adapters would send; nobody pays for a URL that is only signed. */
export function countingPorts(ports: Ports, counts: Counts): Ports {
  const counted =
    <Args extends unknown[], Result>(name: string, call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      countCall(counts, name);
      return call(...args);
    };
  const { clusters, jobs, bursts } = ports;
  const [provider, worker] = [OTHERS.provider, OTHERS.worker];
  return {
    ...ports,
    ledger: countingLedger(ports.ledger, counts),
    artifacts: countingArtifacts(ports.artifacts, counts),
    bursts: { start: counted('SFN StartExecution', bursts.start) },
    clusters: {
      offers: counted(provider, clusters.offers),
      quote: counted(provider, clusters.quote),
      findByName: counted(provider, clusters.findByName),
      create: counted(provider, clusters.create),
      get: counted(provider, clusters.get),
      extend: counted(provider, clusters.extend),
      destroy: counted(provider, clusters.destroy),
      list: counted(provider, clusters.list),
      logs: counted(provider, clusters.logs),
    },
    jobs: {
      health: counted(worker, jobs.health),
      submit: counted(worker, jobs.submit),
      get: counted(worker, jobs.get),
      cancel: counted(worker, jobs.cancel),
      drain: counted(worker, jobs.drain),
    },
  };
}

function countingLedger(ledger: Ledger, counts: Counts): Ledger {
  return {
    async read(key) {
      const row = await ledger.read(key);
      countCall(counts, 'DynamoDB GetItem');
      counts.readUnits += readUnits(itemBytes(row));
      return row;
    },
    async write(write) {
      const before = await ledger.read(write.key);
      const outcome = await ledger.write(write);
      const isUpdate = newItemOf(write, '') === undefined;
      countCall(counts, isUpdate ? 'DynamoDB UpdateItem' : 'DynamoDB PutItem');
      const after = outcome.written ? outcome.row : before;
      counts.writeUnits += writeUnits(before, after) + indexUnits(before, after);
      if (!outcome.written) {
        countCall(counts, 'DynamoDB GetItem');
        counts.readUnits += readUnits(itemBytes(before));
      }
      return outcome;
    },
    async query(range) {
      const rows = await ledger.query(range);
      countCall(counts, 'DynamoDB Query');
      counts.readUnits += readUnits(rows.reduce((sum, row) => sum + itemBytes(row), 0));
      return rows;
    },
    async due(query) {
      const keys = await ledger.due(query);
      countCall(counts, 'DynamoDB Query');
      const bytes = keys.reduce((sum, key) => sum + itemBytes({ ...key, ...query }), 0);
      counts.readUnits += readUnits(bytes) / 2;
      return keys;
    },
  };
}

function countingArtifacts(artifacts: Artifacts, counts: Counts): Artifacts {
  return {
    ...artifacts,
    get(key, limit) {
      countCall(counts, 'S3 GetObject');
      return artifacts.get(key, limit);
    },
    put(key, object) {
      countCall(counts, 'S3 PutObject');
      return artifacts.put(key, object);
    },
    size(key) {
      countCall(counts, 'S3 HeadObject');
      return artifacts.size(key);
    },
    remove(key) {
      countCall(counts, 'S3 DeleteObject');
      return artifacts.remove(key);
    },
    removeAll(prefix) {
      countCall(counts, 'S3 ListObjectsV2');
      return artifacts.removeAll(prefix);
    },
  };
}
