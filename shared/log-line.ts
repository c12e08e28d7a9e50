/**
 * One event as one line of JSON in printable ASCII. `JSON.stringify` alone leaves what some viewers take for
 * a line end (U+2028) or a terminal for a command (U+009B), and text in it comes from strangers.
 */
export const logLine = (event: Readonly<Record<string, unknown>>): string =>
  `${JSON.stringify(event).replace(/[^\x20-\x7e]/g, escaped)}\n`;

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
