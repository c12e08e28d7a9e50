import { existsSync, readFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import * as z from 'zod';
import { type JsonSchema, problemsOf } from './json-schema.ts';

/**
 * io.net's published API file. It has no licence, so it is no part of this repository: it is used where a copy
 * lies beside it.
 */
const PLACE = '../shared/reference/ionet-openapi-caas.json';
const API_FILE = new URL(`../../${PLACE}`, import.meta.url);

const hasApiFile = existsSync(API_FILE);
const ABSENT = `io.net's API file is not at ${PLACE}: checked against hand-written fixtures only`;

if (!hasApiFile) process.stderr.write(`${ABSENT}\n`);

/** Where the file is absent, skips the test that asks; the report says why. */
export function skipWithoutApiFile({
  skip,
}: {
  readonly skip: (condition: boolean, note: string) => void;
}): void {
  skip(!hasApiFile, ABSENT);
}

const Schema = z.custom<JsonSchema>((value) => typeof value === 'object' && value !== null);
const Content = z.object({
  content: z.object({ 'application/json': z.object({ schema: Schema }) }),
});
const Operation = z.object({
  parameters: z
    .array(z.object({ name: z.string(), in: z.string(), required: z.boolean(), schema: Schema }))
    .default([]),
  requestBody: Content.optional(),
  responses: z.looseObject({ '200': Content, '422': Content }),
});
const ApiFile = z.object({
  paths: z.record(z.string(), z.record(z.string(), Operation)),
  components: z.object({ schemas: z.record(z.string(), Schema) }),
});

const BASE = '/enterprise/v1/io-cloud/caas';

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

export type ApiFile = ReturnType<typeof apiFile>;

/** Checks requests and replies against the published file. Only after {@link skipWithoutApiFile}. */
export function apiFile() {
  const file = ApiFile.parse(JSON.parse(readFileSync(API_FILE, 'utf8')));

  const resolve = (ref: string): JsonSchema => {
    const schema = file.components.schemas[ref.replace('#/components/schemas/', '')];
    if (schema === undefined) throw new Error(`${ref} is not in the API file`);
    return schema;
  };

  /** The operation behind a path such as `/deployment/abc/log/def`, and what stands in the path. */
  function operationOf(method: string, path: string) {
    for (const [template, methods] of Object.entries(file.paths)) {
      const names = Array.from(template.matchAll(/\{([^}]+)\}/g), ([, name = '']) => name);
      const pattern = template.replaceAll(/\{[^}]+\}/g, '([^/]+)');
      const match = new RegExp(`^${pattern}$`).exec(path);
      const operation = methods[method.toLowerCase()];
      if (match === null || operation === undefined) continue;
      const values = match.slice(1).map(decodeURIComponent);
      return {
        template,
        operation,
        ids: Object.fromEntries(names.map((n, at) => [n, values[at]])),
      };
    }
    throw new Error(`${method} ${path} is not in the API file`);
  }

  function problemsOfBody({ requestBody }: z.infer<typeof Operation>, seen: SeenRequest): string[] {
    if (requestBody === undefined) return seen.body === undefined ? [] : ['it has a body'];
    const type = seen.headers['content-type'] ?? 'no content-type';
    return [
      ...(type.startsWith('application/json') ? [] : [`its body is ${type}`]),
      ...problemsOf(requestBody.content['application/json'].schema, seen.body, resolve),
    ];
  }

  return {
    resolve,

    /** Every endpoint of the container API as `GET /price`. */
    endpoints: Object.entries(file.paths)
      .filter(([template]) => template.startsWith(BASE))
      .flatMap(([template, methods]) =>
        Object.keys(methods).map((verb) => `${verb.toUpperCase()} ${template.slice(BASE.length)}`),
      ),

    endpointOf: ({ method, path }: Pick<SeenRequest, 'method' | 'path'>): string =>
      `${method} ${operationOf(method, path).template.slice(BASE.length)}`,

    /** What is wrong in path, query, headers and body; io.net's pages require the key, the file does not. */
    problemsOfRequest(seen: SeenRequest): string[] {
      const { operation, ids } = operationOf(seen.method, seen.path);
      const given: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
        path: ids,
        query: seen.query,
        header: seen.headers,
      };
      const known = operation.parameters.filter((one) => one.in === 'query');
      const unknown = Object.keys(seen.query).filter(
        (name) => !known.some((one) => one.name === name),
      );
      const parameters = operation.parameters.flatMap(({ name, in: where, required, schema }) => {
        const value = given[where]?.[name];
        if (value === undefined) return required ? [`${where} ${name} is missing`] : [];
        const typed = schema.type === 'integer' ? Number(value) : value;
        return problemsOf(schema, typed, resolve, `${where} ${name}`);
      });
      return [
        ...(seen.headers['x-api-key'] === undefined ? ['header x-api-key is missing'] : []),
        ...unknown.map((name) => `query ${name} is not known`),
        ...parameters,
        ...problemsOfBody(operation, seen),
      ].map((problem) => `${seen.method} ${seen.path}: ${problem}`);
    },

    replySchema: (method: string, path: string, status: '200' | '422' = '200'): JsonSchema =>
      operationOf(method, path).operation.responses[status].content['application/json'].schema,

    problemsOfReply(
      method: string,
      path: string,
      body: unknown,
      status: '200' | '422' = '200',
    ): string[] {
      return problemsOf(this.replySchema(method, path, status), body, resolve);
    },
  };
}
