import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { type JsonSchema, problemsOf } from './json-schema.ts';

/** io.net's published API file. It has no licence, so it is not part of this repository. */
const API_FILE = new URL('../../../shared/reference/ionet-openapi-caas.json', import.meta.url);

export const hasApiFile = existsSync(API_FILE);

const Schema = z.custom<JsonSchema>((value) => typeof value === 'object' && value !== null);
const Content = z.object({
  content: z.object({ 'application/json': z.object({ schema: Schema }) }),
});
const ApiFile = z.object({
  paths: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        parameters: z
          .array(
            z.object({ name: z.string(), in: z.string(), required: z.boolean(), schema: Schema }),
          )
          .default([]),
        requestBody: Content.optional(),
        responses: z.looseObject({ '200': Content }),
      }),
    ),
  ),
  components: z.object({ schemas: z.record(z.string(), Schema) }),
});

const BASE = '/enterprise/v1/io-cloud/caas';

/** Checks requests and replies against the published file. Call only where {@link hasApiFile}. */
export function apiFile() {
  const file = ApiFile.parse(JSON.parse(readFileSync(API_FILE, 'utf8')));

  const resolve = (ref: string): JsonSchema => {
    const schema = file.components.schemas[ref.replace('#/components/schemas/', '')];
    if (schema === undefined) throw new Error(`${ref} is not in the API file`);
    return schema;
  };

  /** The operation behind a path such as `/deployment/abc/log/def`. */
  function operationOf(method: string, path: string) {
    const below = path.replace(BASE, '');
    const found = Object.entries(file.paths).find(([template]) => {
      if (!template.startsWith(BASE)) return false;
      const pattern = template.slice(BASE.length).replaceAll(/\{[^}]+\}/g, '[^/]+');
      return new RegExp(`^${pattern}$`).test(below);
    });
    const operation = found?.[1][method.toLowerCase()];
    if (operation === undefined) throw new Error(`${method} ${below} is not in the API file`);
    return operation;
  }

  return {
    problemsOfRequest(request: {
      readonly method: string;
      readonly path: string;
      readonly query: Readonly<Record<string, string>>;
      readonly body: unknown;
    }): string[] {
      const { parameters, requestBody } = operationOf(request.method, request.path);
      const known = parameters.filter((one) => one.in === 'query');
      const lacking = known.filter((one) => one.required && !(one.name in request.query));
      const unknown = Object.keys(request.query).filter(
        (name) => !known.some((one) => one.name === name),
      );
      const values = known.flatMap(({ name, schema }) => {
        const value = request.query[name];
        if (value === undefined) return [];
        const typed = schema.type === 'integer' ? Number(value) : value;
        return problemsOf(schema, typed, resolve, `?${name}`);
      });
      const schema = requestBody?.content['application/json'].schema;
      return [
        ...lacking.map(({ name }) => `?${name} is missing`),
        ...unknown.map((name) => `?${name} is not known`),
        ...values,
        ...(schema === undefined ? [] : problemsOf(schema, request.body, resolve)),
      ];
    },

    problemsOfReply(method: string, path: string, body: unknown): string[] {
      const { responses } = operationOf(method, path);
      return problemsOf(responses['200'].content['application/json'].schema, body, resolve);
    },
  };
}
