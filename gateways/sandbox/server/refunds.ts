/**
 * Owns: giving back money of a payment, in full or in parts.
 * Does not own: payments themselves (payments.ts).
 * A refund that the knobs let the bank decline moves nothing and is an answer: its key repeats it. One that was
 * made is found by its key for ever, as real gateways' are by their metadata.
 * Example: of a payment of 600.00, 400.00 and then 200.00 can be given back; 0.01 more is refused.
 */
import type { z } from 'zod';
import { addMoney, compareMoney, formatAmount } from '../../../domain/money';
import { readMoney } from '../amounts';
import { newSandboxId, type RefundRow } from './books';
import type { SandboxContext } from './context';
import { presentPayment, presentRefund } from './present';
import { SandboxRefusal } from './sandbox-refusal';
import { recordEvent } from './webhook-outbox';
import type { refundRequestSchema } from '../wire';

export type RefundResult =
  | { readonly kind: 'refunded'; readonly refund: RefundRow }
  | { readonly kind: 'declined'; readonly declineCode: string };

/** Throws SandboxRefusal `resource_missing`, `payment_not_succeeded` or `more_than_left`. */
export function createRefund(
  context: SandboxContext,
  request: z.infer<typeof refundRequestSchema>,
  idempotencyKey: string,
): RefundResult {
  const { books, now, faults } = context;
  const made = books.list('refund').find((row) => row.idempotencyKey === idempotencyKey);
  if (made !== undefined) return { kind: 'refunded', refund: made };
  const payment = books.find('payment', request.payment);
  if (payment === undefined) {
    throw new SandboxRefusal('resource_missing', `no payment "${request.payment}"`);
  }
  if (payment.status !== 'succeeded') {
    throw new SandboxRefusal('payment_not_succeeded', `the payment is ${payment.status}`);
  }
  const { currency } = payment;
  const money = readMoney(request);
  if (money.currency !== currency || money.amountMicros <= 0n) {
    throw new SandboxRefusal('invalid_request', `a refund is an amount of ${currency} above zero`);
  }
  const refunded = addMoney(money, readMoney({ amount: payment.amountRefunded, currency }));
  const isDisputed = books
    .list('dispute')
    .some(({ paymentId, status }) => paymentId === payment.id && status !== 'won');
  if (isDisputed) throw new SandboxRefusal('more_than_left', 'the payment is disputed');
  if (compareMoney(refunded, readMoney(payment)) > 0) {
    throw new SandboxRefusal('more_than_left', 'the refunds would exceed the payment');
  }
  const fault = faults.takeForRefund(payment);
  if (fault !== null) return { kind: 'declined', declineCode: fault.code };
  const refund: RefundRow = {
    id: newSandboxId('re'),
    paymentId: payment.id,
    idempotencyKey,
    amount: formatAmount(money),
    currency,
    createdAt: now(),
  };
  const updated = { ...payment, amountRefunded: formatAmount(refunded), updatedAt: now() };
  books.save('refund', refund);
  books.save('payment', updated);
  recordEvent(context, {
    type: 'refund.succeeded',
    about: payment,
    data: { payment: presentPayment(updated), refund: presentRefund(refund) },
  });
  return { kind: 'refunded', refund };
}
