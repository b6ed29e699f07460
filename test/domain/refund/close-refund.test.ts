import { closeRefund, type SeenAtGateway } from '../../../domain/refund/close-refund';
import type { Refund } from '../../../domain/refund/refund';
import { buildTopUpTerms } from '../../../domain/payment/top-up-terms';
import { parseMoney } from '../../../domain/money';
import { UNTAXED } from '../../../domain/tax/taxation';

const AT = '2027-03-04T09:00:00.000Z';
const BY = { at: AT, operator: { operator_key_id: 'key_1', operator_note: 'seen in the pages' } };
const SEEN: SeenAtGateway = { kind: 'refunded', gatewayRefundId: 're_9' };
const NOT_SEEN: SeenAtGateway = { kind: 'not_refunded' };

/** 590.00 of a payment, which its gateway has not confirmed for a day. */
function refundOf(change: Partial<Refund> = {}): Refund {
  const { sale } = buildTopUpTerms(UNTAXED, parseMoney({ amount: '590.00', currency: 'INR' }));
  return {
    id: 'rfd_1',
    accountId: 'acct_1',
    subject: { kind: 'payment', id: 'pay_1' },
    to: 'source',
    source: { paymentId: 'pay_1', gateway: 'sandbox', gatewayPaymentId: 'gw_1' },
    sale,
    taxation: UNTAXED,
    referencesId: 'rcv_1',
    reason: null,
    status: 'requested',
    requestedAt: '2027-03-02T10:00:00.000Z',
    attemptsMade: 14,
    settledAt: null,
    gatewayRefundId: null,
    failureReason: null,
    documentId: null,
    ...change,
  };
}

it('an operator who saw the money go back closes it as succeeded, under the id the gateway shows', () => {
  const closed = closeRefund(refundOf(), SEEN, BY);
  expect(closed).toMatchObject({
    kind: 'closed',
    refund: { status: 'succeeded', settledAt: AT, gatewayRefundId: 're_9' },
    events: [
      {
        type: 'refund.closed_by_operator',
        reason: 'an operator closed the refund: seen in the pages',
        data: { operator_key_id: 'key_1', operator_note: 'seen in the pages' },
      },
      {
        type: 'refund.succeeded',
        reason: '590.00 INR was refunded to the original payment method',
      },
    ],
  });
});

it('one who saw that it did not closes it as failed: the money is put back', () => {
  const closed = closeRefund(refundOf(), NOT_SEEN, BY);
  expect(closed).toMatchObject({
    kind: 'closed',
    refund: { status: 'failed', settledAt: AT, gatewayRefundId: null },
    events: [
      { type: 'refund.closed_by_operator' },
      {
        type: 'refund.failed',
        reason: 'the payment provider did not give the money back; 590.00 INR was put back',
      },
    ],
  });
});

it.each([
  [
    { attemptsMade: 13 },
    'the gateway is still being asked; a refund is closed by hand after a day of that',
  ],
  [{ status: 'succeeded' } as const, 'the refund has succeeded already'],
  [{ status: 'failed' } as const, 'the refund has failed already'],
])('is refused of %j', (change, message) => {
  const refused = { kind: 'refused', code: 'invalid_state', message };
  expect(closeRefund(refundOf(change), SEEN, BY)).toEqual(refused);
  expect(closeRefund(refundOf(change), NOT_SEEN, BY)).toEqual(refused);
});
