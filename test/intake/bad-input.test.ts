import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTask } from '../../shared/intake/parse-task.ts';
import { type Refusal, refusalText } from '../../shared/intake/refusal.ts';
import { MAX_MESSAGE_BYTES, MAX_MESSAGE_DEPTH } from '../../shared/model/task.ts';
import { eightTokens } from '../kinds/nft/make.ts';
import { aMessage, anEnvelope, aSpec, someSettings } from './make.ts';

const settings = someSettings();
const SOUND = aMessage();

function refused(text: string): Refusal {
  const parsed = parseTask(text, settings);
  if (parsed.ok) throw new Error('the message was taken');
  return parsed.refusal;
}

interface Bad {
  readonly what: string;
  readonly text: string;
  readonly code: Refusal['code'];
  readonly field?: string;
  /** Part of the reason that says how to mend it. */
  readonly mend: RegExp;
}

const spec = (changes: Readonly<Record<string, unknown>>) => aMessage({ spec: aSpec(1, changes) });
const resources = (changes: Readonly<Record<string, unknown>>) => aMessage({ resources: changes });
const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
const manyKeys = (count: number) =>
  `{${Array.from({ length: count }, (_, n) => `"${n}":0`).join(',')}}`;
const without = (field: string) =>
  JSON.stringify(
    Object.fromEntries(Object.entries(anEnvelope()).filter(([name]) => name !== field)),
  );
const rawSpec = (text: string) => SOUND.replace('"supply":1000', text);

const WHOLE: readonly Bad[] = [
  { what: 'an empty body', text: '', code: 'E_BODY_EMPTY', mend: /send one JSON object/ },
  { what: 'white space only', text: ' \r\n\t', code: 'E_BODY_EMPTY', mend: /send one/ },
  { what: 'a byte order mark alone', text: '\ufeff', code: 'E_BODY_EMPTY', mend: /send one/ },
  { what: 'words', text: 'hello', code: 'E_JSON', mend: /from byte 0 on; send one JSON object/ },
  { what: 'a bare key', text: '{taskId:1}', code: 'E_JSON', mend: /from byte 1 on/ },
  { what: 'a trailing comma', text: '{"é":1,}', code: 'E_JSON', mend: /from byte 8 on/ },
  { what: 'garbage after JSON', text: `${SOUND} {}`, code: 'E_JSON', mend: /nothing behind it/ },
  {
    what: 'cut JSON',
    text: '{"a":[1',
    code: 'E_JSON',
    mend: /too early, at byte 7; send the whole/,
  },
  { what: 'a raw newline in a string', text: '{"a":"\n"}', code: 'E_JSON', mend: /byte 5/ },
  { what: 'NaN', text: rawSpec('"supply":NaN'), code: 'E_JSON', mend: /from byte \d+/ },
  {
    what: 'a byte order mark',
    text: `\ufeff${SOUND}`,
    code: 'E_JSON',
    mend: /send the JSON alone/,
  },
  { what: 'an array', text: '[]', code: 'E_TYPE', mend: /expected one JSON object; got an array/ },
  { what: 'a number', text: '1', code: 'E_TYPE', mend: /expected one JSON object; got number/ },
  { what: 'null', text: 'null', code: 'E_TYPE', mend: /expected one JSON object; got null/ },
  { what: 'half of a pair', text: `${SOUND}\ud800`, code: 'E_UTF8', mend: /send whole/ },
  {
    what: 'one byte too many',
    text: SOUND.padEnd(MAX_MESSAGE_BYTES + 1),
    code: 'E_TOO_LARGE',
    mend: /at most 262144 bytes; got 262145; .* send fewer/,
  },
  {
    what: 'one byte too many, of characters of two',
    text: `"${'é'.repeat(MAX_MESSAGE_BYTES / 2)}`,
    code: 'E_TOO_LARGE',
    mend: /got 262145/,
  },
  { what: 'a depth of 33', text: nested(MAX_MESSAGE_DEPTH + 1), code: 'E_DEPTH', mend: /flatten/ },
  { what: 'a depth of 100,000', text: nested(100_000), code: 'E_DEPTH', mend: /flatten/ },
  {
    what: 'a depth of 1,000,000',
    text: nested(1_000_000),
    code: 'E_TOO_LARGE',
    mend: /send fewer/,
  },
  { what: '200,000 brackets never closed', text: '['.repeat(200_000), code: 'E_DEPTH', mend: /32/ },
  { what: '10,001 keys', text: manyKeys(10_001), code: 'E_KEYS', mend: /10000 keys; send fewer/ },
  { what: '1,000,000 keys', text: manyKeys(1_000_000), code: 'E_TOO_LARGE', mend: /send fewer/ },
];

const NAMES: readonly Bad[] = [
  {
    what: 'an unknown field',
    text: aMessage({ colour: 'red' }),
    code: 'E_UNKNOWN_FIELD',
    field: 'colour',
    mend: /remove it/,
  },
  {
    what: 'a misspelt optional field',
    text: aMessage({ ressources: {} }),
    code: 'E_UNKNOWN_FIELD',
    field: 'ressources',
    mend: /did you mean resources\?/,
  },
  {
    what: 'a misspelt required field',
    text: without('taskId').replace('{', '{"taskid":"token-1",'),
    code: 'E_UNKNOWN_FIELD',
    field: 'taskid',
    mend: /did you mean taskId\?/,
  },
  {
    what: 'a misspelt field of the resources',
    text: resources({ gpuModel: ['H200'] }),
    code: 'E_UNKNOWN_FIELD',
    field: 'resources.gpuModel',
    mend: /did you mean gpuModels\?/,
  },
  {
    what: 'an unknown field of the spec',
    text: spec({ prompt: 'a cat' }),
    code: 'E_UNKNOWN_FIELD',
    field: 'spec.prompt',
    mend: /remove it/,
  },
  {
    what: 'a tenant in the body',
    text: aMessage({ tenant: 'other' }),
    code: 'E_UNKNOWN_FIELD',
    field: 'tenant',
    mend: /the queue a task is sent to; remove it/,
  },
  {
    what: 'worker variables',
    text: aMessage({ env: { LD_PRELOAD: '/tmp/x.so' } }),
    code: 'E_UNKNOWN_FIELD',
    field: 'env',
    mend: /remove it/,
  },
  ...['__proto__', 'constructor', 'prototype'].flatMap((name): Bad[] => [
    {
      what: `${name} at the top`,
      text: SOUND.replace('{', `{"${name}":{"taskId":"x"},`),
      code: 'E_UNKNOWN_FIELD',
      field: name,
      mend: /remove it/,
    },
    {
      what: `${name} deep inside`,
      text: rawSpec(`"only":[0,{"${name}":1}]`),
      code: 'E_UNKNOWN_FIELD',
      field: `spec.collection.only.1.${name}`,
      mend: /remove it/,
    },
  ]),
  {
    what: 'an escaped __proto__',
    text: SOUND.replace('{', '{"\\u005f_proto__":1,'),
    code: 'E_UNKNOWN_FIELD',
    field: '__proto__',
    mend: /remove it/,
  },
  {
    what: 'a key twice',
    text: SOUND.replace('{', '{"taskId":"token-2",'),
    code: 'E_DUPLICATE_KEY',
    field: 'taskId',
    mend: /keep one/,
  },
  {
    what: 'a key twice, once escaped, deep inside',
    text: rawSpec('"supply":1000,"s\\u0075pply":9'),
    code: 'E_DUPLICATE_KEY',
    field: 'spec.collection.supply',
    mend: /keep one/,
  },
  ...['taskId', 'kind', 'spec'].map(
    (field): Bad => ({
      what: `no ${field}`,
      text: without(field),
      code: 'E_REQUIRED',
      field,
      mend: /is missing; add it/,
    }),
  ),
  {
    what: 'a spec without a required field',
    text: aMessage({ spec: { collection: aSpec(1).collection } }),
    code: 'E_REQUIRED',
    field: 'spec.tokenId',
    mend: /add it/,
  },
];

const range = (field: string, text: string, mend: RegExp): Bad => ({
  what: `${field} out of range: ${mend.source}`,
  text,
  code: 'E_RANGE',
  field,
  mend,
});

const VALUES: readonly Bad[] = [
  {
    what: 'a string where a number belongs',
    text: resources({ gpus: '1' }),
    code: 'E_TYPE',
    field: 'resources.gpus',
    mend: /expected number.*; got "1"/,
  },
  {
    what: 'a number where a string belongs',
    text: aMessage({ kind: 5 }),
    code: 'E_TYPE',
    field: 'kind',
    mend: /expected string.*; got 5/,
  },
  {
    what: 'a number as id',
    text: aMessage({ taskId: 7 }),
    code: 'E_TYPE',
    field: 'taskId',
    mend: /expected string.*; got 7/,
  },
  {
    what: 'a list as spec',
    text: aMessage({ spec: [] }),
    code: 'E_TYPE',
    field: 'spec',
    mend: /expected record.*; got \[\]/,
  },
  {
    what: 'null resources',
    text: aMessage({ resources: null }),
    code: 'E_TYPE',
    field: 'resources',
    mend: /expected object.*; got null/,
  },
  {
    what: 'one model instead of a list',
    text: resources({ gpuModels: 'H200' }),
    code: 'E_TYPE',
    field: 'resources.gpuModels',
    mend: /expected array.*; got "H200"/,
  },
  {
    what: 'a number beyond every number',
    text: resources({ gpus: 0 }).replace('"gpus":0', '"gpus":1e400'),
    code: 'E_NUMBER',
    field: 'resources.gpus',
    mend: /too large for a number; got Infinity/,
  },
  {
    what: 'the same in the spec',
    text: rawSpec('"supply":-1e400'),
    code: 'E_NUMBER',
    field: 'spec.collection.supply',
    mend: /got -Infinity/,
  },
  ...[-1, 0, 9, 1e9, 2 ** 53].map((gpus) =>
    range('resources.gpus', resources({ gpus }), new RegExp(`>=1|<=8|<=9007.*; got ${gpus}`)),
  ),
  range('resources.gpus', resources({ gpus: 7 }).replace('7', '-0'), />=1/),
  range('resources.gpus', resources({ gpus: 0.5 }), /expected int.*; got 0.5/),
  range('resources.vramGb', resources({ vramGb: 1025 }), /<=1024; got 1025/),
  range('estimatedSeconds', aMessage({ estimatedSeconds: 0 }), />0; got 0/),
  range('estimatedSeconds', aMessage({ estimatedSeconds: -0.1 }), />0; got -0.1/),
  range('estimatedSeconds', aMessage({ estimatedSeconds: 8761 * 3600 }), /<=86400; got 31539600/),
  range('timeoutSeconds', aMessage({ timeoutSeconds: 0 }), />=1; got 0/),
  range('timeoutSeconds', aMessage({ timeoutSeconds: 0.1 }), /expected int, .*; got 0.1/),
  range('timeoutSeconds', aMessage({ timeoutSeconds: 8761 * 3600 }), /<=86400; got 31539600/),
  range('kind', aMessage({ kind: '' }), />=1.*; got ""/),
  range('spec.tokenId', spec({ tokenId: 0 }), />=1; got 0/),
  {
    what: 'another version of the envelope',
    text: aMessage({ v: 2 }),
    code: 'E_VALUE',
    field: 'v',
    mend: /expected 1; got 2/,
  },
  {
    what: 'a token beyond the supply',
    text: spec({ tokenId: 1001 }),
    code: 'E_VALUE',
    field: 'spec.tokenId',
    mend: /above the supply of 1000; got 1001/,
  },
  {
    what: 'more tokens than the traits can make',
    text: spec({ collection: { ...aSpec(1).collection, supply: 17, only: eightTokens } }),
    code: 'E_SUPPLY',
    field: 'spec.collection.supply',
    mend: /supply 17 is above the \d+ different tokens/,
  },
];

const KINDS_AND_PLACES: readonly Bad[] = [
  {
    what: 'an unknown kind',
    text: aMessage({ kind: 'video.render' }),
    code: 'E_TASK_TYPE',
    field: 'kind',
    mend: /known: nft\.generative/,
  },
  {
    what: 'a misspelt kind',
    text: aMessage({ kind: 'NFT.Generativ' }),
    code: 'E_TASK_TYPE',
    field: 'kind',
    mend: /did you mean nft\.generative\?/,
  },
  {
    what: 'a kind named like a method of objects',
    text: aMessage({ kind: 'toString' }),
    code: 'E_TASK_TYPE',
    field: 'kind',
    mend: /known:/,
  },
  ...[
    { given: 'GTX 1080', mend: /give 1 to 16 of RTX 3090, .*; got "GTX 1080"/ },
    { given: 'rtx 4090', mend: /did you mean RTX 4090\?/ },
    { given: 'RTX 4\u041e90', mend: /did you mean RTX 4090\?.*got "RTX 4\\u041e90"/ },
    { given: 'constructor', mend: /give 1 to 16 of/ },
    { given: 'A100', mend: /did you mean A100 40GB or A100 80GB\?/ },
    { given: 'h100-sxm', mend: /did you mean H100 SXM\? give 1 to 16 of/ },
    { given: 'RTX 4090 Laptop GPU', mend: /give 1 to 16 of/ },
    { given: 'RTX 4090 48GB', mend: /give 1 to 16 of/ },
    { given: '', mend: /give 1 to 16 of/ },
  ].map(
    ({ given, mend }): Bad => ({
      what: `the GPU model ${given}`,
      text: resources({ gpuModels: ['H200', given] }),
      code: 'E_GPU_MODEL',
      field: 'resources.gpuModels.1',
      mend,
    }),
  ),
  {
    what: 'no GPU model',
    text: resources({ gpuModels: [] }),
    code: 'E_GPU_MODEL',
    field: 'resources.gpuModels',
    mend: /leave it out for any/,
  },
  {
    what: 'a GPU too small',
    text: resources({ vramGb: 80, gpuModels: ['RTX 4090', 'L40S'] }),
    code: 'E_GPU_MISMATCH',
    field: 'resources.vramGb',
    mend: /needs 80 GB per GPU; RTX 4090 has 24, L40S has 48; models that meet the need: RTX PRO 6000, A100 80GB, .*B300$/,
  },
  {
    what: 'more memory than any GPU has',
    text: resources({ vramGb: 289 }),
    code: 'E_GPU_MISMATCH',
    field: 'resources.vramGb',
    mend: /needs 289 GB per GPU; no GPU has more than 288; ask for less/,
  },
  {
    what: 'NVLink for one GPU',
    text: resources({ nvlink: true }),
    code: 'E_GPU_MISMATCH',
    field: 'resources.nvlink',
    mend: /joins GPUs, and the task has one; set resources.gpus to 2 or more, or leave it out/,
  },
  {
    what: 'NVLink on cards that have none for certain',
    text: resources({ gpus: 2, nvlink: true, gpuModels: ['L40S', 'RTX 3090', 'A100 PCIe 80GB'] }),
    code: 'E_GPU_MISMATCH',
    field: 'resources.nvlink',
    mend: /not on L40S and only as an option on RTX 3090, A100 PCIe 80GB; models that meet the need: A100 SXM 40GB, A100 SXM 80GB, H100 SXM, H200, B200, B300$/,
  },
  {
    what: 'a GPU too small, with NVLink',
    text: resources({ gpus: 2, nvlink: true, vramGb: 80, gpuModels: ['A100 40GB'] }),
    code: 'E_GPU_MISMATCH',
    field: 'resources.vramGb',
    mend: /A100 40GB has 40; models that meet the need: A100 SXM 80GB, H100 SXM, H200, B200, B300$/,
  },
  {
    what: 'NVLink as a word',
    text: resources({ gpus: 2, nvlink: 'yes' }),
    code: 'E_TYPE',
    field: 'resources.nvlink',
    mend: /expected boolean.*; got "yes"/,
  },
  ...[['us'], ['USA'], ['United States'], ['\u0405E'], ['']].map(
    (locations): Bad => ({
      what: `the locations ${JSON.stringify(locations)}`,
      text: aMessage({ locations }),
      code: 'E_LOCATION',
      field: 'locations.0',
      mend: /two capital letters each .* or leave it out/,
    }),
  ),
  {
    what: 'no location',
    text: aMessage({ locations: [] }),
    code: 'E_LOCATION',
    field: 'locations',
    mend: /leave it out for any/,
  },
  ...[
    { given: 'gdpr', mend: /did you mean GDPR\? give some of GDPR, EEA, EU, UK-GDPR/ },
    { given: 'HIPAA', mend: /give some of .* or leave it out for none; got "HIPAA"/ },
    { given: 'constructor', mend: /give some of/ },
  ].map(
    ({ given, mend }): Bad => ({
      what: `the compliance tag ${given}`,
      text: aMessage({ compliance: ['EU', given] }),
      code: 'E_COMPLIANCE',
      field: 'compliance.1',
      mend,
    }),
  ),
  {
    what: 'no compliance tag',
    text: aMessage({ compliance: [] }),
    code: 'E_COMPLIANCE',
    field: 'compliance',
    mend: /leave it out for none/,
  },
  {
    what: 'one compliance tag instead of a list',
    text: aMessage({ compliance: 'GDPR' }),
    code: 'E_TYPE',
    field: 'compliance',
    mend: /expected array.*; got "GDPR"/,
  },
  {
    what: 'tags that no country meets together',
    text: aMessage({ compliance: ['GDPR', 'UK-GDPR'] }),
    code: 'E_COMPLIANCE',
    field: 'compliance',
    mend: /GDPR and UK-GDPR have no country in common; keep one/,
  },
  {
    what: 'locations outside a tag',
    text: aMessage({ compliance: ['GDPR'], locations: ['US', 'GB'] }),
    code: 'E_COMPLIANCE',
    field: 'compliance',
    mend: /none of the locations \(US, GB\) lies in GDPR; give some of AT, BE, .*, SK, or leave locations out/,
  },
  {
    what: '500 locations',
    text: aMessage({ locations: Array.from({ length: 500 }, () => 'US') }),
    code: 'E_LOCATION',
    field: 'locations',
    mend: /1 to 32 countries/,
  },
];

const IDS: readonly string[] = [
  ...['', '.', '..', '../../x', 'a/b', 'a..b', '-a', 'a-', 'a b', ' a', 'a '],
  ...['%2e%2e%2f', 'a\\b', 'a\u0001', 'a\nb', 'a\r', 'A', 'Token-1', 'é', 'e\u0301', 'ﬁ', 'ſ', 'K'],
  ...['\u{1f3ae}', '\u202ea', 'a\u200b', 'a'.repeat(81), 'x'.repeat(5000)],
];

const UNSUPPORTED: Readonly<Record<string, unknown>> = {
  callback: 'http://169.254.169.254/',
  image: 'registry.example/x:latest; rm -rf /',
  labels: { a: 'b' },
};

const LIMITS: readonly Bad[] = [
  ...['1e3', ' 5', '5.0000001', '-1', '0.000001'].map(
    (maxPriceUsd): Bad => ({
      what: `a price ceiling of ${JSON.stringify(maxPriceUsd)}`,
      text: aMessage({ maxPriceUsd }),
      code: 'E_TYPE',
      field: 'maxPriceUsd',
      mend: /expected number/,
    }),
  ),
  ...[0, -1, 0.000_000_9, 1_000_001, 2 ** 53 + 2].map(
    (maxPriceUsd): Bad => ({
      what: `a price ceiling of ${maxPriceUsd} dollars`,
      text: aMessage({ maxPriceUsd }),
      code: 'E_RANGE',
      field: 'maxPriceUsd',
      mend: /expected number to be [<>]=/,
    }),
  ),
  ...[-1, 10, 0.5].map(
    (priority): Bad => ({
      what: `priority ${priority}`,
      text: aMessage({ priority }),
      code: 'E_RANGE',
      field: 'priority',
      mend: /got /,
    }),
  ),
  ...[0, 21].map(
    (maxAttempts): Bad => ({
      what: `${maxAttempts} attempts`,
      text: aMessage({ maxAttempts }),
      code: 'E_RANGE',
      field: 'maxAttempts',
      mend: /expected number to be [<>]=/,
    }),
  ),
  ...['tomorrow', '', '2026-11-27', '2026-11-27T09:00:00Z', '2026-11-27T09:00:00.000+01:00'].map(
    (deadlineAt): Bad => ({
      what: `a deadline at "${deadlineAt}"`,
      text: aMessage({ deadlineAt }),
      code: 'E_VALUE',
      field: 'deadlineAt',
      mend: /write UTC with milliseconds, as 2026-11-27T09:00:00.000Z; got/,
    }),
  ),
  {
    what: 'a word about a deadline it has not',
    text: aMessage({ ifUnreachable: 'fail' }),
    code: 'E_REQUIRED',
    field: 'deadlineAt',
    mend: /add it/,
  },
];

const SHA = 'a'.repeat(64);
const input = (changes: Readonly<Record<string, unknown>>) =>
  aMessage({ inputs: [{ name: 'a.json', sha256: SHA, bytes: 1, ...changes }] });

const FILES: readonly Bad[] = [
  ...['../x', '/etc/passwd', 'a/b', 'a\\b', '.checkpoint', '', 'A', 's3://other/key', 'a\n'].map(
    (name): Bad => ({
      what: `a file called ${JSON.stringify(name)}`,
      text: input({ name }),
      code: 'E_VALUE',
      field: 'inputs.0.name',
      mend: /1 to 64 of a-z 0-9 \. - .*; it is no path; got/,
    }),
  ),
  ...['url', 'key', 'bucket', 'tenant'].map(
    (field): Bad => ({
      what: `a file with a ${field} of its own`,
      text: input({ [field]: 'https://elsewhere.example/x' }),
      code: 'E_UNKNOWN_FIELD',
      field: `inputs.0.${field}`,
      mend: /remove it/,
    }),
  ),
  {
    what: 'a hash in capitals',
    text: input({ sha256: 'A'.repeat(64) }),
    code: 'E_VALUE',
    field: 'inputs.0.sha256',
    mend: /64 digits of 0-9 a-f/,
  },
  {
    what: 'a file of 64 MiB and a byte',
    text: input({ bytes: 64 * 1024 * 1024 + 1 }),
    code: 'E_RANGE',
    field: 'inputs.0.bytes',
    mend: /<=67108864; got 67108865/,
  },
  {
    what: 'a file name twice',
    text: aMessage({ inputs: [0, 1].map((bytes) => ({ name: 'a.json', sha256: SHA, bytes })) }),
    code: 'E_VALUE',
    field: 'inputs',
    mend: /names a file twice/,
  },
  {
    what: '17 files',
    text: aMessage({
      inputs: Array.from({ length: 17 }, (_, n) => ({ name: `${n}.json`, sha256: SHA, bytes: 1 })),
    }),
    code: 'E_RANGE',
    field: 'inputs',
    mend: /<=16/,
  },
  {
    what: 'an archive that nobody unpacks',
    text: input({ name: 'all.zip' }),
    code: 'E_UNKNOWN_FIELD',
    field: 'inputs',
    mend: /reads no all\.zip; remove it/,
  },
  {
    what: 'secrecy that no machine gives',
    text: aMessage({ confidentiality: 'tee-required' }),
    code: 'E_UNSUPPORTED',
    field: 'confidentiality',
    mend: /no enclave is verified; keep the secret at home/,
  },
];

const table = (rows: readonly Bad[]) =>
  it.each(rows)('refuses $what: $code', ({ text, code, field = '', mend }) => {
    const why = refused(text);
    expect({ code: why.code, field: why.field }).toEqual({ code, field });
    expect(why.reason).toMatch(mend);
    expect(refusalText(why)).toMatch(/^[\x20-\x7e…]+$/);
  });

describe('a message that is no sound JSON object', () => table(WHOLE));
describe('a message with wrong field names', () => table(NAMES));
describe('a message with values out of place', () => table(VALUES));
describe('a message with an unknown kind, GPU or place', () => table(KINDS_AND_PLACES));
describe('a message with files that are not its own', () => table(FILES));

describe('a message with limits of its own', () => table(LIMITS));

describe('an id', () => {
  it.each(IDS)('is refused when it is %j, and shown escaped and short', (taskId) => {
    const parsed = parseTask(aMessage({ taskId }), settings);
    if (parsed.ok) throw new Error('the id was taken');
    expect(parsed.refusal).toMatchObject({ code: 'E_TASK_ID', field: 'taskId' });
    expect(parsed.refusal.reason).toMatch(/1 to 80 of a-z 0-9 \. _ -/);
    const got = /; got "(.*)"$/.exec(parsed.refusal.reason)?.[1];
    expect(got).toMatch(/^[\x20-\x7e…]{0,64}$/);
    expect(parsed.claimedTaskId).toMatch(/^[\x20-\x7e…]{0,80}$/);
  });

  it('that holds U+0000 is refused as a character no queue carries', () => {
    expect(refused(aMessage({ taskId: 'a\0' }))).toMatchObject({ code: 'E_CHAR', field: 'taskId' });
  });

  it.each(['a', '0', 'a.b_c-d', 'a'.repeat(80)])('is taken when it is %j', (taskId) => {
    expect(parseTask(aMessage({ taskId }), settings)).toMatchObject({ ok: true });
  });
});

describe('a field whose mechanism does not exist yet', () => {
  it.each(Object.entries(UNSUPPORTED))('is refused by name: %s', (field, value) => {
    expect(refused(aMessage({ [field]: value }))).toEqual({
      code: 'E_UNSUPPORTED',
      field,
      reason: 'is not supported yet; remove it',
    });
  });
});

describe('text that does not survive a queue or a terminal', () => {
  it.each([
    ['half of a surrogate pair', '\\ud800', 'E_UTF8'],
    ['U+0000', '\\u0000', 'E_CHAR'],
    ['U+FFFE', '\\ufffe', 'E_CHAR'],
    ['U+FFFF', '\\uffff', 'E_CHAR'],
  ])('is refused with its field: %s', (_what, character, code) => {
    const inValue = SOUND.replace('"lantern"', `"lantern${character}"`);
    expect(refused(inValue)).toMatchObject({ code, field: 'spec.collection.seed' });
    const inKey = SOUND.replace('"seed"', `"seed${character}"`);
    expect(refused(inKey)).toMatchObject({ code, field: 'spec.collection' });
  });

  it('is taken where a decoder before us has put U+FFFD for bytes that were no UTF-8', () => {
    const text = SOUND.replace('"lantern"', '"lantern\ufffd"');
    expect(parseTask(text, settings)).toMatchObject({ ok: true });
  });

  it('is one escaped line in the refusal: line ends, JSON and terminal codes', () => {
    const attack = 'x\r\n{"event":"paid"}\u001b[2J\u202e';
    for (const text of [
      aMessage({ [attack]: 1 }),
      aMessage({ taskId: attack }),
      aMessage({ kind: attack }),
      resources({ gpuModels: [attack] }),
      `{"a":1,"b":"${attack}"}`,
    ]) {
      expect(refusalText(refused(text))).toMatch(/^[\x20-\x7e…]+$/);
    }
  });
});

const SECRETS: Readonly<Record<string, string>> = {
  'an AWS access key id': 'AKIAIOSFODNN7EXAMPLE',
  'a base58 key pair': `${'4z'.repeat(43)}4`,
  'an io.net key': 'io-v2-AbCdEfGhIjKlMnOpQrStUvWxYz',
  'a PEM key': '-----BEGIN RSA PRIVATE KEY-----',
};

describe('a secret in a message', () => {
  it.each(Object.entries(SECRETS))('is refused and never repeated: %s', (_what, secret) => {
    const asValue = refused(spec({ prompt: ['see', `key ${secret}`] }));
    expect(asValue).toMatchObject({ code: 'E_LOOKS_SECRET', field: 'spec.prompt.1' });
    expect(refused(aMessage({ [secret]: 1 })).code).toBe('E_LOOKS_SECRET');
    expect(refused(aMessage({ taskId: secret })).code).toBe('E_LOOKS_SECRET');
    for (const text of [
      secret,
      `{"key":"${secret}"`,
      `{"${secret}":1,"${secret}":2}`,
      `${SOUND}${secret}`,
      `{"a":{"${secret}":{"b":1,"b":2}}}`,
      aMessage({ image: secret }),
    ]) {
      expect(refusalText(refused(text))).not.toContain(secret.slice(0, 12));
    }
  });

  it('is repeated by no refusal, wherever it stands and however the message is broken', () => {
    const texts = [SOUND, resources({ gpuModels: ['H200'] }), aMessage({ locations: ['US'] })];
    const place = fc.record({
      text: fc.constantFrom(...texts),
      secret: fc.constantFrom(...Object.values(SECRETS)),
      at: fc.nat(200),
      drop: fc.nat(5),
    });
    let seen = 0;
    fc.assert(
      fc.property(place, ({ text, secret, at, drop }) => {
        const parsed = parseTask(
          `${text.slice(0, at)} ${secret} ${text.slice(at + drop)}`,
          settings,
        );
        if (parsed.ok) return false;
        if (parsed.refusal.code === 'E_LOOKS_SECRET') seen += 1;
        const said = refusalText(parsed.refusal) + (parsed.claimedTaskId ?? '');
        return !said.includes(secret.slice(0, 12));
      }),
      { numRuns: 300 },
    );
    expect(seen).toBeGreaterThan(0);
  });

  it('is found in escaped form and as the list of bytes a key file holds', () => {
    const escaped = spec({ prompt: 'X' }).replace('"X"', '"\\u0041KIAIOSFODNN7EXAMPLE"');
    expect(refused(escaped).code).toBe('E_LOOKS_SECRET');
    const bytes = Array.from({ length: 64 }, (_, n) => n * 4);
    expect(refused(spec({ key: bytes }))).toMatchObject({
      code: 'E_LOOKS_SECRET',
      field: 'spec.key',
    });
    expect(refused(spec({ key: bytes.slice(1) })).code).toBe('E_UNKNOWN_FIELD');
  });

  it('is not seen in a hash or in an id of ordinary length', () => {
    const spec = aSpec(1, {
      collection: {
        ...aSpec(1).collection,
        seed: `${'f0'.repeat(32)} ${'5'.repeat(85)}`.slice(0, 128),
      },
    });
    expect(parseTask(aMessage({ spec }), settings)).toMatchObject({ ok: true });
  });
});

describe('the limits of a message', () => {
  it('admit the largest size, the deepest nesting and the most keys', () => {
    expect(parseTask(SOUND.padEnd(MAX_MESSAGE_BYTES), settings)).toMatchObject({ ok: true });
    expect(refused(nested(MAX_MESSAGE_DEPTH)).code).toBe('E_TYPE');
    expect(refused(manyKeys(10_000)).code).toBe('E_UNKNOWN_FIELD');
  });

  it('count no bracket or colon inside a string', () => {
    const name = `${'{[:'.repeat(20)}\\"[`;
    const text = SOUND.replace('"Lantern Prints"', `"${name}"`);
    expect(parseTask(text, settings)).toMatchObject({ ok: true });
  });
});
