import { execFile } from 'node:child_process';
import type { WorkerHealth } from '../shared/model/job.ts';

/** The GPUs of this container, and how they are known. */
export type GpuReading = Required<Pick<WorkerHealth, 'gpus' | 'gpusFrom'>>;

/** What is asked of the driver, in this order. `nvidia-smi --help-query-gpu` explains each. */
const FIELDS = ['name', 'memory.total', 'driver_version', 'utilization.gpu', 'mig.mode.current'];

/** A driver that has to wake its cards takes seconds. */
const ANSWER_MILLISECONDS = 20_000;

/** A reading is old after this, and is taken anew while the old one is still told. */
const OLD_MILLISECONDS = 15_000;

/**
 * Reads what `nvidia-smi --query-gpu=… --format=csv,noheader,nounits` prints: one GPU a line. What the driver
 * does not tell stands there in brackets (`[N/A]`): memory it does not tell counts as none.
 *
 * @returns undefined when it is something else.
 */
export function gpusFromCsv(csv: string): WorkerHealth['gpus'] | undefined {
  const lines = csv.split('\n').filter((line) => line.trim() !== '');
  const gpus = lines.flatMap((line) => gpuFromLine(line) ?? []);
  return gpus.length === lines.length ? gpus : undefined;
}

function gpuFromLine(line: string): WorkerHealth['gpus'][number] | undefined {
  const parts = line.split(',').map((part) => part.trim());
  const [model, memory, driver, utilization, mig] = parts;
  if (parts.length !== FIELDS.length || !model || memory === undefined) return undefined;
  const vramMb = wholeNumber(memory);
  const utilizationPercent = wholeNumber(utilization);
  if (vramMb === undefined && !isUntold(memory)) return undefined;
  return {
    model,
    vramMb: vramMb ?? 0,
    ...(driver && !isUntold(driver) ? { driver } : {}),
    ...(utilizationPercent === undefined || utilizationPercent > 100 ? {} : { utilizationPercent }),
    mig: mig === 'Enabled',
  };
}

const wholeNumber = (text = ''): number | undefined =>
  /^\d{1,9}$/.test(text) ? Number(text) : undefined;

const isUntold = (text: string): boolean => /^\[.*\]$/.test(text);

/** Asks the driver once. Never rejects: what went wrong is told in `gpusFrom`. */
export function askNvidiaSmi(program = 'nvidia-smi'): Promise<GpuReading> {
  const args = [`--query-gpu=${FIELDS.join(',')}`, '--format=csv,noheader,nounits'];
  const none = (why: string): GpuReading => ({ gpus: [], gpusFrom: `none: ${why}` });
  return new Promise((resolve) => {
    const options = { timeout: ANSWER_MILLISECONDS, maxBuffer: 65_536, encoding: 'utf8' as const };
    execFile(program, args, options, (error, stdout) => {
      if (error !== null) {
        const how = error.killed ? 'did not answer in time' : `failed (${error.code ?? 'signal'})`;
        resolve(none(error.code === 'ENOENT' ? 'there is no nvidia-smi' : `nvidia-smi ${how}`));
        return;
      }
      const gpus = gpusFromCsv(stdout);
      if (gpus === undefined) resolve(none('nvidia-smi said something else'));
      else resolve({ gpus: gpus.slice(0, 64), gpusFrom: 'nvidia-smi' });
    });
  });
}

/** The newest reading, at once: asking the driver may take longer than a caller waits. */
export interface GpuWatch {
  reading(): GpuReading;
}

/**
 * Takes the first reading, then a new one whenever an old one is asked for, so that a card that falls off the bus
 * is seen missing.
 *
 * @param milliseconds - A clock that never goes back.
 */
export async function watchGpus(
  ask: () => Promise<GpuReading>,
  milliseconds: () => number,
): Promise<GpuWatch> {
  let newest = await ask();
  let takenAt = milliseconds();
  let asking = false;

  async function renew(): Promise<void> {
    asking = true;
    newest = await ask();
    takenAt = milliseconds();
    asking = false;
  }

  return {
    reading() {
      if (!asking && milliseconds() - takenAt >= OLD_MILLISECONDS) void renew();
      return newest;
    },
  };
}
