import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runAslCommand } from '../../infra/local/engine/asl-command.ts';
import { Script } from '../../infra/local/engine/script.ts';
import { runScripted } from '../../infra/local/engine/scripted-run.ts';
import { aTask, machineOf, token } from './machine.ts';

describe('runScripted', () => {
  const run = (definition: unknown, script: Script) => runScripted(definition, { n: 1 }, script);

  it('gives the outcomes of a function in order and repeats the last', async () => {
    const laps = machineOf({
      Init: { Type: 'Pass', Assign: { seen: [] }, Next: 'T' },
      T: aTask('f', {
        Assign: { seen: '{% $append($seen, $states.result.Payload) %}' },
        Next: 'Again?',
      }),
      'Again?': {
        Type: 'Choice',
        Choices: [{ Condition: '{% $count($seen) < 4 %}', Next: 'T' }],
        Default: 'Done',
      },
      Done: { Type: 'Succeed', Output: '{% $seen %}' },
    });
    const { output } = await run(laps, { f: [{ return: 1 }, { return: 2 }] });
    expect(output).toEqual([1, 2, 2, 2]);
  });

  it('hands on error and cause as they stand', async () => {
    const outcome = await run(machineOf({ T: aTask('f') }), {
      f: [{ error: 'Broken', cause: '{"errorType":"Broken"}' }],
    });
    expect(outcome).toMatchObject({
      status: 'FAILED',
      output: null,
      error: 'Broken',
      cause: '{"errorType":"Broken"}',
    });
  });

  it.each([
    { afterSeconds: 9, status: 'SUCCEEDED', virtualSeconds: 9 },
    { afterSeconds: 11, status: 'FAILED', virtualSeconds: 10 },
  ])(
    'lets a function take $afterSeconds s of a 10 s timeout',
    async ({ afterSeconds, ...expected }) => {
      const machine = machineOf({ T: aTask('f', { TimeoutSeconds: 10 }) });
      const { status, virtualSeconds } = await run(machine, { f: [{ return: 1, afterSeconds }] });
      expect({ status, virtualSeconds }).toEqual(expected);
    },
  );

  it.each([
    ['f', 'f'],
    [token('f'), 'f'],
    [token('f'), token('f')],
    ['arn:aws:lambda:us-east-1:123456789012:function:f', 'f'],
    ['arn:aws:lambda:us-east-1:123456789012:function:f:live', 'f'],
  ])('meets FunctionName %s with the script of %s', async (functionName, key) => {
    const { status } = await run(machineOf({ T: aTask(functionName) }), { [key]: [{ return: 1 }] });
    expect(status).toBe('SUCCEEDED');
  });

  it('fails at a function without a script', async () => {
    const { status, error, cause } = await run(machineOf({ T: aTask('f') }), {});
    expect({ status, error }).toEqual({
      status: 'FAILED',
      error: 'Lambda.ResourceNotFoundException',
    });
    expect(cause).toContain('f');
  });

  it('repeats itself exactly, jitter and uuids included', async () => {
    const machine = machineOf({
      T: aTask('f', {
        Retry: [{ ErrorEquals: ['E'], JitterStrategy: 'FULL' }],
        Output: '{% [$uuid(), $random(), $now()] %}',
      }),
    });
    const script: Script = { f: [{ error: 'E' }, { error: 'E' }, { return: 1 }] };
    expect(await run(machine, script)).toEqual(await run(machine, script));
  });
});

describe('Script', () => {
  it.each([
    ['no outcomes', { f: [] }],
    ['an empty outcome', { f: [{}] }],
    ['both return and error', { f: [{ return: 1, error: 'E' }] }],
    ['a negative delay', { f: [{ return: 1, afterSeconds: -1 }] }],
    ['an outcome that is no list', { f: { return: 1 } }],
  ])('refuses %s', (_name, script) => {
    expect(Script.safeParse(script).success).toBe(false);
  });
});

describe('npm run asl', () => {
  const folder = mkdtempSync(join(tmpdir(), 'asl-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (name: string, content: unknown) => {
    const path = join(folder, name);
    const asIs = typeof content === 'string' || content instanceof Uint8Array;
    writeFileSync(path, asIs ? content : JSON.stringify(content));
    return path;
  };
  const asl = async (...args: string[]) => {
    let stdout = '';
    let stderr = '';
    const code = await runAslCommand(args, {
      out: (text) => {
        stdout += text;
      },
      err: (text) => {
        stderr += text;
      },
    });
    return { code, lines: stdout.trimEnd().split('\n'), stderr };
  };

  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);

  const definition = file(
    'definition.json',
    machineOf({ W: { Type: 'Wait', Seconds: 90, Next: 'T' }, T: aTask(token('poll')) }),
  );
  const input = file('input.json', { n: 1 });
  const script = file('script.json', { poll: [{ return: { n: 2 }, afterSeconds: 5 }] });
  const refused = file(
    'refused.json',
    machineOf({ A: { Type: 'Pass', Next: 'X', InputPath: '$' } }),
  );

  it('prints the outcome as JSON in its last line', async () => {
    const { code, lines } = await asl(definition, '--input', input, '--script', script, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(lines.at(-1) ?? '')).toEqual({
      ...{ status: 'SUCCEEDED', output: { n: 2 }, error: null, cause: null, virtualSeconds: 95 },
      events: [
        { type: 'ExecutionStarted' },
        { type: 'WaitStateEntered', name: 'W' },
        { type: 'WaitStateExited', name: 'W' },
        { type: 'TaskStateEntered', name: 'T' },
        ...[{ type: 'TaskScheduled' }, { type: 'TaskStarted' }, { type: 'TaskSucceeded' }],
        { type: 'TaskStateExited', name: 'T' },
        { type: 'ExecutionSucceeded' },
      ],
    });
  });

  it('prints a timeline', async () => {
    const { code, lines } = await asl(definition, '--input', input, '--script', script);
    expect(code).toBe(0);
    expect(lines).toContainEqual(expect.stringMatching(/^ +90\.000 s {2}TaskStateEntered +T$/));
    expect(lines.at(-1)).toBe('SUCCEEDED after 95 s  {"n":2}');
  });

  it('is a command of its own, with exit code and streams', () => {
    const command = ['--import', 'tsx', 'infra/local/engine/cli.ts', refused];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, { encoding: 'utf8' });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain('refused.json is refused');
  });

  it('prints its help', async () => {
    const { code, lines } = await asl('--help');
    expect(code).toBe(0);
    expect(lines[0]).toBe('Usage: asl [options] <definition>');
  });

  it('prints why a definition is refused and exits 2', async () => {
    const { code, lines } = await asl(refused, '--json');
    expect(code).toBe(2);
    const last = JSON.parse(lines.at(-1) ?? '');
    expect(Object.keys(last)).toEqual(['refused']);
    expect(last.refused).toContain('state "A", InputPath');
    expect(last.refused).toContain('state "A", Next: "X"');
  });

  it.each([
    { name: 'a definition that is not there', args: ['nowhere.json'], says: /ENOENT/ },
    {
      name: 'an input that is no JSON',
      args: [definition, '--input', file('in.json', '{')],
      says: /in\.json: .*JSON/,
    },
    {
      name: 'a script without outcomes',
      args: [definition, '--script', file('none.json', { poll: [] })],
      says: /none\.json: poll must not be empty/,
    },
    {
      name: 'an input too large',
      args: [definition, '--input', file('large.json', ['x'.repeat(262_144)])],
      says: /The input is larger/,
    },
  ])('says in the last line of --json why it refuses $name', async ({ args, says }) => {
    const { code, lines, stderr } = await asl(...args, '--json');
    expect(code).toBe(2);
    const last = JSON.parse(lines.at(-1) ?? '');
    expect(Object.keys(last)).toEqual(['refused']);
    expect(last.refused).toMatch(says);
    expect(stderr).toMatch(says);
  });

  it('reads files that begin with a byte order mark', async () => {
    const marked = [definition, input, script].map((path, index) =>
      file(`marked-${index}.json`, `\uFEFF${readFileSync(path, 'utf8')}`),
    );
    const [first = '', second = '', third = ''] = marked;
    const { code, lines } = await asl(first, '--input', second, '--script', third);
    expect(code).toBe(0);
    expect(lines.at(-1)).toBe('SUCCEEDED after 95 s  {"n":2}');
  });

  it('runs the example of the README', async () => {
    const example = (name: string) => `infra/examples/asl/${name}.json`;
    const files = [
      example('definition'),
      ...['--input', example('input'), '--script', example('script')],
    ];
    const { code, lines } = await asl(...files);
    expect(code).toBe(0);
    expect(lines).toContainEqual(expect.stringMatching(/^ +39\.000 s {2}TaskFailed$/));
    expect(lines.at(-1)).toBe('SUCCEEDED after 61 s  {"clusterId":"cluster-1","polls":3}');
  });

  it('says without --json on stderr why a definition is refused', async () => {
    const { code, stderr } = await asl(refused);
    expect(code).toBe(2);
    expect(stderr).toContain('state "A", Next: "X" is not a state here');
  });

  it.each([
    {
      name: 'a file that is not there',
      args: ['nowhere.json'],
      says: /^nowhere\.json: ENOENT.*\n$/,
    },
    {
      name: 'a file that is no JSON',
      args: [file('bad.json', '{')],
      says: /bad\.json: .*JSON.*\n$/,
    },
    {
      name: 'a script of another shape',
      args: [definition, '--script', file('odd.json', { poll: [{ give: 1 }] })],
      says: /odd\.json: poll\/0 must be \{"return".*\n$/,
    },
    {
      name: 'a definition nested 100,000 deep',
      args: [file('deep.json', nested(100_000))],
      says: /deep\.json: is nested deeper than 256; flatten it\n$/,
    },
    {
      name: 'an input nested 257 deep',
      args: [definition, '--input', file('deep-input.json', nested(257))],
      says: /deep-input\.json: is nested deeper than 256; flatten it\n$/,
    },
    {
      name: 'a script nested 100,000 deep',
      args: [
        definition,
        '--script',
        file('deep-script.json', `{"poll":[{"return":${nested(100_000)}}]}`),
      ],
      says: /deep-script\.json: is nested deeper than 256; flatten it\n$/,
    },
    {
      name: 'an input that is no UTF-8',
      args: [definition, '--input', file('latin.json', Buffer.from('"caf\xe9"', 'latin1'))],
      says: /latin\.json: .*not valid.*utf-8.*\n$/i,
    },
    {
      name: 'a file that commands the terminal',
      args: [file('ansi.json', '{"a":\u001b[2J\u009b}')],
      says: /ansi\.json: .*\\u001b\[2J\\u009b/,
    },
    { name: 'no definition', args: [], says: /missing required argument/ },
    { name: 'an unknown option', args: [definition, '--fast'], says: /unknown option '--fast'/ },
  ])('exits 2 with one line about $name', async ({ args, says }) => {
    const { code, stderr } = await asl(...args);
    expect(code).toBe(2);
    expect(stderr).toMatch(says);
    expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  });
});
