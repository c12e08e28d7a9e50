import { describe, expect, it } from 'vitest';
import { failureOf, isKeyRefused, unclear } from '../../shared/ionet/refusal.ts';
import { instantOf } from '../../shared/model/time.ts';

const now = instantOf(Date.UTC(2026, 10, 22, 10));
const deploy = { name: 'deploy', paid: true };
const look = { name: 'look', paid: false };

const failure = (
  operation: typeof deploy,
  status: number,
  body: unknown,
  retryAfter?: string | undefined,
) => {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return failureOf(operation, { status, text, retryAfter }, now);
};

const fields = {
  detail: [
    { loc: ['body', 'gpus_per_container'], msg: 'must be 8', type: 'value_error' },
    { loc: ['body', 'location_ids', 0], msg: 'Input should be a valid integer', type: 'int' },
  ],
};

describe('failureOf', () => {
  it.each([
    { status: 302, body: '', paid: 'CreateOutcomeUnknown', free: 'ProviderUnclear' },
    { status: 400, body: '', paid: 'ProviderRefused', free: 'ProviderRefused' },
    { status: 400, body: { key_set: true }, paid: 'ProviderRefused', free: 'ProviderRefused' },
    {
      status: 400,
      body: { detail: 'Insufficient credits' },
      paid: 'BudgetExceeded',
      free: 'BudgetExceeded',
    },
    {
      status: 400,
      body: { detail: 'Your balance is too low' },
      paid: 'BudgetExceeded',
      free: 'BudgetExceeded',
    },
    {
      status: 400,
      body: { detail: 'No GPUs at this location' },
      paid: 'CapacityUnavailable',
      free: 'CapacityUnavailable',
    },
    {
      status: 400,
      body: { detail: 'Insufficient capacity' },
      paid: 'CapacityUnavailable',
      free: 'CapacityUnavailable',
    },
    { status: 401, body: 'Unauthorized', paid: 'ProviderRefused', free: 'ProviderRefused' },
    {
      status: 401,
      body: 'invalid credentials',
      paid: 'ProviderRefused',
      free: 'ProviderRefused',
    },
    {
      status: 401,
      body: { detail: 'Invalid API key. Check your account balance.' },
      paid: 'ProviderRefused',
      free: 'ProviderRefused',
    },
    { status: 402, body: '', paid: 'BudgetExceeded', free: 'BudgetExceeded' },
    {
      status: 402,
      body: { detail: 'gpus_per_container: 8 are more than is paid for' },
      paid: 'BudgetExceeded',
      free: 'BudgetExceeded',
    },
    { status: 403, body: '', paid: 'ProviderRefused', free: 'ProviderRefused' },
    {
      status: 403,
      body: { detail: 'payment required' },
      paid: 'BudgetExceeded',
      free: 'BudgetExceeded',
    },
    { status: 404, body: '', paid: 'ProviderRefused', free: 'ProviderRefused' },
    { status: 408, body: '', paid: 'CreateOutcomeUnknown', free: 'ProviderUnclear' },
    {
      status: 409,
      body: { detail: 'name exists' },
      paid: 'ProviderRefused',
      free: 'ProviderRefused',
    },
    {
      status: 409,
      body: { detail: 'Hardware is no longer available' },
      paid: 'CapacityUnavailable',
      free: 'CapacityUnavailable',
    },
    { status: 422, body: fields, paid: 'ProviderRefused', free: 'ProviderRefused' },
    {
      status: 400,
      body: { code: 'INSUFFICIENT_CREDITS' },
      paid: 'BudgetExceeded',
      free: 'BudgetExceeded',
    },
    {
      status: 400,
      body: { code: 'no_available_replicas' },
      paid: 'CapacityUnavailable',
      free: 'CapacityUnavailable',
    },
    {
      status: 400,
      body: { detail: 'unsupported image' },
      paid: 'ProviderRefused',
      free: 'ProviderRefused',
    },
    {
      status: 422,
      body: { detail: 'sold out' },
      paid: 'CapacityUnavailable',
      free: 'CapacityUnavailable',
    },
    {
      status: 422,
      body: { detail: 'Insufficient credits' },
      paid: 'BudgetExceeded',
      free: 'BudgetExceeded',
    },
    {
      status: 422,
      body: { detail: [{ loc: ['body', 'payment_method'], msg: 'must be credits', type: 'x' }] },
      paid: 'ProviderRefused',
      free: 'ProviderRefused',
    },
    { status: 429, body: '', paid: 'Throttled', free: 'Throttled' },
    { status: 500, body: '', paid: 'CreateOutcomeUnknown', free: 'ProviderUnclear' },
    {
      status: 503,
      body: { detail: 'no capacity' },
      paid: 'CreateOutcomeUnknown',
      free: 'ProviderUnclear',
    },
    { status: 599, body: '<html>', paid: 'CreateOutcomeUnknown', free: 'ProviderUnclear' },
  ])(
    'takes $status $body for $paid where it pays, else for $free',
    ({ status, body, paid, free }) => {
      expect(failure(deploy, status, body).name).toBe(paid);
      expect(failure(look, status, body).name).toBe(free);
    },
  );

  it('names each wrong field of a 422', () => {
    expect(failure(deploy, 422, fields).message).toBe(
      'deploy answered 422: body.gpus_per_container must be 8; ' +
        'body.location_ids.0 Input should be a valid integer',
    );
  });

  it.each([
    { status: 422, detail: [{ loc: ['body', 'gpus_per_container'], msg: 'must be 8', type: 'x' }] },
    { status: 422, detail: [{ loc: ['query', 'gpus_per_container'], msg: '>= 8', type: 'x' }] },
    { status: 400, detail: 'gpus_per_container must be 8' },
    { status: 422, detail: 'GPUs per container: only 8' },
  ])('takes $status $detail for a size that is not rented, so that another may be', (refused) => {
    const error = failure(deploy, refused.status, { detail: refused.detail });
    expect(error.name).toBe('CapacityUnavailable');
  });

  it.each([
    [401, ''],
    [403, 'expired'],
    [400, { key_set: true }],
  ])('marks %i %o as a matter of the key, which the log line of it is known by', (status, body) => {
    const error = failure(look, status, body);
    expect(error).toMatchObject({ context: { apiKey: 'refused' } });
    expect(isKeyRefused(error)).toBe(true);
    expect(isKeyRefused(failure(look, 404, ''))).toBe(false);
  });

  it('takes a list of fields for a refusal whatever words are in it', () => {
    const detail = [{ loc: ['body', 'available_replicas'], msg: 'no capacity', type: 'x' }];
    expect(failure(deploy, 422, { detail }).name).toBe('ProviderRefused');
  });

  it.each([401, 403])('points at the key when the answer is %i', (status) => {
    expect(failure(look, status, '').message).toContain('API key');
  });

  it('keeps 300 characters of a long text, in one line', () => {
    const { message } = failure(look, 400, `<html>\r\n\t\u0000${'x'.repeat(5000)}`);
    expect(message).toBe(`look answered 400: <html> ${'x'.repeat(292)}…`);
  });

  it.each([
    { header: undefined, seconds: undefined },
    { header: '', seconds: undefined },
    { header: 'soon', seconds: undefined },
    { header: '-5', seconds: 0 },
    { header: '12', seconds: 12 },
    { header: '900', seconds: 900 },
    { header: '901', seconds: 900 },
    { header: '999999999', seconds: 900 },
    { header: 'Sun, 22 Nov 2026 10:00:30 GMT', seconds: 30 },
    { header: 'Sun, 22 Nov 2026 09:00:00 GMT', seconds: 0 },
    { header: 'Sun, 22 Nov 2099 10:00:00 GMT', seconds: 900 },
  ])('reads Retry-After "$header" as $seconds seconds', ({ header, seconds }) => {
    const context = { operation: 'look', status: 429 };
    expect(failure(look, 429, '', header)).toMatchObject({
      context: seconds === undefined ? context : { ...context, retryAfterSeconds: seconds },
    });
  });
});

describe('unclear', () => {
  it('warns that a paid call may have been carried out', () => {
    expect(unclear(deploy, 'deploy: socket hang up')).toMatchObject({
      name: 'CreateOutcomeUnknown',
      message: 'deploy: socket hang up; it may have been paid for',
    });
  });
});
