import type { JobRow } from '../../../shared/model/rows.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { SeenBurst } from './observer.ts';

/** What the main job does to the machines it rented, to show that nothing is lost by it. */
export interface Mishaps {
  /** Looks at the bursts and strikes when a job is in the middle of its work. */
  consider(bursts: readonly SeenBurst[]): Promise<void>;
  /** What was done, oldest first. */
  readonly done: readonly {
    readonly burst: string;
    readonly at: Instant;
    readonly what: string;
  }[];
}

export interface MishapOptions {
  /** `_control` of the simulated provider. */
  readonly controlUrl: string;
  readonly say: (line: string) => void;
  readonly now: () => Instant;
  /** The proof in the middle of which a worker is killed; absent: any other work will do. */
  readonly longProof?: LongProof | undefined;
}

/** A task that leaves so many checkpoints that it is known by them. */
export interface LongProof {
  readonly stages: number;
  /** Its cluster's need for memory, which tells it from the others. */
  readonly vramGb: number;
}

/**
 * One worker is killed, four fifths through a long proof if there is one, else in mid-batch; another, of another
 * cluster, is frozen until its work has been done elsewhere, and then thawed, so that it comes back with
 * reports and results nobody waits for any more.
 */
export function createMishaps({ controlUrl, say, now, longProof }: MishapOptions): Mishaps {
  const done: { burst: string; at: Instant; what: string }[] = [];
  let frozen: JobRow | undefined;
  let killed = false;
  let thawed = false;

  const signal = async (job: JobRow, verb: 'kill' | 'stop' | 'cont', what: string) => {
    const url = `${controlUrl}/workers/${job.worker}/${verb}`;
    const response = await fetch(url, { method: 'POST' });
    if (!response.ok) return false;
    done.push({ burst: job.burstId, at: now(), what });
    say(`${what} (${job.burstId})`);
    return true;
  };

  const mayFreeze = ({ lease }: SeenBurst): boolean =>
    frozen === undefined && lease.requirement.need.vramGb !== longProof?.vramGb;
  const toKill = ({ jobs, lease }: SeenBurst): JobRow | undefined => {
    if (killed) return undefined;
    if (longProof !== undefined) return jobs.find((job) => isLateIn(longProof, job));
    const elsewhere = frozen !== undefined && frozen.burstId !== lease.burstId;
    return elsewhere ? jobs.find(inTheMiddle) : undefined;
  };

  return {
    done,
    async consider(bursts) {
      for (const burst of bursts) {
        if (burst.lease.workers.length < 2) continue;
        const victim = toKill(burst);
        if (victim !== undefined) {
          killed = await signal(victim, 'kill', `worker killed with ${progressOf(victim)}`);
        }
        const job = mayFreeze(burst) ? burst.jobs.find(inTheMiddle) : undefined;
        if (job !== undefined) {
          if (await signal(job, 'stop', `worker frozen with ${progressOf(job)}`)) frozen = job;
        }
      }
      if (frozen === undefined || thawed) return;
      const current = bursts.find(({ lease }) => lease.burstId === frozen?.burstId);
      if (current !== undefined && doneElsewhere(current, frozen)) {
        thawed = await signal(frozen, 'cont', 'frozen worker thawed; its task was done elsewhere');
      }
    },
  };
}

/** Something is uploaded and at least two tasks are not. */
const inTheMiddle = (job: JobRow): boolean =>
  job.status === 'running' && job.uploaded.size > 0 && job.tasks - job.uploaded.size >= 2;

/** Where a proof is late enough that starting over would hurt: four fifths of its checkpoints are taken. */
const isLateIn = ({ stages }: LongProof, job: JobRow): boolean =>
  job.status === 'running' && newestCheckpoint(job) >= Math.floor(stages * 0.8);

const newestCheckpoint = ({ checkpointsSeen }: JobRow): number =>
  Math.max(0, ...checkpointsSeen.map(({ sequence }) => sequence));

function progressOf(job: JobRow): string {
  const sequence = newestCheckpoint(job);
  return sequence > 0
    ? `checkpoint ${sequence} of its proof taken`
    : `${job.uploaded.size} of ${job.tasks} tasks uploaded`;
}

/**
 * The job was given up, and a later attempt at its batches has results accepted: the task the frozen worker
 * was at comes first there too, so it is done.
 */
function doneElsewhere({ jobs }: SeenBurst, lost: JobRow): boolean {
  const given = jobs.find(({ n }) => n === lost.n);
  if (given?.status !== 'lost') return false;
  return jobs.some(
    (job) =>
      job.collected.size > 0 &&
      job.batches.some(({ batchId, batchFence }) =>
        lost.batches.some((batch) => batch.batchId === batchId && batch.batchFence < batchFence),
      ),
  );
}
