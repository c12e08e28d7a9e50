import { MAX_MESSAGE_BYTES, MAX_MESSAGE_DEPTH } from '../model/task.ts';
import { quoted, type Refusal, refusal } from './refusal.ts';

/** Most keys in one message, all objects together. */
const MAX_KEYS = 10_000;

/** Names that reach into JavaScript's object model. No field is called like that. */
const OBJECT_MODEL_KEYS = new Set(['__proto__', 'constructor', 'prototype']);

export type Parsed =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly refusal: Refusal };

const no = (...args: Parameters<typeof refusal>): Parsed => ({
  ok: false,
  refusal: refusal(...args),
});

/**
 * JSON from a stranger. Beyond `JSON.parse` it bounds size, depth and keys before anything is built,
 * and refuses what two parsers may read differently: duplicate keys, lone surrogates, control
 * characters. Time is linear in the length; nothing throws.
 */
export function parseJsonText(text: string): Parsed {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_MESSAGE_BYTES) {
    return no('E_TOO_LARGE', '', `at most ${MAX_MESSAGE_BYTES} bytes; got ${bytes}`);
  }
  if (text.trim() === '') return no('E_BODY_EMPTY', '', 'the message is empty; send one JSON object');
  if (/\p{Surrogate}/u.test(text)) return no('E_UTF8', '', 'contains half of a surrogate pair');
  const depth = depthOf(text);
  if (depth > MAX_MESSAGE_DEPTH) {
    return no('E_DEPTH', '', `nested deeper than ${MAX_MESSAGE_DEPTH}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return no('E_JSON', '', `not JSON: ${quoted(detail, 120)}`);
  }
  const bad = badKey(text) ?? badString(value, '');
  return bad === undefined ? { ok: true, value } : { ok: false, refusal: bad };
}

/** Deepest nesting of brackets outside strings; stops counting once it is too deep. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (let at = 0; at < text.length && deepest <= MAX_MESSAGE_DEPTH; at += 1) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === '{' || char === '[') deepest = Math.max(deepest, ++depth);
    else if (char === '}' || char === ']') depth -= 1;
  }
  return deepest;
}

/** Index of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** Looks at every key of valid JSON: none twice in one object, none from the object model, not too many. */
function badKey(text: string): Refusal | undefined {
  const open: (Set<string> | undefined)[] = [];
  let keys = 0;
  let before = '';
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (char === '{') open.push(new Set());
    else if (char === '[') open.push(undefined);
    else if (char === '}' || char === ']') open.pop();
    else if (char === '"') {
      const end = endOfString(text, at);
      const siblings = open.at(-1);
      if (siblings !== undefined && before !== ':') {
        const key = String(JSON.parse(text.slice(at, end + 1)));
        const bad = badName(key, siblings);
        if (bad !== undefined) return bad;
        siblings.add(key);
        keys += 1;
        if (keys > MAX_KEYS) return refusal('E_KEYS', '', `more than ${MAX_KEYS} keys`);
      }
      at = end;
    }
    if (!/\s/.test(char)) before = char;
  }
  return undefined;
}

function badName(key: string, siblings: ReadonlySet<string>): Refusal | undefined {
  if (OBJECT_MODEL_KEYS.has(key)) {
    return refusal('E_UNKNOWN_FIELD', key, 'no field has this name; remove it');
  }
  if (siblings.has(key)) {
    return refusal('E_DUPLICATE_KEY', key, 'stands twice in one object; keep one');
  }
  return undefined;
}

/** Text that SQS, DynamoDB or a terminal would not carry unchanged, and pasted secrets. */
function badString(value: unknown, path: string): Refusal | undefined {
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) return refusal('E_UTF8', path, 'half of a surrogate pair');
    if (/[\0\ufffe\uffff]/.test(value)) {
      return refusal('E_CHAR', path, 'U+0000, U+FFFE and U+FFFF are not allowed');
    }
    if (looksSecret(value)) {
      return refusal('E_LOOKS_SECRET', path, 'looks like a private key or an API key; take it out');
    }
    return undefined;
  }
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const bad =
      badString(key, path) ?? badString(inner, path === '' ? key : `${path}.${quoted(key)}`);
    if (bad !== undefined) return bad;
  }
  return undefined;
}

/** An AWS access key id, a base58 key pair as Solana wallets export it (64 bytes), an io.net key, a PEM key. */
const looksSecret = (text: string): boolean =>
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b/.test(text) ||
  /\b[1-9A-HJ-NP-Za-km-z]{86,88}\b/.test(text) ||
  /\bio-v[0-9]-[A-Za-z0-9._-]{20,}/.test(text) ||
  /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text);
