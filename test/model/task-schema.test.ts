import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { checkEnvelope } from '../../shared/intake/check-envelope.ts';
import { KINDS } from '../../shared/kinds/kinds.ts';
import { taskJsonSchema, taskJsonSchemaText } from '../../shared/kinds/task-json-schema.ts';
import { TaskEnvelope } from '../../shared/model/task.ts';

const FILE = new URL('../../shared/model/task.schema.json', import.meta.url);

const OneKind = z.object({
  title: z.string(),
  properties: z.record(z.string(), z.looseObject({ description: z.string().optional() })),
  required: z.array(z.string()),
  additionalProperties: z.literal(false),
  examples: z.array(z.unknown()).min(1),
});
const kinds = z.object({ oneOf: z.array(OneKind) }).parse(taskJsonSchema()).oneOf;

describe('task.schema.json', () => {
  it('is what the code says; if not, run `npm run schema`', () => {
    expect(readFileSync(FILE, 'utf8')).toBe(taskJsonSchemaText());
  });

  it('describes every kind', () => {
    expect(kinds.map(({ title }) => title).sort()).toEqual(KINDS.map(({ name }) => name).sort());
  });

  it('describes every field of the envelope, and demands only what has no default', () => {
    for (const { properties, required } of kinds) {
      expect(Object.keys(properties).sort()).toEqual(Object.keys(TaskEnvelope.shape).sort());
      for (const [field, { description = '' }] of Object.entries(properties)) {
        expect(description, field).toMatch(/^[A-Z].{20,}\.$/);
      }
      expect([...required].sort()).toEqual(['kind', 'spec', 'taskId']);
    }
  });

  it('has examples that may be sent as they stand', () => {
    const examples = kinds.flatMap((kind) => kind.examples);
    expect(examples.map((example) => checkEnvelope(example).ok)).toEqual(examples.map(() => true));
  });
});
