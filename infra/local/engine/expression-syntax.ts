import jsonata from 'jsonata';

/** What an expression reaches for outside itself, found without running it. */
export interface References {
  /** Variables it reads and does not bind: workflow variables, functions, `states`. */
  readonly variables: ReadonlySet<string>;
  /** Members of `$states` it names: input, result, errorOutput, context. */
  readonly statesMembers: ReadonlySet<string>;
  /** Names and `$` used where there is no data to look them up in. They would yield nothing. */
  readonly contextless: ReadonlySet<string>;
}

type Node = Readonly<Record<string, unknown>>;

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const nameOf = (node: unknown): string => (isNode(node) ? text(node.value) : '');
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/**
 * Reads the syntax tree of an expression.
 *
 * @throws Error with the parser's message when the text does not compile.
 */
export function referencesOf(expression: string): References {
  const variables = new Set<string>();
  const statesMembers = new Set<string>();
  const contextless = new Set<string>();

  /** @param top - No step has yet given names and `$` anything to refer to. */
  function walk(node: unknown, bound: Set<string>, top: boolean): void {
    if (Array.isArray(node)) {
      for (const part of node) walk(part, bound, top);
      return;
    }
    if (!isNode(node)) return;
    switch (node.type) {
      case 'variable':
        visitVariable(text(node.value), bound, top);
        break;
      case 'name':
      case 'wildcard':
      case 'descendant':
        if (top) contextless.add(text(node.value) || '%');
        break;
      case 'path':
        walkPath(list(node.steps), bound, top);
        break;
      case 'block':
        walkBlock(list(node.expressions), new Set(bound), top);
        break;
      case 'bind':
        walk(node.rhs, bound, top);
        break;
      case 'lambda':
        walk(node.body, new Set([...bound, ...list(node.arguments).map(nameOf)]), top);
        break;
      case 'transform':
      case 'sort':
        walkParts(node, bound, false);
        return;
      default:
        walkParts(node, bound, top);
        return;
    }
    for (const part of [node.predicate, node.stages, node.group]) walk(part, bound, false);
  }

  /** `$` is the context, `$$` the root: neither exists where no data has been named. */
  function visitVariable(name: string, bound: ReadonlySet<string>, top: boolean) {
    if (name === '$' || (name === '' && top)) contextless.add(`$${name}`);
    else if (name !== '' && !bound.has(name)) variables.add(name);
  }

  function walkPath(steps: readonly unknown[], bound: Set<string>, top: boolean) {
    const [first, second] = steps;
    if (isNode(first) && first.type === 'variable' && first.value === 'states') {
      if (isNode(second) && second.type === 'name') statesMembers.add(text(second.value));
    }
    steps.forEach((step, index) => {
      walk(step, bound, top && index === 0);
      if (isNode(step)) for (const name of [step.focus, step.index]) bound.add(text(name));
    });
  }

  function walkBlock(expressions: readonly unknown[], bound: Set<string>, top: boolean) {
    for (const expression of expressions) {
      if (isNode(expression) && expression.type === 'bind') bound.add(nameOf(expression.lhs));
      walk(expression, bound, top);
    }
  }

  function walkParts(node: Node, bound: Set<string>, top: boolean) {
    for (const [key, part] of Object.entries(node)) {
      walk(part, bound, top && key !== 'predicate' && key !== 'stages' && key !== 'group');
    }
  }

  walk(jsonata(expression).ast(), new Set(), true);
  return { variables, statesMembers, contextless };
}
