import type { Container } from './deployment.ts';
import { Refused } from './market.ts';

/** A worker's reply word for word. */
export interface WorkerReply {
  readonly status: number;
  readonly body: unknown;
}

export interface WorkerCall {
  readonly method: 'GET' | 'POST';
  /** On the job server of the worker. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly json?: object;
}

/** The `/clusters` API's way to the workers, and its memory of which job went where. */
export interface Relay {
  /** Null: no reply in JSON, below 64 KiB and in time. */
  ask(container: Container, call: WorkerCall): Promise<WorkerReply | null>;
  /** Notes where a job goes. @throws Refused when it went elsewhere before. */
  place(jobId: string, container: Container): void;
  /** @throws Refused when no such job was ever sent. */
  find(jobId: string): Container;
}

const MAX_REPLY_BYTES = 65_536;

/** @param timeoutMilliseconds - Of this machine's clock: what a worker has to answer in. */
export function createRelay(timeoutMilliseconds: number): Relay {
  const places = new Map<string, Container>();
  return {
    async ask({ worker, reachable }, { method, path, authorization, json }) {
      const port = worker.port();
      if (worker.state() !== 'listening' || !reachable || port === undefined) return null;
      try {
        const response = await fetch(`http://127.0.0.1:${port}${path}`, {
          method,
          redirect: 'manual',
          signal: AbortSignal.timeout(timeoutMilliseconds),
          headers: {
            'content-type': 'application/json',
            ...(authorization === undefined ? {} : { authorization }),
          },
          ...(json === undefined ? {} : { body: JSON.stringify(json) }),
        });
        const text = await response.text();
        if (text.length > MAX_REPLY_BYTES) return null;
        return { status: response.status, body: JSON.parse(text) };
      } catch {
        return null;
      }
    },
    place(jobId, container) {
      const known = places.get(jobId);
      if (known !== undefined && known !== container) {
        throw new Refused(409, `Job ${jobId} was sent to another worker`);
      }
      places.set(jobId, container);
    },
    find(jobId) {
      const place = places.get(jobId);
      if (place === undefined) throw new Refused(404, 'Job not found');
      return place;
    },
  };
}
