import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Order, Said } from './orders.ts';

/**
 * Runs a built simulator in a process of its own and hears what it says.
 *
 * @param limitSeconds - It is killed after this.
 * @throws Error when it does not end well.
 */
export async function follow(
  path: string,
  order: Order,
  hear: (said: Said) => void,
  limitSeconds?: number,
): Promise<void> {
  const child = spawn(process.execPath, [path, JSON.stringify(order)], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(limitSeconds === undefined ? {} : { timeout: limitSeconds * 1000, killSignal: 'SIGKILL' }),
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  for await (const line of createInterface({ input: child.stdout })) {
    hear(Said.parse(JSON.parse(line)));
  }
  const code = await ended;
  if (code !== 0) throw new Error(`the simulator's process ended with ${code}`);
}
