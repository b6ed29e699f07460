/**
 * Owns: what a payment is to us, whatever it pays for: how it was made, what a gateway tells of it, who is
 * paid for, and whether it is the one we asked for.
 * Does not own: what it means for what is paid (order/, collection/), the money (post-payment.ts), asking
 * (gateways/).
 * Rules: R1.07, R0.09. Money is granted only for a payment whose reference, customer, amount and currency are
 * what we asked for, and of which nothing has gone back by then.
 * Example: 708.00 INR were asked for under `order/ord_1`; 708.00 USD came: nothing is granted.
 */
import type { Money } from '../money';

export const PAYMENT_MODES = ['upi', 'card'] as const;
export type PaymentMode = (typeof PAYMENT_MODES)[number];

/** Who takes payments for us: an adapter each (gateways/). */
export const GATEWAY_NAMES = ['sandbox', 'stripe', 'razorpay'] as const;
export type GatewayName = (typeof GATEWAY_NAMES)[number];

/** What is paid period by period: by the wallet, else by a saved method. */
export const RECURRING_PAYERS = ['subscription', 'phone_number'] as const;
export type RecurringPayer = (typeof RECURRING_PAYERS)[number];

/** What a payment is for. */
export interface Payer {
  readonly kind: 'order' | RecurringPayer | 'auto_recharge';
  readonly id: string;
}

/** A payment as the gateway tells it when asked; never as a browser or a return URL tells it. */
export interface PaymentFact {
  readonly gatewayPaymentId: string;
  readonly status: 'processing' | 'succeeded' | 'failed';
  readonly money: Money;
  /** What has gone back of it by now. */
  readonly refunded: Money;
  /** What we called it when we asked: the workflow id of what is paid, or something that begins with it. */
  readonly reference: string;
  /** The account's id, as we gave it. */
  readonly customerReference: string;
  readonly mode: PaymentMode;
  readonly declineCode: string | null;
}

/** Why a payment is not the one we asked for; null: it is. Nothing may have been asked under its key. */
export function findMismatch(
  { reference, customerReference, money, refunded }: PaymentFact,
  asked: Pick<PaymentFact, 'reference' | 'customerReference' | 'money'> | null,
): string | null {
  if (asked === null) return 'nobody asked for the payment';
  if (reference !== asked.reference) return 'the payment is for something else';
  if (customerReference !== asked.customerReference) return 'the payment is another customer’s';
  if (money.currency !== asked.money.currency) return 'the payment is in another currency';
  if (money.amountMicros !== asked.money.amountMicros) return 'the payment has another amount';
  if (refunded.amountMicros > 0n) return 'the payment was refunded before it was granted';
  return null;
}

/** Whether a payment tells anything new beside its row: only a declined one becomes more, for whom it was. */
export function isNews(
  { status }: Pick<PaymentFact, 'status'>,
  known: { readonly payer: Payer; readonly status: string } | undefined,
  { kind, id }: Payer,
): boolean {
  if (known === undefined) return true;
  const isOwn = known.payer.kind === kind && known.payer.id === id;
  return isOwn && known.status === 'failed' && status === 'succeeded';
}
