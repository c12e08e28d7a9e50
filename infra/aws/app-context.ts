import * as z from 'zod';
import { parseJsonText } from '../../shared/intake/json-text.ts';
import { nearest } from '../../shared/intake/nearest.ts';
import { API_FLAVOURS } from '../../shared/ionet/flavour.ts';
import { KINDS } from '../../shared/kinds/kinds.ts';
import type { BurstStackProps } from './burst-stack.ts';
import { PropsRejected } from './deployment.ts';
import { problemsOf } from './props-problems.ts';
import type { TenantProps } from './scheduler-props.ts';

/** Words of `npx cdk deploy -c name=value`. `cdk.json` may hold them, too, as what they are. */
export const CONTEXT_NAMES = [
  'name',
  'stage',
  'region',
  'workerImage',
  'registrySecretName',
  'secretName',
  'tenants',
  'stackCapUsd',
  'dayCapUsd',
  'hedgeDayUsd',
  'locations',
  'alarmTopicArn',
  'reserveConcurrency',
  'allowCpuExecutor',
  'apiFlavour',
  'containers',
  'images',
  'settings',
] as const;
type ContextName = (typeof CONTEXT_NAMES)[number];

/**
 * The app's one stack, from the CDK context.
 *
 * @param names - All that the context has; those with a colon, an at sign or a hyphen are the CDK's own.
 * @throws PropsRejected with everything that is wrong, in the words and in what they mean.
 */
export function stackOf(
  context: (name: ContextName) => unknown,
  names: readonly string[] = [],
): {
  readonly props: BurstStackProps;
  readonly region: string | undefined;
} {
  const problems: string[] = unknownWords(names);
  const text = (name: ContextName): string | undefined => {
    const given = context(name);
    return given === undefined ? undefined : String(given);
  };
  const oneOf = <Word extends string>(name: ContextName, words: readonly Word[]) => {
    const given = text(name);
    const word = words.find((one) => one === given);
    if (given !== undefined && word === undefined) {
      problems.push(`${name}: must be ${words.join(' or ')}, got ${JSON.stringify(given)}`);
    }
    return word;
  };
  const objectOf = <Value>(name: ContextName, schema: z.ZodType<Value>): Value | undefined => {
    const given = context(name);
    if (given === undefined) return undefined;
    const read = typeof given === 'string' ? parseJsonText(given) : undefined;
    if (read?.ok === false) {
      problems.push(`${name}: ${read.refusal.reason}`);
      return undefined;
    }
    const parsed = schema.safeParse(read === undefined ? given : read.value);
    if (parsed.success) return parsed.data;
    const at = (path: readonly PropertyKey[]) => [name, ...path].map(String).join('.');
    problems.push(...parsed.error.issues.map(({ path, message }) => `${at(path)}: ${message}`));
    return undefined;
  };
  const region = text('region');
  const props: BurstStackProps = {
    name: text('name'),
    stage: oneOf('stage', ['production', 'development']),
    images: { ...imagesOf(text('workerImage')), ...objectOf('images', Images) },
    registrySecretName: text('registrySecretName'),
    secretName: text('secretName'),
    tenants: text('tenants')?.split(',').map(tenantOf),
    stackCapUsd: numberOf(text('stackCapUsd')),
    dayCapUsd: numberOf(text('dayCapUsd')),
    hedgeDayUsd: numberOf(text('hedgeDayUsd')),
    locations: text('locations')?.split(','),
    alarmTopicArn: text('alarmTopicArn'),
    concurrency: { reserve: oneOf('reserveConcurrency', ['true', 'false']) !== 'false' },
    apiFlavour: oneOf('apiFlavour', API_FLAVOURS),
    settings: {
      ...objectOf('settings', OwnSettings),
      allowCpuExecutor: oneOf('allowCpuExecutor', ['true', 'false']) === 'true',
      containers: text('containers')?.split(','),
    },
  };
  problems.push(...problemsOf(props, region));
  if (problems.length > 0) throw new PropsRejected(problems);
  return { props, region };
}

const unknownWords = (names: readonly string[]): string[] =>
  names
    .filter((name) => !/[:@-]/.test(name) && !CONTEXT_NAMES.some((known) => known === name))
    .map((name) => {
      const meant = nearest(name, CONTEXT_NAMES);
      return `${name}: there is no such word${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    });

/** Worker images by task kind. */
const Images = z.record(z.string(), z.string(), 'must be a JSON object');

/** Settings that follow from other words, or are one themselves. */
const ELSEWHERE = [
  ...['stackName', 'tenantOfQueue', 'tenantWeights', 'images', 'workerSecret', 'caps'],
  ...['allowedLocations', 'allowCpuExecutor', 'containers'],
];

/** Its fields are checked with the props (`problemsOf`). */
const OwnSettings = z
  .custom<NonNullable<BurstStackProps['settings']>>(
    (value) => z.record(z.string(), z.unknown()).safeParse(value).success,
    'must be a JSON object',
  )
  .refine((given) => ELSEWHERE.every((name) => !Object.hasOwn(given, name)), {
    message: `give these by their own words: ${ELSEWHERE.join(', ')}`,
  });

/** One image has the executors of every kind whose tasks do not name an image themselves. */
const imagesOf = (image: string | undefined): Record<string, string> =>
  image === undefined
    ? {}
    : Object.fromEntries(
        KINDS.filter(({ namesImage }) => !namesImage).map(({ name }) => [name, image]),
      );

/** `studio=25:3`: a name, with its cap in dollars and its weight where it has them. */
function tenantOf(words: string): TenantProps {
  const [rest = '', weight] = words.split(':');
  const [name = '', capUsd] = rest.split('=');
  return { name, capUsd: numberOf(capUsd), weight: numberOf(weight) };
}

const numberOf = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : Number(text);
