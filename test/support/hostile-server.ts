import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';

export interface HostileServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Opens a server on a free port of loopback; closing it ends its connections. */
export async function openServer(server: Server): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

/** A server that answers HTTP in whatever way the test likes. */
export const openHttpServer = (
  handle: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<HostileServer> => openServer(createServer(handle));

/** A server that answers in bytes of its own choice once the first of a request have come. */
export const openTcpServer = (handle: (socket: Socket) => void): Promise<HostileServer> =>
  openServer(createTcpServer((socket) => void socket.once('data', () => handle(socket))));
