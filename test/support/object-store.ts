import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';

/** A few lines of S3 on loopback: GET and PUT of whole objects, and faults on demand. */
export interface ObjectStore {
  readonly url: (key: string) => string;
  readonly objects: Map<string, { readonly bytes: Buffer; readonly contentType: string }>;
  /** Keys written, in order of arrival, repeats included. */
  readonly puts: string[];
  /** Statuses the next requests for a key are answered with, instead of being served; 3xx lead to `/elsewhere`. */
  readonly faults: Map<string, number[]>;
  /** Keys whose requests are never answered. */
  readonly stuck: Set<string>;
  close(): Promise<void>;
}

export async function openObjectStore(): Promise<ObjectStore> {
  const objects: ObjectStore['objects'] = new Map();
  const puts: string[] = [];
  const faults: ObjectStore['faults'] = new Map();
  const stuck = new Set<string>();

  const server = createServer(async (request, response) => {
    const key = (request.url ?? '').slice(1);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (stuck.has(key)) return;
    const fault = faults.get(key)?.shift();
    if (fault !== undefined) return end(response, fault);
    if (request.method === 'PUT') {
      puts.push(key);
      const contentType = request.headers['content-type'] ?? '';
      objects.set(key, { bytes: Buffer.concat(chunks), contentType });
      return end(response, 200);
    }
    const object = objects.get(key);
    return end(response, object ? 200 : 404, object?.bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  return {
    url: (key) => `http://127.0.0.1:${port}/${key}`,
    objects,
    puts,
    faults,
    stuck,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const end = (response: ServerResponse, status: number, body?: Buffer) =>
  void response.writeHead(status, { location: '/elsewhere' }).end(body);
