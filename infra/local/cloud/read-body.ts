import type { IncomingMessage } from 'node:http';

/** The whole body of a request, or undefined if it is longer than `maxBytes`; it is read to its end either way. */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let total = 0;
  for await (const chunk of request) {
    const bytes = Buffer.from(chunk);
    total += bytes.byteLength;
    if (total <= maxBytes) chunks.push(bytes);
  }
  return total <= maxBytes ? Buffer.concat(chunks) : undefined;
}
