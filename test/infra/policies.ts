import type { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { resourcesOf } from './stack.ts';

const strings = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const Statement = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: strings,
  Resource: z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]),
  Condition: z.record(z.string(), z.record(z.string(), strings)).default({}),
});
export type Statement = z.infer<typeof Statement>;

const Document = z.object({ Statement: z.array(Statement) });
const Ref = z.object({ Ref: z.string() });

/** What each role may do, by the role's logical id. */
export function statementsByRole(template: Template): Map<string, Statement[]> {
  const byRole = new Map<string, Statement[]>();
  for (const { Properties } of resourcesOf(template, 'AWS::IAM::Policy').values()) {
    const { Statement: statements } = Document.parse(Properties.PolicyDocument);
    for (const { Ref: role } of z.array(Ref).parse(Properties.Roles)) {
      byRole.set(role, [...(byRole.get(role) ?? []), ...statements]);
    }
  }
  return byRole;
}

/** A logical id without the hash CDK adds, and without the names of the scopes above. */
const plain = (id: string): string =>
  id.replace(/^Scheduler/, '').replace(/[0-9A-F]{8}(?=$|[0-9a-f]{32}$)/, '');

/** A value of a template as a person reads it: `<LedgerTable.Arn>/index/due`. */
function readable(value: unknown): string {
  if (typeof value === 'string') return value;
  const reference = z.object({ Ref: z.string() }).safeParse(value);
  if (reference.success) return `<${plain(reference.data.Ref)}>`;
  const attribute = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) }).safeParse(value);
  if (attribute.success) {
    const [id, name] = attribute.data['Fn::GetAtt'];
    return `<${plain(id)}.${name}>`;
  }
  const joined = z
    .object({ 'Fn::Join': z.tuple([z.string(), z.array(z.unknown())]) })
    .safeParse(value);
  if (joined.success) return joined.data['Fn::Join'][1].map(readable).join('');
  throw new Error(`no words for ${JSON.stringify(value)}`);
}

/** One line per action and resource, sorted: what a role may do, and under which conditions. */
export const lines = (statements: readonly Statement[]): string[] =>
  statements
    .flatMap(({ Effect, Action, Resource, Condition }) => {
      if (Effect !== 'Allow') throw new Error('a role here only allows');
      const when = Object.entries(Condition).flatMap(([operator, tests]) =>
        Object.entries(tests).map(([key, values]) => `${operator} ${key} ${values.join(' ')}`),
      );
      const rest = when.length === 0 ? '' : ` if ${when.join(', ')}`;
      return Action.flatMap((action) =>
        Resource.map((resource) => `${action} on ${readable(resource)}${rest}`),
      );
    })
    .toSorted();
