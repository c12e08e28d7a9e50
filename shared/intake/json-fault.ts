type Expected =
  | 'value'
  | 'value or end'
  | 'key'
  | 'key or end'
  | 'colon'
  | 'comma or end'
  | 'nothing';

const SPACE = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON allows none of them inside a string.
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const SCALAR = /(?:-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null)/y;

/**
 * Index at which `text` stops being the beginning of one JSON value; its length when it merely ends too
 * early or is JSON. `JSON.parse` tells the place of some faults only, and quotes the text around it, which
 * may be a secret.
 */
export function jsonFaultAt(text: string): number {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let at = 0;

  const skip = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    const found = pattern.test(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const afterValue = (): Expected => (open.length === 0 ? 'nothing' : 'comma or end');

  for (skip(SPACE); at < text.length; skip(SPACE)) {
    const char = text[at];
    const inside = open.at(-1);
    const mayEnd = expected.endsWith('or end') && char === (inside === '{' ? '}' : ']');
    if (mayEnd) {
      open.pop();
      at += 1;
      expected = afterValue();
    } else if (expected === 'comma or end' && char === ',') {
      at += 1;
      expected = inside === '{' ? 'key' : 'value';
    } else if (expected === 'colon' && char === ':') {
      at += 1;
      expected = 'value';
    } else if (expected === 'key' || expected === 'key or end') {
      if (!skip(STRING)) return at;
      expected = 'colon';
    } else if (expected === 'value' || expected === 'value or end') {
      if (char === '{' || char === '[') {
        open.push(char);
        at += 1;
        expected = char === '{' ? 'key or end' : 'value or end';
      } else if (skip(STRING) || skip(SCALAR)) expected = afterValue();
      else return at;
    } else return at;
  }
  return at;
}
