import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseTask } from '../../shared/intake/parse-task.ts';
import { UNSUPPORTED_FIELDS } from '../../shared/model/task.ts';
import { aMessage, someSettings } from '../intake/make.ts';

/**
 * What a stranger, a worker, the provider or an operator may get wrong, by number, and the test that shows
 * what happens then. Where there is no way in yet, the field it would come by is named, and a message with
 * that field is refused. The numbers are fixed: a row is never taken out.
 */

/** A test: its file below `test/`, and its title as it stands there. */
type Test = readonly [file: string, title: string];

interface Row {
  readonly n: number;
  readonly input: string;
  /** The code somebody is told, or what happens in its place. */
  readonly outcome: string;
  readonly tests?: readonly Test[];
  readonly noEntry?: { readonly why: string; readonly fields: Readonly<Record<string, unknown>> };
}

/** The tables and properties that several rows point to. */
const T = {
  messages: ['intake/bad-input.test.ts', 'refuses $what: $code'],
  id: ['intake/bad-input.test.ts', 'is refused when it is %j, and shown escaped and short'],
  characters: ['intake/bad-input.test.ts', 'is refused with its field: %s'],
  urls: ['worker/jobs-adapter.test.ts', 'is not called when it is %j'],
  hosts: ['worker/jobs-adapter.test.ts', 'is not called when its host is %s, though it is https'],
  names: ['worker/jobs-adapter.test.ts', 'is not called when its name stands for %s'],
  pinned: [
    'worker/jobs-adapter.test.ts',
    'is resolved once, and the checked address is the one that gets the call',
  ],
  redirects: ['worker/jobs-adapter.test.ts', 'is not followed to where it redirects'],
  endless: ['worker/jobs-adapter.test.ts', 'is silent when it $name'],
  anyUrl: [
    'worker/any-worker.test.ts',
    'leads to a checked public address by https, or is silence',
  ],
  props: ['infra/scheduler-props.test.ts', 'refuses $name'],
  config: ['config.test.ts', 'is refused by the name of its variable for $what'],
} as const satisfies Readonly<Record<string, Test>>;

const CALLBACKS = 'callbacks are not built; the same guard stands before workers’ URLs';
const SIGNATURES = 'wallet-signed intake is not built; who may send is who may write to the queue';
const WEBHOOKS = 'nothing listens: the provider and the workers are asked, they never call';
const IMAGES = 'the image of a kind is the operator’s, by digest';

const ROWS: readonly Row[] = [
  { n: 1, input: 'empty body', outcome: 'E_BODY_EMPTY', tests: [T.messages] },
  {
    n: 2,
    input: 'not JSON',
    outcome: 'E_JSON with the byte',
    tests: [T.messages, ['intake/parse-task.test.ts', 'is the place V8 names, where V8 names one']],
  },
  { n: 3, input: 'array, number, null', outcome: 'E_TYPE', tests: [T.messages] },
  { n: 4, input: 'garbage after JSON', outcome: 'E_JSON', tests: [T.messages] },
  {
    n: 5,
    input: 'byte order mark',
    outcome: 'E_JSON in a message, taken at the start of a file',
    tests: [
      T.messages,
      [
        'intake/tasks-file.test.ts',
        'holds one task per line, with or without a last newline, CRLF, blank lines or a byte order mark',
      ],
      ['engine/cli.test.ts', 'reads files that begin with a byte order mark'],
    ],
  },
  {
    n: 6,
    input: 'invalid UTF-8',
    outcome: 'E_UTF8; SQS itself takes none',
    tests: [
      [
        'intake/tasks-file.test.ts',
        'names the line that is no UTF-8, instead of a task with other letters in it',
      ],
      ['engine/cli.test.ts', 'exits 2 with one line about $name'],
    ],
  },
  { n: 7, input: 'lone surrogate', outcome: 'E_UTF8', tests: [T.messages, T.characters] },
  { n: 8, input: 'U+0000, U+FFFE', outcome: 'E_CHAR', tests: [T.characters] },
  {
    n: 9,
    input: 'a byte too many (256 KiB)',
    outcome: 'E_TOO_LARGE',
    tests: [
      T.messages,
      ['intake/bad-input.test.ts', 'admit the largest size, the deepest nesting and the most keys'],
    ],
  },
  {
    n: 10,
    input: 'depth 33, 1,000,000',
    outcome: 'E_DEPTH',
    tests: [T.messages, ['engine/cli.test.ts', 'exits 2 with one line about $name']],
  },
  { n: 11, input: '1,000,000 keys', outcome: 'E_KEYS, or E_TOO_LARGE', tests: [T.messages] },
  { n: 12, input: 'unknown key', outcome: 'E_UNKNOWN_FIELD, nearest name', tests: [T.messages] },
  { n: 13, input: '__proto__, constructor', outcome: 'E_UNKNOWN_FIELD', tests: [T.messages] },
  { n: 14, input: 'duplicate keys', outcome: 'E_DUPLICATE_KEY', tests: [T.messages] },
  { n: 15, input: 'missing field', outcome: 'E_REQUIRED', tests: [T.messages] },
  { n: 16, input: 'string for number', outcome: 'E_TYPE', tests: [T.messages] },
  { n: 17, input: 'NaN, 1e400', outcome: 'E_JSON, E_NUMBER', tests: [T.messages] },
  { n: 18, input: '-1, 0, -0, 0.5 GPUs', outcome: 'E_RANGE', tests: [T.messages] },
  { n: 19, input: '10^9 GPUs', outcome: 'E_RANGE', tests: [T.messages] },
  {
    n: 20,
    input: 'amount above 2^53',
    outcome: 'E_RANGE; a cap is E_CONFIG',
    tests: [T.messages, T.config],
  },
  {
    n: 21,
    input: 'amounts "1e3", " 5", "5.0000001", "-1"',
    outcome: 'E_TYPE',
    tests: [T.messages],
  },
  {
    n: 22,
    input: 'duration 0, 0.1, 8761 h',
    outcome: 'E_RANGE, E_TOO_LONG',
    tests: [
      T.messages,
      ['intake/parse-task.test.ts', 'an estimate of %d s where a job may take 1800 s: taken %s'],
      ['intake/parse-task.test.ts', 'a timeout of %d s where a job may take 1800 s: taken %s'],
    ],
  },
  { n: 23, input: 'unknown kind', outcome: 'E_TASK_TYPE', tests: [T.messages] },
  { n: 24, input: 'unknown GPU model', outcome: 'E_GPU_MODEL, nearest', tests: [T.messages] },
  { n: 25, input: 'GPU too small', outcome: 'E_GPU_MISMATCH', tests: [T.messages] },
  { n: 26, input: 'unknown or no location', outcome: 'E_LOCATION', tests: [T.messages] },
  { n: 27, input: 'id ../../x, a/b, .', outcome: 'E_TASK_ID', tests: [T.id] },
  { n: 28, input: 'id with %2e, backslash, NUL', outcome: 'E_TASK_ID, E_CHAR', tests: [T.id] },
  { n: 29, input: 'id of 81, empty, emoji', outcome: 'E_TASK_ID', tests: [T.id] },
  { n: 30, input: 'ids equal after folding', outcome: 'E_TASK_ID', tests: [T.id] },
  {
    n: 31,
    input: 'same id, same body',
    outcome: 'the same task',
    tests: [
      ['intake/intake.test.ts', 'is one task across deliveries, now and later'],
      ['client/tasks.test.ts', 'sends the same task again without a second run'],
    ],
  },
  {
    n: 32,
    input: 'same id, other body',
    outcome: 'E_ID_REUSED',
    tests: [['intake/intake.test.ts', 'is refused, and the first task is left as it was']],
  },
  {
    n: 33,
    input: 'an id of another tenant',
    outcome: 'TaskNotFound, as for an id that never was',
    tests: [
      ['client/tasks.test.ts', 'is as unknown as one that never was, and its id is free'],
      ['intake/intake.test.ts', 'keeps tenants apart, whatever their bodies say'],
    ],
  },
  {
    n: 34,
    input: 'input outside its own place',
    outcome: 'cannot be said: keys are made of tenant, task and a plain name',
    tests: [
      T.messages,
      [
        'intake/task-files.test.ts',
        'are looked for below the tenant of the queue only, and by no name of another place',
      ],
    ],
  },
  {
    n: 35,
    input: 'input missing',
    outcome: 'E_INPUT_MISSING',
    tests: [['intake/task-files.test.ts', 'that $what']],
  },
  {
    n: 36,
    input: 'input of another hash',
    outcome: 'E_INPUT_HASH: length at intake, content where it is read',
    tests: [
      ['intake/task-files.test.ts', 'that $what'],
      ['contracts/worker-tasks.contract.ts', 'is used only if its bytes have the announced digest'],
    ],
  },
  {
    n: 37,
    input: 'input changed meanwhile',
    outcome: 'E_INPUT_HASH at run',
    tests: [['collect/checkpoints.test.ts', 'ends when our own look finds that it $what']],
  },
  {
    n: 38,
    input: 'zip bomb',
    outcome: 'no kind unpacks an archive; compressed pixels stop at the image’s size',
    tests: [T.messages, ['kinds/nft/png.test.ts', '50 MB that inflate from 50 kB']],
  },
  {
    n: 39,
    input: 'zip entry ../',
    outcome: 'no kind unpacks an archive: E_UNKNOWN_FIELD for the file',
    tests: [T.messages],
  },
  {
    n: 40,
    input: 'PNG of 100,000 x 100,000',
    outcome: 'E_IMAGE_DIM',
    tests: [['kinds/nft/png.test.ts', 'a header of 100,000 x 100,000']],
  },
  {
    n: 41,
    input: 'polyglot, SVG with script',
    outcome: 'E_IMAGE_TYPE, E_IMAGE_DATA',
    tests: [['kinds/nft/png.test.ts', 'an SVG with a script']],
  },
  {
    n: 42,
    input: 'callback http:',
    outcome: 'E_UNSUPPORTED; a worker’s is never called',
    tests: [T.urls],
    noEntry: { why: CALLBACKS, fields: { callback: 'http://dapp.example/' } },
  },
  {
    n: 43,
    input: 'callback 127.1, 0x7f.1, unicode digits',
    outcome: 'E_UNSUPPORTED; a worker’s is never called',
    tests: [T.hosts, T.anyUrl],
    noEntry: { why: CALLBACKS, fields: { callback: 'https://0x7f.1/' } },
  },
  {
    n: 44,
    input: 'callback ::1, fd00::, metadata services',
    outcome: 'E_UNSUPPORTED; a worker’s is never called',
    tests: [T.hosts, T.anyUrl],
    noEntry: { why: CALLBACKS, fields: { callback: 'https://169.254.169.254/' } },
  },
  {
    n: 45,
    input: 'callback whose name is private; rebinding',
    outcome: 'E_UNSUPPORTED; a worker’s is never called',
    tests: [T.names, T.pinned],
    noEntry: { why: CALLBACKS, fields: { callback: 'https://internal.example/' } },
  },
  {
    n: 46,
    input: 'callback that redirects inside',
    outcome: 'E_UNSUPPORTED; a worker’s is not followed',
    tests: [
      T.redirects,
      ['contracts/worker-tasks.contract.ts', 'is not followed to another place'],
    ],
    noEntry: { why: CALLBACKS, fields: { callback: 'https://dapp.example/redirect' } },
  },
  {
    n: 47,
    input: 'callback user:pass@, javascript:, file:',
    outcome: 'E_UNSUPPORTED; a worker’s is never called',
    tests: [T.urls],
    noEntry: { why: CALLBACKS, fields: { callback: 'javascript:alert(1)' } },
  },
  {
    n: 48,
    input: 'callback of 10 GB, of a byte a minute',
    outcome: 'E_UNSUPPORTED; a worker is cut at 64 KiB and 3 s',
    tests: [
      T.endless,
      ['worker/jobs-adapter.test.ts', 'is $kind when its reply has $bytes bytes'],
      ['worker/jobs-adapter.test.ts', 'is silent when it answers with $name'],
      [
        'worker/jobs-adapter.test.ts',
        'is neither waited for nor asked again when it says Retry-After: %s',
      ],
      ['worker/server.test.ts', 'is cut off with 408 in its time: $name'],
    ],
    noEntry: { why: CALLBACKS, fields: { callback: 'https://dapp.example/endless' } },
  },
  {
    n: 49,
    input: 'image without digest, latest, --flag',
    outcome: 'E_IMAGE_REF in the spec of a container; for an operator, the name of the setting',
    tests: [T.props, T.config, ['intake/container.test.ts', 'is refused when it is %j']],
    noEntry: { why: IMAGES, fields: { image: 'registry.example/x:latest' } },
  },
  {
    n: 50,
    input: 'image with shell characters',
    outcome: 'E_IMAGE_REF in the spec of a container',
    tests: [['intake/container.test.ts', 'is refused when it is %j']],
    noEntry: { why: IMAGES, fields: { image: 'x; rm -rf /\n' } },
  },
  {
    n: 51,
    input: 'variables AWS_*, LD_PRELOAD',
    outcome: 'E_ENV in the spec of a container',
    tests: [T.messages, ['intake/container.test.ts', 'are refused by name and never repeated: %j']],
    noEntry: {
      why: 'workers’ variables are the operator’s',
      fields: { env: { LD_PRELOAD: '/tmp/x.so', AWS_REGION: 'x' } },
    },
  },
  ...[
    { n: 52, input: 'unsigned', fields: { signature: '' } },
    { n: 53, input: 'wrong signature', fields: { signature: 'x'.repeat(63) } },
    { n: 54, input: 'small-order key', fields: { publicKey: '1'.repeat(44) } },
    { n: 55, input: 'key of 31 bytes', fields: { publicKey: 'x'.repeat(31) } },
    { n: 56, input: 'replay', fields: { nonce: 1 } },
    { n: 57, input: 'timestamp ahead', fields: { timestamp: 4_102_444_800 } },
    { n: 58, input: 'signature of another network', fields: { cluster: 'devnet' } },
    { n: 59, input: 'white space changed', fields: { signature: 'x' } },
  ].map(({ fields, ...what }) => ({
    ...what,
    outcome: 'E_UNKNOWN_FIELD',
    noEntry: { why: SIGNATURES, fields },
  })),
  {
    n: 60,
    input: 'over quota',
    outcome: 'tasks wait with that reason; a queue has no requests to turn away',
    tests: [
      [
        'world/provisioning.test.ts',
        'that is reached leaves tasks waiting with that reason, and cuts nothing that runs',
      ],
    ],
  },
  {
    n: 61,
    input: 'budget below the minimum',
    outcome: 'E_TYPE; one below every price waits and is said so',
    tests: [
      T.messages,
      [
        'world/limits.test.ts',
        'waits while no cluster is as cheap as its own cap, with the numbers',
      ],
    ],
  },
  {
    n: 62,
    input: 'provider: HTML, cut, 100 MB, wrong types, Retry-After: 999999999',
    outcome: 'CreateOutcomeUnknown, ProviderUnclear, or a bounded Throttled',
    tests: [
      ['ionet/replies.test.ts', 'that gets $what may have bought'],
      ['ionet/replies.test.ts', 'that gets $what knows nothing'],
      [
        'ionet/replies.test.ts',
        'is repeated twice after 503, and no Retry-After makes it wait long',
      ],
      ['ionet/replies.test.ts', 'is not repeated after 429'],
      ['ionet/replies.test.ts', 'loses no other worker by one whose URL $what'],
      [
        'ionet/any-reply.test.ts',
        'to %s is something the ledger can keep, or an error the state machine knows',
      ],
    ],
  },
  {
    n: 63,
    input: 'result: wrong fence, other task, truncated, oversize',
    outcome: 'E_RESULT_*, E_IMAGE_*; tried elsewhere',
    tests: [
      ['collect/collect-results.test.ts', 'that are %s end nothing, and their worker is put aside'],
      [
        'world/lost-workers.test.ts',
        'has its late reports and its late results refused and counted',
      ],
      ['kinds/vdf-wesolowski.test.ts', 'refuses the result with any one character changed'],
      ['kinds/nft-generative.test.ts', 'the image of another token'],
      ['kinds/zk-groth16.test.ts', 'is refused when it is a valid proof of other inputs'],
      [
        'kinds/zk-groth16.test.ts',
        'is refused when it is the proof of another task with the signals of this one',
      ],
    ],
  },
  {
    n: 64,
    input: 'checkpoint: other task, sequence back, 2^53',
    outcome: 'E_CKPT_*',
    tests: [
      ['model/checkpoint.test.ts', 'sequence 2^53'],
      ['collect/checkpoints.test.ts', 'of (fence, sequence) $second after $first is taken: $taken'],
      [
        'collect/checkpoints.test.ts',
        '$what is rejected and said in the log, and the pointer stays',
      ],
    ],
  },
  {
    n: 65,
    input: 'webhook forged, replayed',
    outcome: 'nothing listens',
    noEntry: { why: WEBHOOKS, fields: { webhook: 'https://dapp.example/' } },
  },
  {
    n: 66,
    input: 'CRLF, JSON and ANSI in text',
    outcome: 'one escaped line',
    tests: [
      [
        'intake/bad-input.test.ts',
        'is one escaped line in the refusal: line ends, JSON and terminal codes',
      ],
      ['log-line.test.ts', 'is one line of printable ASCII whatever strangers wrote into it'],
      [
        'engine/any-definition.test.ts',
        'end with exit code 0 or 2, and say why in printable lines',
      ],
    ],
  },
  {
    n: 67,
    input: 'a secret pasted',
    outcome: 'E_LOOKS_SECRET, never repeated',
    tests: [
      ['intake/bad-input.test.ts', 'is refused and never repeated: %s'],
      [
        'intake/bad-input.test.ts',
        'is repeated by no refusal, wherever it stands and however the message is broken',
      ],
      ['intake/intake.test.ts', 'leaves a secret it holds in no row, no object and no log line'],
    ],
  },
  {
    n: 68,
    input: 'configuration: no key, cap "unlimited", region, real provider in local mode',
    outcome: 'E_CONFIG with the name of the variable',
    tests: [
      T.config,
      T.props,
      ['infra/on-aws.test.ts', 'is refused, and not quoted, where it is one $name'],
      ['worker/settings.test.ts', 'refuses $name = $value and names it, not its value'],
      ['ionet/process.test.ts', 'says what is wrong with its configuration'],
    ],
  },
  {
    n: 69,
    input: 'a diffusion task where no image can, or none brings its model',
    outcome: 'E_UNSUPPORTED with the models there are',
    tests: [['intake/diffusion.test.ts', 'is refused where %s']],
  },
  {
    n: 70,
    input: 'a diffusion task with a wrong prompt, size, model or field',
    outcome: 'a code with the field',
    tests: [['intake/diffusion.test.ts', 'is refused with %s, by its field']],
  },
  {
    n: 71,
    input: 'a picture that is blank, see-through, of another size or another task',
    outcome: 'E_RESULT_BLANK, E_RESULT_PIXELS, E_IMAGE_DIM, E_RESULT_METADATA',
    tests: [['kinds/diffusion/nft-diffusion.test.ts', 'refuses %s']],
  },
  {
    n: 72,
    input: 'a picture that was not asked for, of the right shape',
    outcome: 'E_RESULT_DIFFERS where the secret sample has the task',
    tests: [
      [
        'world/samples.test.ts',
        'convict a worker that draws something else: it gets no more work, and nothing of it is taken alone',
      ],
    ],
  },
];

/** The property that shows for each parser of something foreign: nothing unnamed is thrown, nothing hangs. */
const PROPERTIES: Readonly<Record<string, Test>> = {
  'a message': ['intake/parse-task.test.ts', 'is a sound task or a refusal with a code: strings'],
  'a proof': ['kinds/zk/verify.test.ts', 'takes any JSON without throwing'],
  'a verification key': ['kinds/zk/verification-key.test.ts', 'takes any JSON without throwing'],
  'a proving key or a witness': [
    'worker/groth16/key-files.test.ts',
    'of any bytes is refused by name',
  ],
  'a file of tasks': [
    'intake/tasks-file.test.ts',
    'of any bytes at all gives its tasks, or broken lines with a code',
  ],
  'a GPU’s name': [
    'model/gpu.test.ts',
    'never resolves to a model with another memory than it names',
  ],
  'a manifest': ['worker/any-worker.test.ts', 'is one, or refused by the schema or the syntax'],
  'a call to a worker': [
    'worker/server.test.ts',
    'are answered by a status of the contract, or by nothing, and the worker is well after them',
  ],
  'a reply of a worker': [
    'worker/any-worker.test.ts',
    'to %s is an answer the ledger can keep, or silence',
  ],
  'a URL of a worker': T.anyUrl,
  'a reply of the provider': [
    'ionet/any-reply.test.ts',
    'to %s is something the ledger can keep, or an error the state machine knows',
  ],
  'a refusal of the provider': [
    'ionet/any-reply.test.ts',
    'of any other status means one of the six, with a wait of a quarter of an hour at most',
  ],
  'a list of the provider': [
    'ionet/any-reply.test.ts',
    'is read to its end or given up, within 500 pages',
  ],
  'a checkpoint': [
    'model/checkpoint.test.ts',
    'is refused by name whatever it is, and nothing is thrown',
  ],
  'a PNG': [
    'kinds/nft/png.test.ts',
    'answers any damaged file with an image of the asked size or one of the three codes',
  ],
  'metadata of a token': [
    'kinds/nft-generative.test.ts',
    'any bytes and any JSON as metadata are refused by name, without an exception',
  ],
  'a picture of a diffusion model': [
    'kinds/diffusion/nft-diffusion.test.ts',
    'refuses any bytes without an exception',
  ],
  'a proof of a delay': [
    'kinds/vdf-wesolowski.test.ts',
    'answers any bytes and any JSON without an exception',
  ],
  'progress of a delay': [
    'kinds/vdf/progress.test.ts',
    'of any bytes and any JSON is read without an exception',
  ],
  'a definition': [
    'engine/any-definition.test.ts',
    'is run, or refused with the place and what is wrong there',
  ],
  'files for the engine': [
    'engine/any-definition.test.ts',
    'end with exit code 0 or 2, and say why in printable lines',
  ],
  'an environment': [
    'config.test.ts',
    'is read, or refused without a word of what it holds, whatever it is',
  ],
  'a stranger’s words': [
    'log-line.test.ts',
    'are within their length and whole characters, whatever they are',
  ],
};

const holds = ([file, title]: Test): boolean => {
  const source = readFileSync(`test/${file}`, 'utf8');
  return [`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => source.includes(quoted));
};

describe('the list of bad inputs', () => {
  it('has all 72 rows, each with a test or with a reason why there is no way in', () => {
    expect(ROWS.map(({ n }) => n)).toEqual(Array.from({ length: 72 }, (_, index) => index + 1));
    const bare = ROWS.filter(({ tests, noEntry }) => tests === undefined && noEntry === undefined);
    expect(bare).toEqual([]);
  });

  it('names tests that are there', () => {
    const named = [...ROWS.flatMap(({ tests = [] }) => tests), ...Object.values(PROPERTIES)];
    expect(named.filter((test) => !holds(test))).toEqual([]);
  });

  const shut = ROWS.flatMap(({ n, noEntry }) =>
    Object.entries(noEntry?.fields ?? {}).map(([field, value]) => ({ n, field, value })),
  );
  it.each(shut)('refuses the field $field by which row $n would come', ({ field, value }) => {
    const parsed = parseTask(aMessage({ [field]: value }), someSettings());
    const isPlanned = UNSUPPORTED_FIELDS.some((planned) => planned === field);
    expect(parsed).toMatchObject({
      ok: false,
      refusal: { code: isPlanned ? 'E_UNSUPPORTED' : 'E_UNKNOWN_FIELD', field },
    });
  });
});
