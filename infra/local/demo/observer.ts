import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import { type LeaseCost, leaseCost } from '../../../shared/cost/lease-cost.ts';
import { readHistory } from '../../../shared/cost/read-history.ts';
import { jobsOf } from '../../../shared/ledger/jobs.ts';
import { readLease } from '../../../shared/ledger/leases.ts';
import { readMoney } from '../../../shared/ledger/money.ts';
import { BurstId } from '../../../shared/model/ids.ts';
import type { JobRow, LeaseRow, MoneyRow } from '../../../shared/model/rows.ts';
import type { Ledger } from '../../../shared/ports.ts';

/** A burst as the ledger has it. */
export interface SeenBurst {
  readonly lease: LeaseRow;
  readonly jobs: readonly JobRow[];
}

export interface SeenExecution {
  readonly name: string;
  readonly status: string;
  /** States entered. */
  readonly transitions: number;
  readonly historyEvents: number;
}

/** Looks from outside at what the stack does: executions through Step Functions' API, the rest in the ledger. */
export interface Observer {
  bursts(): Promise<SeenBurst[]>;
  /** What each burst cost that has been billed. */
  costs(bursts: readonly SeenBurst[]): Promise<LeaseCost[]>;
  stackMoney(): Promise<MoneyRow | undefined>;
  executions(): Promise<SeenExecution[]>;
}

export function createObserver(ports: {
  readonly ledger: Ledger;
  readonly states: SFNClient;
  readonly stateMachineArn: string;
}): Observer {
  const { ledger, states, stateMachineArn } = ports;

  /** ARNs of every execution, oldest first. */
  async function executionArns(): Promise<string[]> {
    const arns: string[] = [];
    let nextToken: string | undefined;
    do {
      const page = await states.send(new ListExecutionsCommand({ stateMachineArn, nextToken }));
      arns.push(...(page.executions ?? []).flatMap(({ executionArn }) => executionArn ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return arns.toReversed();
  }

  async function statesEntered(executionArn: string): Promise<SeenExecution> {
    const { name = '', status = '' } = await states.send(
      new DescribeExecutionCommand({ executionArn }),
    );
    let [transitions, historyEvents] = [0, 0];
    let nextToken: string | undefined;
    do {
      const page = await states.send(
        new GetExecutionHistoryCommand({ executionArn, nextToken, maxResults: 1000 }),
      );
      const events = page.events ?? [];
      historyEvents += events.length;
      transitions += events.filter(({ type }) => type?.endsWith('StateEntered')).length;
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return { name, status, transitions, historyEvents };
  }

  return {
    async bursts() {
      const names = (await executionArns()).map((arn) => arn.split(':').at(-1) ?? '');
      const ids = new Set(names.map((name) => name.slice(0, name.lastIndexOf('-'))));
      const seen = await Promise.all(
        [...ids].map(async (id) => {
          const burstId = BurstId.parse(id);
          const lease = await readLease(ledger, burstId);
          return lease === undefined ? [] : [{ lease, jobs: await jobsOf(ledger, burstId) }];
        }),
      );
      return seen.flat();
    },
    async costs(bursts) {
      const costs: LeaseCost[] = [];
      for (const { lease } of bursts) {
        const cost = leaseCost(await readHistory(ledger, lease));
        if (cost !== undefined) costs.push(cost);
      }
      return costs;
    },
    stackMoney: () => readMoney(ledger, 'stack'),
    async executions() {
      const seen: SeenExecution[] = [];
      for (const arn of await executionArns()) seen.push(await statesEntered(arn));
      return seen;
    },
  };
}
