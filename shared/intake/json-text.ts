import { MAX_MESSAGE_BYTES, MAX_MESSAGE_DEPTH } from '../model/task.ts';
import { jsonFaultAt } from './json-fault.ts';
import { looksSecret } from './looks-secret.ts';
import { type Refusal, refusal } from './refusal.ts';

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
 * characters. Time is linear in the length; nothing throws, and no refusal repeats a secret.
 */
export function parseJsonText(text: string): Parsed {
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_MESSAGE_BYTES) {
    const mend = 'put large inputs elsewhere and send fewer bytes';
    return no('E_TOO_LARGE', '', `at most ${MAX_MESSAGE_BYTES} bytes; got ${bytes}; ${mend}`);
  }
  if (text.trim() === '') {
    return no('E_BODY_EMPTY', '', 'the message is empty; send one JSON object');
  }
  if (text.startsWith('\ufeff')) {
    return no('E_JSON', '', 'begins with a byte order mark; send the JSON alone');
  }
  if (/\p{Surrogate}/u.test(text)) return no('E_UTF8', '', HALF_A_PAIR);
  const { depth, keys } = shapeOf(text);
  if (depth > MAX_MESSAGE_DEPTH) {
    return no('E_DEPTH', '', `nested deeper than ${MAX_MESSAGE_DEPTH}; flatten it`);
  }
  if (keys > MAX_KEYS) return no('E_KEYS', '', `more than ${MAX_KEYS} keys; send fewer`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return notJson(text);
  }
  const bad = badString(value, '') ?? badKey(text);
  return bad === undefined ? { ok: true, value } : { ok: false, refusal: bad };
}

const HALF_A_PAIR = 'contains half of a surrogate pair; send whole Unicode characters';

/** Says where, never what: whoever pastes a key by mistake must not read it in a record. */
function notJson(text: string): Parsed {
  const fault = jsonFaultAt(text);
  const offset = Buffer.byteLength(text.slice(0, fault));
  return no(
    'E_JSON',
    '',
    fault < text.length
      ? `not JSON from byte ${offset} on; send one JSON object and nothing behind it`
      : `the JSON ends too early, at byte ${offset}; send the whole object`,
  );
}

/**
 * Deepest nesting of brackets and number of keys, both counted outside strings; stops once it is too deep.
 * In JSON a colon outside a string follows a key and nothing else.
 */
function shapeOf(text: string): { depth: number; keys: number } {
  let depth = 0;
  let deepest = 0;
  let keys = 0;
  for (let at = 0; at < text.length && deepest <= MAX_MESSAGE_DEPTH; at += 1) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === '{' || char === '[') deepest = Math.max(deepest, ++depth);
    else if (char === '}' || char === ']') depth -= 1;
    else if (char === ':') keys += 1;
  }
  return { depth: deepest, keys };
}

/** Index of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at;
}

/** An object or array the scan is inside of, and where in it: the key, or the index. */
interface Frame {
  readonly siblings: Set<string> | undefined;
  at: string | number;
}

/** Looks at every key of valid JSON: none twice in one object, none from the object model. */
function badKey(text: string): Refusal | undefined {
  const open: Frame[] = [];
  let keyIsNext = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    const frame = open.at(-1);
    if (char === '{') open.push({ siblings: new Set(), at: '' });
    else if (char === '[') open.push({ siblings: undefined, at: 0 });
    else if (char === '}' || char === ']') open.pop();
    else if (char === ',' && typeof frame?.at === 'number') frame.at += 1;
    if (char === '{' || char === ',') keyIsNext = open.at(-1)?.siblings !== undefined;
    if (char !== '"') continue;
    const end = endOfString(text, at);
    if (keyIsNext && frame?.siblings !== undefined) {
      frame.at = String(JSON.parse(text.slice(at, end + 1)));
      const bad = badName(frame.at, frame.siblings, open.map((outer) => outer.at).join('.'));
      if (bad !== undefined) return bad;
      frame.siblings.add(frame.at);
      keyIsNext = false;
    }
    at = end;
  }
  return undefined;
}

function badName(key: string, siblings: ReadonlySet<string>, path: string): Refusal | undefined {
  if (OBJECT_MODEL_KEYS.has(key)) {
    return refusal('E_UNKNOWN_FIELD', path, 'no field has this name; remove it');
  }
  if (siblings.has(key)) {
    return refusal('E_DUPLICATE_KEY', path, 'stands twice in one object; keep one');
  }
  return undefined;
}

/** Text that SQS, DynamoDB or a terminal would not carry unchanged, and pasted secrets. */
function badString(value: unknown, path: string): Refusal | undefined {
  if (looksSecret(value)) {
    return refusal('E_LOOKS_SECRET', path, 'looks like a private key or an API key; take it out');
  }
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) return refusal('E_UTF8', path, HALF_A_PAIR);
    if (/[\0\ufffe\uffff]/.test(value)) {
      return refusal('E_CHAR', path, 'U+0000, U+FFFE and U+FFFF are not allowed; remove them');
    }
    return undefined;
  }
  if (value === null || typeof value !== 'object') return undefined;
  for (const [key, inner] of Object.entries(value)) {
    const bad = badString(key, path) ?? badString(inner, path === '' ? key : `${path}.${key}`);
    if (bad !== undefined) return bad;
  }
  return undefined;
}
