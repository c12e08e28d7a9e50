import { describe, expect, it } from 'vitest';
import { ContainerSpec, container } from '../../../shared/kinds/container.ts';
import { aContainerSpec, containerSpec } from './make.ts';

const isSound = (changes: Readonly<Record<string, unknown>>) =>
  ContainerSpec.safeParse(containerSpec(changes)).success;

const outputs = (count: number, maxBytes = 1) =>
  Array.from({ length: count }, (_, n) => ({ name: `file-${n}`, maxBytes }));
const variables = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, n) => [`V${n}`, '']));
const MIB = 1024 * 1024;

describe('the spec of a container task', () => {
  it.each<[string, Readonly<Record<string, unknown>>, boolean]>([
    ['64 arguments', { args: Array(64).fill('') }, true],
    ['65 arguments', { args: Array(65).fill('') }, false],
    ['an argument of 4096 characters', { args: ['x'.repeat(4096)] }, true],
    ['an argument of 4097 characters', { args: ['x'.repeat(4097)] }, false],
    ['16384 characters of arguments', { args: Array(4).fill('x'.repeat(4096)) }, true],
    ['16385 characters of arguments', { args: [...Array(4).fill('x'.repeat(4096)), 'x'] }, false],
    ['32 variables', { env: variables(32) }, true],
    ['33 variables', { env: variables(33) }, false],
    ['16384 characters of variables', { env: { A: 'x'.repeat(16_383) } }, true],
    ['16385 characters of variables', { env: { A: 'x'.repeat(16_384) } }, false],
    ['no output', { outputs: [] }, false],
    ['16 outputs', { outputs: outputs(16) }, true],
    ['17 outputs', { outputs: outputs(17) }, false],
    ['an output of 64 MiB', { outputs: outputs(1, 64 * MIB) }, true],
    ['an output of more', { outputs: outputs(1, 64 * MIB + 1) }, false],
    ['outputs of 128 MiB', { outputs: outputs(2, 64 * MIB) }, true],
    ['outputs of more', { outputs: [...outputs(2, 64 * MIB), { name: 'x', maxBytes: 1 }] }, false],
    ['an output of no bytes', { outputs: outputs(1, 0) }, false],
    ['an output twice', { outputs: [...outputs(1), ...outputs(1)] }, false],
    ['an output elsewhere', { outputs: [{ name: '../x', maxBytes: 1 }] }, false],
    ['an output of no media type', { outputs: [{ ...outputs(1)[0], contentType: 'png' }] }, false],
    ['an input twice', { inputs: ['a', 'a'] }, false],
    ['one vote', { verification: { policy: 'redundancy', k: 1 } }, false],
    ['two votes', { verification: { policy: 'redundancy', k: 2 } }, true],
    ['five votes', { verification: { policy: 'redundancy', k: 5 } }, true],
    ['six votes', { verification: { policy: 'redundancy', k: 6 } }, false],
    ['the word of a worker', { verification: { policy: 'worker-declared' } }, true],
    ['another policy', { verification: { policy: 'trust-me' } }, false],
    ['votes nobody asked for', { verification: { policy: 'worker-declared', k: 2 } }, false],
    ['no policy', { verification: undefined }, false],
    ['a field nobody knows', { entrypoint: ['sh'] }, false],
  ])('may have %s: %j', (_what, changes, sound) => {
    expect(isSound(changes)).toBe(sound);
  });

  it.each([
    ...[
      'AWS_ACCESS_KEY_ID',
      'aws_profile',
      'LD_PRELOAD',
      'ld_library_path',
      'DYLD_INSERT_LIBRARIES',
    ],
    ...['BURST_TOKEN', 'NODE_OPTIONS', 'PYTHONPATH', 'PERL5OPT', 'RUBYOPT', 'JAVA_TOOL_OPTIONS'],
    ...['PATH', 'HOME', 'IFS', 'BASH_ENV', 'ENV', 'GCONV_PATH', 'NVIDIA_VISIBLE_DEVICES'],
    ...['CUDA_VISIBLE_DEVICES', 'CUDA_DEVICE_ORDER'],
    ...['', '1A', 'A-B', 'A=B', 'A B', 'Ä', 'A\n', 'x'.repeat(65)],
  ])('may not set the variable %j', (name) => {
    expect(isSound({ env: { [name]: '1' } })).toBe(false);
  });

  it.each(['SEED', 'seed', '_', 'PATHS', 'MY_AWS_REGION', 'HOMEPAGE', 'x'.repeat(64)])(
    'may set the variable %j',
    (name) => {
      expect(isSound({ env: { [name]: '1' } })).toBe(true);
    },
  );
});

const files = (text: string) => new Map([['result.bin', Buffer.from(text)]]);

describe('what a container leaves', () => {
  it('counts as the word of one worker where the task says so', () => {
    const spec = aContainerSpec({ verification: { policy: 'worker-declared' } });
    expect(container.verify(spec, files('a'))).toMatchObject({
      verified: true,
      verifiedBy: 'worker-declared',
      evidence: { outputsSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('is a vote where workers must agree, equal for equal files only', () => {
    const spec = aContainerSpec({ verification: { policy: 'redundancy', k: 3 } });
    const vote = (text: string) => container.verify(spec, files(text));
    expect(vote('a')).toMatchObject({ verified: 'vote', votes: 3, verifiedBy: 'redundancy-3' });
    expect(vote('a')).toEqual(vote('a'));
    expect(vote('a')).not.toEqual(vote('b'));
    expect(vote('')).not.toEqual(vote('a'));
  });

  it('is told from the same bytes cut into files another way', () => {
    const spec = aContainerSpec({ outputs: ['a', 'b'].map((name) => ({ name, maxBytes: 9 })) });
    const of = (a: string, b: string) =>
      container.verify(
        spec,
        new Map([
          ['a', Buffer.from(a)],
          ['b', Buffer.from(b)],
        ]),
      );
    expect(of('xy', 'z')).not.toEqual(of('x', 'yz'));
  });

  it.each([
    ['is missing', new Map(), /^E_RESULT_MISSING: no result\.bin/],
    ['is too long', files('x'.repeat(65)), /^E_RESULT_SIZE: result\.bin has 65 bytes/],
  ])('is rejected when it %s', (_how, there, why) => {
    const verdict = container.verify(aContainerSpec(), there);
    expect(verdict.verified === false && verdict.reason).toMatch(why);
  });

  it('is asked of as many workers as must agree', () => {
    const one = aContainerSpec({ verification: { policy: 'worker-declared' } });
    expect(container.workers?.(one)).toBe(1);
    expect(container.workers?.(aContainerSpec())).toBe(2);
  });
});
