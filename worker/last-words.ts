import { stripVTControlCharacters } from 'node:util';

/** Bytes kept of what a program writes. */
const KEPT_BYTES = 4096;

/** Characters of them that are told. */
const TOLD = 220;

/** One line of printable ASCII: what strangers' programs write must not move a terminal's cursor. */
export const printable = (text: string): string =>
  stripVTControlCharacters(text)
    .replace(/\s+/g, ' ')
    .replace(/[^ -~]/g, '?')
    .trim();

/** Keeps the end of what a program writes, however much that is. */
export function createLastWords() {
  let kept = Buffer.alloc(0);
  return {
    add(more: Buffer): void {
      kept = Buffer.concat([kept, more]).subarray(-KEPT_BYTES);
    },
    text: (): string => printable(kept.toString('utf8')).slice(-TOLD),
  };
}
