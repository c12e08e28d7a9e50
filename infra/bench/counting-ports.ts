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

/** Waits as long as a call of this name takes. */
export type Took = (name: string) => Promise<void>;

/**
 * Ports that count every request their AWS adapters would send, and take as long as one does; nobody pays for a URL
 * that is only signed.
 */
export function countingPorts(ports: Ports, counts: Counts, took: Took): Ports {
  const counted =
    <Args extends unknown[], Result>(name: string, call: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      countCall(counts, name);
      await took(name);
      return call(...args);
    };
  const { clusters, jobs, bursts } = ports;
  const [provider, worker] = [OTHERS.provider, OTHERS.worker];
  return {
    ...ports,
    ledger: countingLedger(ports.ledger, counts, took),
    artifacts: countingArtifacts(ports.artifacts, counted),
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

function countingLedger(ledger: Ledger, counts: Counts, took: Took): Ledger {
  return {
    async read(key) {
      await took('DynamoDB GetItem');
      const row = await ledger.read(key);
      countCall(counts, 'DynamoDB GetItem');
      counts.readUnits += readUnits(itemBytes(row));
      return row;
    },
    async write(write) {
      const isUpdate = newItemOf(write, '') === undefined;
      const name = isUpdate ? 'DynamoDB UpdateItem' : 'DynamoDB PutItem';
      await took(name);
      const before = await ledger.read(write.key);
      const outcome = await ledger.write(write);
      countCall(counts, name);
      const after = outcome.written ? outcome.row : before;
      counts.writeUnits += writeUnits(before, after) + indexUnits(before, after);
      // A refusal brings the row along, where there is one.
      if (!outcome.written && before === undefined) {
        countCall(counts, 'DynamoDB GetItem');
        await took('DynamoDB GetItem');
        counts.readUnits += readUnits(0);
      }
      return outcome;
    },
    async query(range) {
      await took('DynamoDB Query');
      const rows = await ledger.query(range);
      countCall(counts, 'DynamoDB Query');
      counts.readUnits += readUnits(rows.reduce((sum, row) => sum + itemBytes(row), 0));
      return rows;
    },
    async due(query) {
      await took('DynamoDB Query');
      const keys = await ledger.due(query);
      countCall(counts, 'DynamoDB Query');
      const bytes = keys.reduce((sum, key) => sum + itemBytes({ ...key, ...query }), 0);
      counts.readUnits += readUnits(bytes) / 2;
      return keys;
    },
  };
}

type Counted = <Args extends unknown[], Result>(
  name: string,
  call: (...args: Args) => Promise<Result>,
) => (...args: Args) => Promise<Result>;

const countingArtifacts = (artifacts: Artifacts, counted: Counted): Artifacts => ({
  ...artifacts,
  get: counted('S3 GetObject', artifacts.get),
  put: counted('S3 PutObject', artifacts.put),
  size: counted('S3 HeadObject', artifacts.size),
  remove: counted('S3 DeleteObject', artifacts.remove),
  removeAll: counted('S3 ListObjectsV2', artifacts.removeAll),
});
