import { readFileSync } from 'node:fs';
import { App, type Environment } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import * as z from 'zod';
import { BurstStack, type BurstStackProps } from '../../infra/aws/burst-stack.ts';

export const IMAGE = `registry.example/burst/worker@sha256:${'a'.repeat(64)}`;

const CdkJson = z.object({ context: z.record(z.string(), z.unknown()) });

/** The app of `cdk.json`. Functions are left unbundled and templates unvalidated, which take seconds. */
export function anApp(): App {
  const { context } = CdkJson.parse(JSON.parse(readFileSync('cdk.json', 'utf8')));
  return new App({
    context: { ...context, 'aws:cdk:bundling-stacks': [] },
    builtinCloudFormationValidation: false,
  });
}

/** The stack's template under the flags of `cdk.json`. */
export const synthesise = (props: BurstStackProps, env?: Environment): Template =>
  Template.fromStack(new BurstStack(anApp(), 'Burst', props, env && { env }));

const Resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
  UpdateReplacePolicy: z.string().optional(),
});
type Resource = z.infer<typeof Resource>;

/** Resources of one type, by logical id. */
export const resourcesOf = (template: Template, type: string): Map<string, Resource> =>
  new Map(Object.entries(z.record(z.string(), Resource).parse(template.findResources(type))));

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
  ReservedConcurrentExecutions: z.number().optional(),
  LoggingConfig: z.object({ LogFormat: z.string(), LogGroup: z.object({ Ref: z.string() }) }),
  TracingConfig: z.object({ Mode: z.string() }),
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
