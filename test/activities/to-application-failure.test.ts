import { ApplicationFailure } from '@temporalio/common';
import {
  toApplicationFailure,
  withApplicationFailures,
} from '../../activities/to-application-failure';
import { BillingError } from '../../domain/billing-error';
import { InvariantViolation } from '../../domain/invariant';
import { GatewayRejected, GatewayUnavailable } from '../../gateways/payment-gateway';

describe('what a failed activity tells Temporal', () => {
  it.each([
    [
      'a refusal with a code',
      new BillingError('currency_mismatch', 'INR is not TRY', { field: 'currency' }),
      { type: 'currency_mismatch', message: 'INR is not TRY', details: [{ field: 'currency' }] },
    ],
    [
      'a broken invariant',
      new InvariantViolation('a period is never paid twice'),
      { type: 'invariant_violated', message: 'a period is never paid twice' },
    ],
    [
      'a gateway’s final no',
      new GatewayRejected('idempotency_error', 409, 'another request had this key'),
      { type: 'gateway_idempotency_error', message: 'another request had this key' },
    ],
  ])('is final for %s: it blocks until an operator looks', (_, error, expected) => {
    const failure = toApplicationFailure(error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ ...expected, nonRetryable: true });
  });

  it.each([
    ['a silent gateway', new GatewayUnavailable('no answer', { outcome: 'unknown' })],
    ['a database that is away', new BillingError('unavailable', 'no connection')],
    ['anything else', new Error('connect ECONNREFUSED')],
  ])('is passed on for %s, so that it is tried again', (_, error) => {
    expect(toApplicationFailure(error)).toBe(error);
  });

  it('holds for every activity of a set, and leaves answers alone', async () => {
    const activities = withApplicationFailures({
      async answer(name: string) {
        return `hello ${name}`;
      },
      async fail() {
        throw new InvariantViolation('cannot be');
      },
    });
    expect(await activities.answer('Ada')).toBe('hello Ada');
    await expect(activities.fail()).rejects.toMatchObject({ type: 'invariant_violated' });
  });
});
