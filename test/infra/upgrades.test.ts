import type { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, it } from 'vitest';
import * as z from 'zod';
import { IMAGE, resourcesOf, synthesise } from './stack.ts';

/** Two revisions of one deployment: the second has other settings, and so other functions. */
let before: Template;
let after: Template;

beforeAll(() => {
  const images = { 'nft.generative': IMAGE };
  const settings = { allowCpuExecutor: true };
  before = synthesise({ images, settings });
  after = synthesise({ images, settings, dayCapUsd: 20 });
});

const FUNCTION_VERSION = 'AWS::Lambda::Version';
const idsOf = (template: Template, type: string) => [...resourcesOf(template, type).keys()];
const named = (template: Template): Record<string, unknown> => {
  const [machine] = resourcesOf(template, 'AWS::StepFunctions::StateMachine').values();
  return z
    .object({ DefinitionSubstitutions: z.record(z.string(), z.unknown()) })
    .parse(machine?.Properties).DefinitionSubstitutions;
};

describe('a second revision', () => {
  it('names other versions of every function that is called', () => {
    const [old, young] = [named(before), named(after)];
    expect(Object.keys(old).length).toBe(6);
    for (const [token, version] of Object.entries(old)) {
      expect(young[token]).not.toEqual(version);
    }
  });

  it('leaves the versions and the machine version of the first where they are', () => {
    const gone = idsOf(before, FUNCTION_VERSION).filter(
      (id) => !idsOf(after, FUNCTION_VERSION).includes(id),
    );
    expect(gone).toHaveLength(6);
    for (const type of [FUNCTION_VERSION, 'AWS::StepFunctions::StateMachineVersion']) {
      for (const { DeletionPolicy, UpdateReplacePolicy } of resourcesOf(before, type).values()) {
        expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain']);
      }
    }
  });

  it('keeps functions, machine and roles: what runs goes on under the same ARNs', () => {
    for (const type of [
      'AWS::Lambda::Function',
      'AWS::StepFunctions::StateMachine',
      'AWS::IAM::Role',
      'AWS::DynamoDB::Table',
      'AWS::S3::Bucket',
    ]) {
      expect(idsOf(after, type)).toEqual(idsOf(before, type));
    }
  });

  it('publishes another machine version and has the alias name it', () => {
    for (const template of [before, after]) {
      const [[id, version] = ['', undefined]] = resourcesOf(
        template,
        'AWS::StepFunctions::StateMachineVersion',
      );
      const [machine] = idsOf(template, 'AWS::StepFunctions::StateMachine');
      expect(version?.Properties.StateMachineRevisionId).toEqual({
        'Fn::GetAtt': [machine, 'StateMachineRevisionId'],
      });
      const [alias] = resourcesOf(template, 'AWS::StepFunctions::StateMachineAlias').values();
      expect(alias?.Properties.RoutingConfiguration).toEqual([
        { StateMachineVersionArn: { 'Fn::GetAtt': [id, 'Arn'] }, Weight: 100 },
      ]);
    }
  });

  it('lets an execution of the first call the versions it began with', () => {
    const [policy] = [...resourcesOf(after, 'AWS::IAM::Policy').values()].filter(({ Properties }) =>
      JSON.stringify(Properties.Roles).includes('MachineStateMachineRole'),
    );
    const text = JSON.stringify(policy?.Properties.PolicyDocument);
    const called = [...text.matchAll(/\["(\w+)","Arn"\]\},":\*"/g)].map(([, id]) => id);
    expect(called).toHaveLength(6);
    expect(
      called.filter((id) => !idsOf(after, 'AWS::Lambda::Function').includes(id ?? '')),
    ).toEqual([]);
  });
});
