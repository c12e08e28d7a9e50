import { beforeAll, describe, expect, it } from 'vitest';
import type { Artifacts } from '../../shared/ports.ts';

/** A URL's effect, as an HTTP status. */
export interface UrlUser {
  upload(url: string, bytes: Uint8Array, contentType: string): Promise<number>;
  download(url: string): Promise<{ readonly status: number; readonly bytes?: Uint8Array }>;
}

const textBytes = (text: string) => new TextEncoder().encode(text);
const ANY_SIZE = { maxBytes: 1_000_000 };

/** What every store of artifacts does, and what its URLs let a stranger do. */
export function artifactsContract(
  name: string,
  make: () => Promise<{ artifacts: Artifacts; urls: UrlUser }>,
): void {
  describe(`artifacts (${name})`, () => {
    let artifacts: Artifacts;
    let urls: UrlUser;
    beforeAll(async () => {
      ({ artifacts, urls } = await make());
    });
    const put = (key: string, text: string) =>
      artifacts.put(key, { bytes: textBytes(text), contentType: 'text/plain' });

    it.each(['t/default/results/task-1/image.png', "t/a b/ä€😀/+%&?#='()*!~.json"])(
      'keeps bytes and content type under %s',
      async (key) => {
        const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
        await artifacts.put(key, { bytes, contentType: 'image/png' });
        expect(await artifacts.get(key, ANY_SIZE)).toEqual({
          found: true,
          object: { bytes, contentType: 'image/png' },
        });
      },
    );

    it('keeps an object without bytes', async () => {
      await put('empty', '');
      expect(await artifacts.get('empty', { maxBytes: 0 })).toEqual({
        found: true,
        object: { bytes: new Uint8Array(), contentType: 'text/plain' },
      });
    });

    it('says that an object is missing', async () => {
      expect(await artifacts.get('nothing', ANY_SIZE)).toEqual({ found: false, why: 'missing' });
    });

    it.each([
      { maxBytes: 4, found: false },
      { maxBytes: 5, found: true },
      { maxBytes: 6, found: true },
    ])(
      'finds an object of 5 bytes under a cap of $maxBytes: $found',
      async ({ maxBytes, found }) => {
        await put('capped', 'bytes');
        const answer = await artifacts.get('capped', { maxBytes });
        expect(answer).toMatchObject(found ? { found } : { found, why: 'too-large' });
      },
    );

    it('replaces an object', async () => {
      await put('replaced', 'first');
      await put('replaced', 'second');
      expect(await artifacts.get('replaced', ANY_SIZE)).toMatchObject({
        object: { bytes: textBytes('second') },
      });
    });

    it('removes an object, and one that is not there', async () => {
      await put('removed', 'x');
      await artifacts.remove('removed');
      await artifacts.remove('removed');
      expect(await artifacts.get('removed', ANY_SIZE)).toEqual({ found: false, why: 'missing' });
    });

    it('removes every object below a prefix, and nothing beside it', async () => {
      for (const key of ['below/a/1', 'below/a/b/2', 'below/ab', 'below/a']) await put(key, 'x');
      await artifacts.removeAll('below/a/');
      await artifacts.removeAll('below/nothing/');
      const there = ['below/a/1', 'below/a/b/2', 'below/ab', 'below/a'].map((key) =>
        artifacts.size(key),
      );
      expect(await Promise.all(there)).toEqual([undefined, undefined, 1, 1]);
    });

    it.each([0, 1, 70_000])('tells the size of an object of %i bytes', async (bytes) => {
      await put('sized', 'x'.repeat(bytes));
      expect(await artifacts.size('sized')).toBe(bytes);
      expect(await artifacts.size('unsized')).toBeUndefined();
    });

    it('gives out copies', async () => {
      const bytes = textBytes('kept');
      await artifacts.put('copied', { bytes, contentType: 'text/plain' });
      bytes.fill(0);
      const answer = await artifacts.get('copied', ANY_SIZE);
      if (answer.found) answer.object.bytes.fill(0);
      expect(await artifacts.get('copied', ANY_SIZE)).toMatchObject({
        object: { bytes: textBytes('kept') },
      });
    });

    it('signs a URL that reads one object', async () => {
      await put('t/a b/ä+%.txt', 'through a URL');
      const url = await artifacts.readUrl('t/a b/ä+%.txt', { seconds: 60 });
      expect(await urls.download(url)).toEqual({ status: 200, bytes: textBytes('through a URL') });
      const missing = await artifacts.readUrl('no such object', { seconds: 60 });
      expect(await urls.download(missing)).toMatchObject({ status: 404 });
    });

    it('signs a URL that writes one object', async () => {
      const options = { seconds: 60, contentType: 'image/png' };
      const url = await artifacts.writeUrl('t/a b/ä+%.png', options);
      expect(await urls.upload(url, textBytes('picture'), 'image/png')).toBe(200);
      expect(await artifacts.get('t/a b/ä+%.png', ANY_SIZE)).toEqual({
        found: true,
        object: { bytes: textBytes('picture'), contentType: 'image/png' },
      });
    });

    it('signs nothing for more than a week', async () => {
      const seconds = 7 * 24 * 3600 + 1;
      await expect(artifacts.readUrl('key', { seconds })).rejects.toThrow();
      const options = { seconds, contentType: 'image/png' };
      await expect(artifacts.writeUrl('key', options)).rejects.toThrow();
    });
  });
}
