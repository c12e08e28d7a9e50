/** What one unit costs, US dollars, and where AWS says so. */
export interface Price {
  readonly usd: number;
  readonly source: string;
}

const at = (usd: number, service: string): Price => ({
  usd,
  source: `https://aws.amazon.com/${service}/pricing/`,
});

/**
 * AWS list prices, us-east-1, November 2026, without any free tier. From the public price pages of each service; not
 * checked against a bill.
 */
export const PRICES = {
  lambdaRequest: at(0.2 / 1e6, 'lambda'),
  /** ARM. */
  lambdaGbSecond: at(0.0000133334, 'lambda'),
  stateTransition: at(0.025 / 1000, 'step-functions'),
  sqsRequest: at(0.4 / 1e6, 'sqs'),
  /** DynamoDB on demand; a consistent read of 4 KiB is one unit, an eventual one half. */
  readUnit: at(0.125 / 1e6, 'dynamodb'),
  writeUnit: at(0.625 / 1e6, 'dynamodb'),
  s3Put: at(5 / 1e6, 's3'),
  s3Get: at(0.4 / 1e6, 's3'),
  schedulerCall: at(1 / 1e6, 'eventbridge'),
  busEvent: at(1 / 1e6, 'eventbridge'),
  trace: at(5 / 1e6, 'xray'),
  logGb: at(0.5, 'cloudwatch'),
  metricMonth: at(0.3, 'cloudwatch'),
  alarmMonth: at(0.1, 'cloudwatch'),
  dashboardMonth: at(3, 'cloudwatch'),
  secretMonth: at(0.4, 'secrets-manager'),
  secretCall: at(0.05 / 10_000, 'secrets-manager'),
} as const;

/** One line of an account: what, how many, and their price. */
export interface CostLine {
  readonly what: string;
  readonly quantity: number;
  readonly usd: number;
}

const line = (what: string, quantity: number, price: Price): CostLine => ({
  what,
  quantity,
  usd: quantity * price.usd,
});

const MINUTES = 730 * 60;

/** A pass of sweep or reap that finds nothing: memory as deployed, duration assumed. */
const PASS_GB_SECONDS = 0.5 * 0.3;
/** Log of one idle minute, sweep and reap together, Lambda's own lines included. Assumed. */
const IDLE_LOG_BYTES = 4000;
/** Lambda keeps five pollers at a queue, each asking once in 20 seconds. */
const POLLS_PER_MINUTE = 15;
/** Reap reads the secret anew when it is older than this (`functions/on-aws.ts`). */
const SECRET_MINUTES = 5;

/** What the control plane takes in so many minutes in which nothing is enqueued: passes, and looks at the queues. */
export function idleMinutes(tenants: number, minutes: number): CostLine[] {
  // Sweep: three looks at the index, the provider's view, every cap of today and yesterday's day. Reap: its view.
  const reads = 3 * 0.5 + 1 + (scopesOf(tenants) + 1) + 1;
  return [
    line('calls of sweep and reap', 2 * minutes, PRICES.lambdaRequest),
    line('their GB-seconds', 2 * minutes * PASS_GB_SECONDS, PRICES.lambdaGbSecond),
    line('schedule calls', 2 * minutes, PRICES.schedulerCall),
    line('ledger read units', minutes * reads, PRICES.readUnit),
    line('ledger write units', minutes, PRICES.writeUnit),
    line('looks into empty queues', minutes * POLLS_PER_MINUTE * tenants, PRICES.sqsRequest),
  ];
}

/** Caps: of the stack, of the day, of each tenant. */
const scopesOf = (tenants: number): number => 2 + tenants;

/** What a deployment costs in a month of 730 hours in which nothing is enqueued. Stored bytes come on top. */
export function idleMonth(tenants: number): CostLine[] {
  const scopes = scopesOf(tenants);
  return [
    line('custom metrics that sweep and reap write', 6 + 2 * scopes, PRICES.metricMonth),
    line('dashboard', 1, PRICES.dashboardMonth),
    line('alarms', 8 + tenants + 1, PRICES.alarmMonth),
    ...idleMinutes(tenants, MINUTES),
    line('traces', 2 * MINUTES, PRICES.trace),
    line('GB of logs', (MINUTES * IDLE_LOG_BYTES) / 1e9, PRICES.logGb),
    line('secret', 1, PRICES.secretMonth),
    line('reads of the secret', MINUTES / SECRET_MINUTES, PRICES.secretCall),
  ];
}

/** State transitions of a lease of one hour without those of Collect, as `bench orchestration` counts them. */
const LEASE_TRANSITIONS = 175;
/** Calls of plan, provision, run, poll and teardown in that hour, counted too, and what each takes: assumed. */
const LEASE_CALLS = 63;
const LEASE_CALL_GB_SECONDS = 0.5;
/** As `bench orchestration` counts them: tasks of a batch and of a call of Collect, and ledger request units a batch takes. */
const TASKS_PER_BATCH = 25;
const TASKS_PER_COLLECT = 100;
const BATCH_WRITE_UNITS = 38;
const BATCH_READ_UNITS = 35;
/** Verifying one task again, on one processor. Assumed. */
const VERIFY_GB_SECONDS = 1.73 * 0.1;
const TASKS_PER_MESSAGE_BATCH = 10;
const TASKS_PER_INTAKE = 100;
const FILES_PER_TASK = 2;
/** Log of one task from intake to its ending, and of one function call. Assumed. */
const TASK_LOG_BYTES = 1000;
const CALL_LOG_BYTES = 1500;

/** AWS's part of one burst of one hour: the cluster itself costs what Plan was quoted. */
export function oneBurst(tasks: number): CostLine[] {
  const batches = Math.ceil(tasks / TASKS_PER_BATCH);
  const collects = Math.ceil(tasks / TASKS_PER_COLLECT);
  const calls = LEASE_CALLS + collects + Math.ceil(tasks / TASKS_PER_INTAKE);
  return [
    line('state transitions', LEASE_TRANSITIONS + 2 * collects, PRICES.stateTransition),
    line('function calls', calls, PRICES.lambdaRequest),
    line(
      'GB-seconds',
      LEASE_CALLS * LEASE_CALL_GB_SECONDS + tasks * VERIFY_GB_SECONDS,
      PRICES.lambdaGbSecond,
    ),
    line('queue requests', 3 * Math.ceil(tasks / TASKS_PER_MESSAGE_BATCH), PRICES.sqsRequest),
    line('ledger write units', 2 * tasks + BATCH_WRITE_UNITS * batches, PRICES.writeUnit),
    line('ledger read units', 2 * tasks + BATCH_READ_UNITS * batches, PRICES.readUnit),
    line('objects written', 2 * FILES_PER_TASK * tasks + 2 * batches, PRICES.s3Put),
    line('objects read', FILES_PER_TASK * tasks + 3 * batches, PRICES.s3Get),
    line('events', tasks + 1, PRICES.busEvent),
    line('traces', calls, PRICES.trace),
    line('GB of logs', (tasks * TASK_LOG_BYTES + calls * CALL_LOG_BYTES) / 1e9, PRICES.logGb),
  ];
}

export const totalUsd = (lines: readonly CostLine[]): number =>
  lines.reduce((sum, { usd }) => sum + usd, 0);

/** Whole cents, and below ten of them two digits that say something. */
export const dollars = (usd: number): string =>
  usd.toFixed(usd >= 0.1 || usd <= 0 ? 2 : 1 - Math.floor(Math.log10(usd)));

const quantityOf = (quantity: number): string =>
  quantity >= 10 || Number.isInteger(quantity)
    ? Math.round(quantity).toLocaleString('en-US')
    : quantity.toPrecision(2);

/** The account as a Markdown table, the total last. */
export const costTable = (lines: readonly CostLine[]): string =>
  [
    '| what | quantity | US dollars |',
    '|---|---:|---:|',
    ...lines.map(
      ({ what, quantity, usd }) => `| ${what} | ${quantityOf(quantity)} | ${dollars(usd)} |`,
    ),
    `| **together** | | **${dollars(totalUsd(lines))}** |`,
  ].join('\n');
