import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import * as z from 'zod';
import { until } from './until.ts';

/** Where programs call in, so that a test knows when they are dead: the system closes their connections. */
export interface Lifelines {
  /** A program that calls in, says where it works, and then does nothing for ever. */
  readonly program: readonly string[];
  /** The next program that calls in. */
  caller(): Promise<{ readonly folder: string; readonly dead: Promise<unknown> }>;
  close(): void;
}

export async function openLifelines(): Promise<Lifelines> {
  const waiting: Socket[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    waiting.push(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = z.object({ port: z.int() }).parse(server.address());
  const script = `require('node:net').connect(${port}, '127.0.0.1').write(process.cwd() + '\\n')`;
  return {
    program: [process.execPath, '-e', script],
    async caller() {
      const socket = await until('a program calls in', () => waiting.shift());
      const dead = once(socket, 'close');
      const [folder] = z.tuple([z.string()]).parse(await once(createInterface(socket), 'line'));
      return { folder, dead };
    },
    close: () => server.close(),
  };
}
