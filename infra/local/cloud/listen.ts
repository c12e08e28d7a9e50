import type { Server } from 'node:http';

/** Longer than clients keep an idle connection, so that none is reused while it is being closed here. */
const KEEP_ALIVE_MS = 120_000;

/**
 * Listens on loopback only.
 *
 * @param port - 0 takes a free one.
 */
export async function listen(server: Server, port = 0): Promise<{ readonly url: string }> {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { url: `http://127.0.0.1:${address.port}` };
}
