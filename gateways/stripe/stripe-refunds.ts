/**
 * Owns: giving money back at Stripe, once per key.
 * Does not own: the payment's own books (from-stripe.ts reads what was refunded).
 * Stripe forgets a key after a day and a refund may take longer, so its key is written on it and looked for first.
 * A refund that Stripe is not done with is an unknown outcome: the same key is asked about again later.
 * Example: 200.01 of a payment of 600.00 that gave back 400.00 is refused: `more_than_left`.
 */
import type Stripe from 'stripe';
import { compareMoney, subtractMoney, type Money } from '../../domain/money';
import {
  GatewayRejected,
  GatewayUnavailable,
  type GatewayPayment,
  type RefundOutcome,
  type RefundRefusal,
  type RefundRequest,
} from '../payment-gateway';
import { fromStripeAmount, toStripeAmount } from './stripe-amounts';
import { keyed, orNull, type Ask } from './stripe-client';
import { readNames, toMetadata } from './stripe-names';
import { getPayment } from './stripe-payments';

/** More parts than this nobody gives back of one payment. */
const REFUNDS_MAX = 100;

export async function refund(ask: Ask, request: RefundRequest): Promise<RefundOutcome> {
  const { gatewayPaymentId, idempotencyKey, money } = request;
  const made = await listRefunds(ask, gatewayPaymentId);
  if (made === null) return refused('unknown_payment');
  const known = made.find(({ metadata }) => readNames(metadata).idempotencyKey === idempotencyKey);
  if (known !== undefined) return toOutcome(known, money);

  const payment = await getPayment(ask, gatewayPaymentId);
  const refusal = findRefusal(payment, money);
  if (payment === null || refusal !== null) return refused(refusal ?? 'unknown_payment');
  return giveBack(ask, { request, payment });
}

interface GivingBack {
  readonly request: RefundRequest;
  readonly payment: GatewayPayment;
}

async function giveBack(ask: Ask, { request, payment }: GivingBack): Promise<RefundOutcome> {
  const { gatewayPaymentId, idempotencyKey, money } = request;
  const amount = toStripeAmount(money);
  if (amount === null) {
    throw new GatewayRejected('amount_invalid', 400, 'stripe gives back in whole steps only');
  }
  const { reference, customerReference } = payment;
  try {
    const made = await ask((stripe) =>
      stripe.refunds.create(
        {
          payment_intent: gatewayPaymentId,
          amount,
          metadata: toMetadata({ reference, customerReference, idempotencyKey }),
        },
        keyed(idempotencyKey),
      ),
    );
    return toOutcome(made, money);
  } catch (error) {
    if (!(error instanceof GatewayRejected) || error.httpStatus !== 400) throw error;
    // Another refund came between: what Stripe refuses, it refuses for what is left now.
    const refusal = findRefusal(await getPayment(ask, gatewayPaymentId), money);
    if (refusal === null) throw error;
    return refused(refusal);
  }
}

async function listRefunds(ask: Ask, paymentIntent: string): Promise<Stripe.Refund[] | null> {
  const listed = await orNull(
    ask((stripe) => stripe.refunds.list({ payment_intent: paymentIntent, limit: REFUNDS_MAX })),
  );
  return listed?.data ?? null;
}

function findRefusal(payment: GatewayPayment | null, asked: Money): RefundRefusal | null {
  if (payment === null) return 'unknown_payment';
  if (payment.status !== 'succeeded') return 'payment_not_succeeded';
  const { money, refunded } = payment;
  if (asked.currency !== money.currency) {
    throw new GatewayRejected('currency_mismatch', 400, 'the payment is in another currency');
  }
  return compareMoney(asked, subtractMoney(money, refunded)) > 0 ? 'more_than_left' : null;
}

function toOutcome(made: Stripe.Refund, asked: Money): RefundOutcome {
  const money = fromStripeAmount(made.amount, made.currency);
  if (money.currency !== asked.currency || money.amountMicros !== asked.amountMicros) {
    throw new GatewayRejected('idempotency_error', 400, 'the key refunded another amount before');
  }
  const { id: refundId, status } = made;
  if (status === 'succeeded') return { kind: 'refunded', refundId, money };
  if (status === 'failed' || status === 'canceled') return refused('declined');
  const message = `stripe is not done with the refund ${refundId}: it is ${status}`;
  throw new GatewayUnavailable(message, { outcome: 'unknown' });
}

function refused(reason: RefundRefusal): RefundOutcome {
  return { kind: 'refused', reason };
}
