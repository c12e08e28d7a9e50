import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configFrom } from '../shared/config.ts';

const SETTINGS = { stackName: 'burst', tenantOfQueue: {}, images: {} };
const ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  BURST_SETTINGS: JSON.stringify(SETTINGS),
  BURST_WORKER_SECRET: 'root-of-the-tokens',
  BURST_TABLE: 'ledger',
  BURST_BUCKET: 'artifacts',
  BURST_STATE_MACHINE_ARN: 'arn:aws:states:eu-central-1:000000000000:stateMachine:burst',
  IONET_API_KEY: 'key-of-the-account',
};
const LOCAL = {
  BURST_AWS_ENDPOINT: 'http://127.0.0.1:4566',
  IONET_BASE_URL: 'http://127.0.0.1:4567/enterprise/v1/io-cloud/caas',
};

const settings = (changes: object) => ({
  BURST_SETTINGS: JSON.stringify({ ...SETTINGS, ...changes }),
});
const read = (changes: Readonly<Record<string, string | undefined>>) =>
  configFrom({ ...ENVIRONMENT, ...changes });

describe('a configuration', () => {
  it.each(['eu-central-1', 'us-gov-west-1', 'ap-southeast-7'])('takes the region %s', (region) => {
    expect(read({ AWS_REGION: region }).aws.region).toBe(region);
  });

  it('may lead to another address of the provider by https', () => {
    const url = 'https://proxy.example/caas';
    expect(read({ IONET_BASE_URL: url }).ionet.baseUrl).toBe(url);
  });

  it.each(['127.0.0.1', '[::1]', 'localhost'])('of a local world buys from %s', (host) => {
    const url = `http://${host}:4567/caas`;
    expect(read({ ...LOCAL, IONET_BASE_URL: url }).ionet.baseUrl).toBe(url);
  });

  it.each<{ what: string; changes: Record<string, string | undefined>; says: RegExp }>([
    {
      what: 'no key of the provider',
      changes: { IONET_API_KEY: undefined },
      says: /\nIONET_API_KEY: /,
    },
    { what: 'an empty key', changes: { IONET_API_KEY: '' }, says: /\nIONET_API_KEY: / },
    {
      what: 'a short worker secret',
      changes: { BURST_WORKER_SECRET: 'fifteen-letters' },
      says: /\nBURST_WORKER_SECRET: .*>=16/,
    },
    ...['eu-central', 'eu_central_1', 'EU-CENTRAL-1', 'frankfurt', ''].map((region) => ({
      what: `the region ${JSON.stringify(region)}`,
      changes: { AWS_REGION: region },
      says: /\nAWS_REGION: must be a region such as eu-central-1$/,
    })),
    ...['unlimited', -1, 0.5, null].map((cap) => ({
      what: `a cap of ${JSON.stringify(cap)}`,
      changes: settings({ caps: { dayMicroUsd: cap } }),
      says: /\nBURST_SETTINGS\.caps\.dayMicroUsd: /,
    })),
    {
      what: 'a cap without end',
      changes: {
        BURST_SETTINGS: settings({}).BURST_SETTINGS.replace('{', '{"caps":{"dayMicroUsd":1e400},'),
      },
      says: /\nBURST_SETTINGS\.caps\.dayMicroUsd: /,
    },
    {
      what: 'a misspelt cap',
      changes: settings({ caps: { dailyMicroUsd: 1 } }),
      says: /\nBURST_SETTINGS\.caps: .*dailyMicroUsd/,
    },
    {
      what: 'an image without a digest',
      changes: settings({ images: { 'nft.generative': 'registry.example/worker:latest' } }),
      says: /\nBURST_SETTINGS\.images\.nft\.generative: /,
    },
    { what: 'settings that are no JSON', changes: { BURST_SETTINGS: '{' }, says: /is not JSON/ },
    {
      what: 'the real provider in a local world',
      changes: { ...LOCAL, IONET_BASE_URL: undefined },
      says: /\nIONET_BASE_URL: must be on this machine in the local world$/,
    },
    {
      what: 'the real provider where workers are on this machine',
      changes: { BURST_LOOPBACK_WORKERS: 'true' },
      says: /\nIONET_BASE_URL: must be on this machine in the local world$/,
    },
    {
      what: 'a name that only begins like this machine',
      changes: { ...LOCAL, IONET_BASE_URL: 'https://127.0.0.1.example/caas' },
      says: /\nIONET_BASE_URL: must be on this machine in the local world$/,
    },
    {
      what: 'a key that would travel in the clear',
      changes: { IONET_BASE_URL: 'http://api.io.solutions/caas' },
      says: /\nIONET_BASE_URL: must be https$/,
    },
  ])('is refused by the name of its variable for $what', ({ changes, says }) => {
    expect(() => read(changes)).toThrow(says);
    expect(() => read(changes)).toThrow(/^E_CONFIG: the environment is not usable:/);
  });

  it('is read, or refused without a word of what it holds, whatever it is', () => {
    const marked = fc
      .string({ unit: fc.constantFrom(...'"{}[]:,\\\n\u001baZ09 ') })
      .map((text) => `MARKED${text}`);
    const value = fc.oneof(
      marked,
      fc.jsonValue({ maxDepth: 2 }).map((json) => JSON.stringify({ ...SETTINGS, caps: json })),
      fc
        .record({ stackName: marked, images: fc.dictionary(fc.constant('x'), marked) })
        .map((wrong) => JSON.stringify({ ...SETTINGS, ...wrong })),
      fc.constantFrom('', '0', 'true', 'http://MARKED.example', 'https://MARKED@h.example', '[]'),
    );
    const names = [...Object.keys(ENVIRONMENT), ...Object.keys(LOCAL), 'BURST_CLOCK'];
    fc.assert(
      fc.property(fc.constantFrom(...names), value, (name, text) => {
        try {
          read({ [name]: text });
        } catch (error) {
          expect(error).toMatchObject({ name: 'ConfigRejected' });
          expect(String(error)).toMatch(/E_CONFIG: .*\n[A-Z_]+(\.\S+)?: /);
          expect(String(error)).not.toContain('MARKED');
        }
      }),
      { numRuns: 300 },
    );
  });
});

const ionetOf = (more: object) => configFrom({ ...ENVIRONMENT, ...more }).ionet;

describe('the API of the provider', () => {
  it.each([
    { given: {}, flavour: 'caas', path: '/caas' },
    { given: { IONET_API_FLAVOUR: 'caas' }, flavour: 'caas', path: '/caas' },
    { given: { IONET_API_FLAVOUR: 'clusters' }, flavour: 'clusters', path: '' },
  ])('is $flavour at its own address for $given', ({ given, flavour, path }) => {
    const baseUrl = `https://api.io.solutions/enterprise/v1/io-cloud${path}`;
    expect(ionetOf(given)).toEqual({ flavour, baseUrl, apiKey: 'key-of-the-account' });
  });

  it.each(['caas', 'clusters'])('is %s at the address that was given', (flavour) => {
    const IONET_BASE_URL = 'http://127.0.0.1:8000/api';
    expect(ionetOf({ IONET_API_FLAVOUR: flavour, IONET_BASE_URL }).baseUrl).toBe(IONET_BASE_URL);
  });

  it.each(['', 'CaaS', 'vmaas'])('is not guessed from %o', (flavour) => {
    expect(() => ionetOf({ IONET_API_FLAVOUR: flavour })).toThrow(/IONET_API_FLAVOUR: .*caas/);
  });
});
