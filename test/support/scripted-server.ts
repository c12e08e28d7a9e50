import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export type Scripted =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      /** Text as it is, anything else as JSON. */
      readonly body?: unknown;
    }
  /** The connection dies: before the status line, or inside the body. */
  | 'hang up'
  | 'cut'
  /** No answer ever comes. */
  | 'silence'
  /** A status line and a first byte, then nothing. */
  | 'drip';

/** A loopback HTTP server that answers as told and remembers what it was asked. */
export async function scriptedServer(
  answer: (request: Seen, n: number) => Scripted | Promise<Scripted>,
) {
  const seen: Seen[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString('utf8');
    const entry: Seen = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body: text === '' ? undefined : JSON.parse(text),
    };
    const scripted = await answer(entry, seen.push(entry) - 1);
    if (scripted === 'hang up') return request.socket.destroy();
    if (scripted === 'silence') return;
    if (scripted === 'cut') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      return response.write('{"data":', () => request.socket.destroy());
    }
    if (scripted === 'drip') {
      response.writeHead(200, { 'content-type': 'application/json' });
      return response.write('{');
    }
    const { status = 200, headers = {}, body = '' } = scripted;
    response.writeHead(status, headers);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    seen,
    close(): Promise<unknown> {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
