import { describe, expect, it } from 'vitest';
import { configFrom } from '../shared/config.ts';

const ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  BURST_SETTINGS: JSON.stringify({ stackName: 'burst', tenantOfQueue: {}, images: {} }),
  BURST_WORKER_SECRET: 'root-of-the-tokens',
  BURST_TABLE: 'ledger',
  BURST_BUCKET: 'artifacts',
  BURST_STATE_MACHINE_ARN: 'arn:aws:states:eu-central-1:000000000000:stateMachine:burst',
  IONET_API_KEY: 'key-of-the-account',
};
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
