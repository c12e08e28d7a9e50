import { Readable } from 'node:stream';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import type { Artifacts, Fetched } from '../ports.ts';
import { failing } from './call-failed.ts';

export interface S3ArtifactsOptions {
  /** As `s3Client` of `clients.ts` makes one: its checksum settings keep upload URLs usable. */
  readonly client: S3Client;
  /** Whoever reads it needs `s3:ListBucket` too: without it S3 answers 403 for a missing object. */
  readonly bucket: string;
}

const ANY_TYPE = 'application/octet-stream';

/**
 * Objects in one S3 bucket.
 *
 * A URL dies with the credentials that signed it, at the latest. An upload URL binds key and content
 * type; S3 does not bound the size of what is sent to it, so readers cap what they take.
 */
export function s3Artifacts({ client, bucket }: S3ArtifactsOptions): Artifacts {
  const at = (key: string) => ({ Bucket: bucket, Key: key });

  async function get(key: string, maxBytes: number): Promise<Fetched> {
    const answer = await client.send(new GetObjectCommand(at(key))).catch((error: unknown) => {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    });
    if (answer === undefined) return { found: false, why: 'missing' };
    if (!(answer.Body instanceof Readable)) throw new Error('the answer has no readable body');
    if ((answer.ContentLength ?? 0) > maxBytes) {
      answer.Body.destroy();
      return { found: false, why: 'too-large' };
    }
    const bytes = await readUpTo(answer.Body, maxBytes);
    if (bytes === undefined) return { found: false, why: 'too-large' };
    return { found: true, object: { bytes, contentType: answer.ContentType ?? ANY_TYPE } };
  }

  async function removeAll(prefix: string): Promise<void> {
    for (;;) {
      const listed = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }),
      );
      const keys = (listed.Contents ?? []).flatMap(({ Key }) => Key ?? []);
      for (const key of keys) await client.send(new DeleteObjectCommand(at(key)));
      if (keys.length === 0 || listed.IsTruncated !== true) return;
    }
  }

  async function size(key: string): Promise<number | undefined> {
    const answer = await client.send(new HeadObjectCommand(at(key))).catch((error: unknown) => {
      if (error instanceof NotFound || error instanceof NoSuchKey) return undefined;
      throw error;
    });
    return answer && (answer.ContentLength ?? 0);
  }

  return {
    get: (key, { maxBytes }) => get(key, maxBytes).catch(failing(`reading object ${key}`)),
    put: async (key, { bytes, contentType }) => {
      await client
        .send(new PutObjectCommand({ ...at(key), Body: bytes, ContentType: contentType }))
        .catch(failing(`storing object ${key}`));
    },
    remove: async (key) => {
      await client.send(new DeleteObjectCommand(at(key))).catch(failing(`removing object ${key}`));
    },
    removeAll: (prefix) => removeAll(prefix).catch(failing(`removing objects below ${prefix}`)),
    size: (key) => size(key).catch(failing(`looking at object ${key}`)),
    readUrl: (key, { seconds }) =>
      getSignedUrl(client, new GetObjectCommand(at(key)), { expiresIn: seconds }).catch(
        failing(`signing a URL that reads ${key}`),
      ),
    writeUrl: (key, { seconds, contentType }) =>
      getSignedUrl(client, new PutObjectCommand({ ...at(key), ContentType: contentType }), {
        expiresIn: seconds,
        signableHeaders: new Set(['content-type']),
      }).catch(failing(`signing a URL that writes ${key}`)),
  };
}

/** The whole stream, or undefined as soon as it is longer than `maxBytes`. */
async function readUpTo(stream: Readable, maxBytes: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  // A chunk that is bytes already is not copied: the whole file is held twice while it is put together.
  for await (const chunk of stream) {
    const bytes = chunk instanceof Uint8Array ? chunk : Buffer.from(chunk);
    total += bytes.byteLength;
    if (total > maxBytes) return undefined;
    chunks.push(bytes);
  }
  const whole = new Uint8Array(total);
  let offset = 0;
  for (const chunk of chunks) {
    whole.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return whole;
}
