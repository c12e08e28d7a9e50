import { intake } from '../../lambdas/intake.ts';
import { sweep } from '../../lambdas/sweep.ts';
import { memoryArtifacts } from '../../shared/memory/memory-artifacts.ts';
import { memoryIds } from '../../shared/memory/memory-ids.ts';
import { memoryLedger } from '../../shared/memory/memory-ledger.ts';
import { sha256Of } from '../../shared/model/digest.ts';
import { BatchRow, LeaseRow, ProfileRow, RejectionRow, TaskRow } from '../../shared/model/rows.ts';
import type { Settings } from '../../shared/model/settings.ts';
import { Instant, plusSeconds } from '../../shared/model/time.ts';
import type { Artifacts, Bursts, Ledger, Row } from '../../shared/ports.ts';
import { someSettings } from './make.ts';

/** What happens around one call of a port: the call itself is `call`. */
export type Fate = <Answer>(call: () => Promise<Answer>, what: string) => Promise<Answer>;

const unharmed: Fate = (call) => call();

export interface Sent {
  readonly messageId: string;
  readonly body: string;
  readonly queue?: string;
}

/** Intake and sweep over ports in memory whose every call can be made to fail. */
export function intakeWorld(settings: Settings = someSettings()) {
  let now = Instant.parse('2026-01-01T00:00:00.000Z');
  const clock = { now: () => now };
  const ledger = memoryLedger();
  const artifacts = memoryArtifacts({ clock });
  const ids = memoryIds(1, clock);
  const executions = new Map<string, unknown>();
  const logged: string[] = [];
  const bursts: Bursts = {
    async start(name, input) {
      if (executions.has(name)) return 'already-there';
      executions.set(name, input);
      return 'started';
    },
  };
  const invocation = { remainingSeconds: () => 60 };

  const portsUnder = (fate: Fate) => {
    const shakyLedger: Ledger = {
      read: (key) => fate(() => ledger.read(key), `read ${key.pk}`),
      write: (write) => fate(() => ledger.write(write), `write ${write.key.pk} ${write.key.sk}`),
      query: (range) => fate(() => ledger.query(range), `query ${range.pk}`),
      due: (query) => fate(() => ledger.due(query), `due ${query.of}`),
    };
    const shakyArtifacts: Artifacts = {
      ...artifacts,
      put: (key, object) => fate(() => artifacts.put(key, object), `put ${key}`),
    };
    const shakyBursts: Bursts = {
      start: (name, input) => fate(() => bursts.start(name, input), `start ${name}`),
    };
    return {
      clock,
      ids,
      ledger: shakyLedger,
      artifacts: shakyArtifacts,
      bursts: shakyBursts,
      log: (event: string, facts: Readonly<Record<string, unknown>>) =>
        void logged.push(JSON.stringify({ event, ...facts })),
    };
  };

  /** Rows whose key begins so, read with their schema. */
  const rows = <T>(prefix: string, schema: { parse(row: Row): T }, sk = '#'): T[] =>
    ledger
      .rows()
      .filter(({ pk, sk: own }) => String(pk).startsWith(prefix) && String(own).startsWith(sk))
      .map((row) => schema.parse(row));

  return {
    settings,
    ledger,
    artifacts,
    executions,
    logged,
    portsUnder,
    pass: (seconds: number) => {
      now = plusSeconds(now, seconds);
    },
    /** Delivers messages at once. @returns ids of those to deliver again. */
    async deliver(messages: readonly Sent[], fate: Fate = unharmed): Promise<string[]> {
      const Records = messages.map(({ messageId, body, queue = 'intake-default' }) => ({
        messageId,
        body,
        eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${queue}`,
      }));
      const answer = await intake(portsUnder(fate), settings)({ Records }, invocation);
      return answer.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier);
    },
    sweep: () => sweep(portsUnder(unharmed), settings)({}, invocation),
    tasks: () => rows('T#', TaskRow),
    rejections: () => rows('R#', RejectionRow),
    profiles: () => rows('P#', ProfileRow),
    batches: () => rows('P#', BatchRow, 'B#'),
    leases: () => rows('L#', LeaseRow),
    rejectionOf: (body: string) =>
      rows('R#', RejectionRow).find(({ messageSha256 }) => messageSha256 === sha256Of(body)),
  };
}

export type IntakeWorld = ReturnType<typeof intakeWorld>;
