import { readFileSync } from 'node:fs';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { BurstStack } from '../../infra/aws/burst-stack.ts';
import type { BurstSchedulerProps } from '../../infra/aws/scheduler-props.ts';

export const IMAGE = `registry.example/burst/worker@sha256:${'a'.repeat(64)}`;

const CdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/** The stack's template under the flags of `cdk.json`. Functions are left unbundled, which takes seconds. */
export function synthesise(props: BurstSchedulerProps): Template {
  const { context } = CdkJson.parse(JSON.parse(readFileSync('cdk.json', 'utf8')));
  const app = new App({
    context: { ...context, 'aws:cdk:bundling-stacks': [] },
    builtinCloudFormationValidation: false,
  });
  return Template.fromStack(new BurstStack(app, 'Burst', props));
}

const Resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
});
type Resource = z.infer<typeof Resource>;

/** Resources of one type, by logical id. */
export const resourcesOf = (template: Template, type: string): Map<string, Resource> =>
  new Map(Object.entries(z.record(z.string(), Resource).parse(template.findResources(type))));

const strings = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
const Statement = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: strings,
  Resource: z
    .union([z.array(z.unknown()), z.unknown().transform((one) => [one])])
    .transform((all) => all.map((one) => JSON.stringify(one))),
});
export type Statement = z.infer<typeof Statement>;

const Document = z.object({ Statement: z.array(Statement) });
const Ref = z.object({ Ref: z.string() });

/** What each role may do, by the role's logical id. No role here has a managed or an inline policy. */
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

const Attribute = z.object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) });

/** The resource an `Fn::GetAtt … Arn` names. */
export function arnOwner(value: unknown): string {
  const [owner, attribute] = Attribute.parse(value)['Fn::GetAtt'];
  if (attribute !== 'Arn') throw new Error(`${owner}.${attribute} is no ARN`);
  return owner;
}

const FunctionProperties = z.object({
  Description: z.string(),
  Timeout: z.number(),
  MemorySize: z.number(),
  Runtime: z.string(),
  Architectures: z.array(z.string()),
  Role: z.unknown().transform(arnOwner),
  Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
});
export type FunctionProperties = z.infer<typeof FunctionProperties> & { readonly id: string };

/** The functions of the stack by stage. */
export const functionsOf = (template: Template): Map<string, FunctionProperties> =>
  new Map(
    Array.from(resourcesOf(template, 'AWS::Lambda::Function'), ([id, { Properties }]) => {
      const read = FunctionProperties.parse(Properties);
      return [read.Description.replace('Burst: ', ''), { ...read, id }];
    }),
  );
