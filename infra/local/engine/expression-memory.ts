import type jsonata from 'jsonata';

/** Results of one expression by what it read. */
export interface Remembered {
  /** Names what the expression would read; undefined when that is more than a few plain values. */
  keyOf(bindings: Readonly<Record<string, unknown>>): string | undefined;
  get(key: string): unknown;
  keep(key: string, value: unknown): void;
}

/** Results kept of one expression; a machine's conditions meet few different values. */
const MAX_KEPT = 2000;

/** Functions whose value follows from their arguments alone. */
const PURE_FUNCTIONS: ReadonlySet<string> = new Set(
  'abs ceil floor round power sqrt min max sum not boolean number string length contains'.split(
    ' ',
  ),
);

/**
 * A memory for an expression that is a function of a few plain values: conditions and counters, which make
 * up most of what a machine evaluates, and which the library takes tens of microseconds for. Undefined for
 * any other expression: one that asks for the time or for chance, binds variables, or walks through data.
 */
export function rememberedResults(compiled: jsonata.Expression): Remembered | undefined {
  const paths = plainPathsOf(compiled.ast());
  if (paths === undefined) return undefined;
  const results = new Map<string, unknown>();
  return {
    keyOf(bindings) {
      let key = '';
      for (const path of paths) {
        const value = plainValueAt(path, bindings);
        if (typeof value === 'object') return undefined;
        key += `${typeof value} ${String(value).length} ${value},`;
      }
      return key;
    },
    get: (key) => results.get(key),
    keep(key, value) {
      if (typeof value === 'object') return;
      if (results.size >= MAX_KEPT) results.clear();
      results.set(key, value);
    },
  };
}

/** The value at the end of a path of maps. Where the path leads through anything else, that: it is no plain value. */
function plainValueAt(path: readonly string[], bindings: Readonly<Record<string, unknown>>) {
  let value: unknown = bindings;
  for (const name of path) {
    if (value === undefined) return undefined;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return [value];
    value = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
  }
  return value;
}

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keys of a syntax node that say nothing about what it reads. */
const SILENT = new Set(['position', 'type', 'value']);

/** The variables' paths an expression reads; undefined when it does anything beside reading and computing. */
function plainPathsOf(tree: unknown): readonly (readonly string[])[] | undefined {
  const paths: string[][] = [];

  const isPlain = (node: unknown): boolean => {
    if (Array.isArray(node)) return node.every(isPlain);
    if (!isNode(node)) return true;
    switch (node.type) {
      case 'string':
      case 'number':
      case 'value':
        return true;
      case 'variable':
        return isPath([node]);
      case 'path':
        return Array.isArray(node.steps) && hasOnly(node, ['steps']) && isPath(node.steps);
      case 'binary':
        return isPlain(node.lhs) && isPlain(node.rhs);
      case 'unary':
        return (node.value === '-' || node.value === '[') && areRestPlain(node);
      case 'block':
      case 'condition':
        return areRestPlain(node);
      case 'function':
        return isPureCall(node);
      default:
        return false;
    }
  };
  const areRestPlain = (node: Node) =>
    Object.entries(node).every(([key, part]) => SILENT.has(key) || isPlain(part));
  const isPureCall = ({ procedure, arguments: given }: Node) =>
    isNode(procedure) && PURE_FUNCTIONS.has(String(procedure.value)) && isPlain(given);
  const isPath = (steps: readonly unknown[]): boolean => {
    const names: string[] = [];
    for (const [index, step] of steps.entries()) {
      if (!isNode(step) || step.type !== (index === 0 ? 'variable' : 'name')) return false;
      if (!hasOnly(step, []) || typeof step.value !== 'string' || step.value === '') return false;
      names.push(step.value);
    }
    paths.push(names);
    return true;
  };
  return isPlain(tree) ? paths : undefined;
}

const hasOnly = (node: Node, keys: readonly string[]): boolean =>
  Object.entries(node).every(
    ([key, value]) => SILENT.has(key) || keys.includes(key) || value === undefined,
  );
