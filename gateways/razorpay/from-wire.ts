/**
 * Owns: a payment of Razorpay in the words of the port.
 * Does not own: asking for it (payments.ts), other nouns.
 * Example: `captured` is `succeeded`; `failed` because of `payment_pending` is still `processing`.
 */
import { fromEpochMs, type Instant } from '../../domain/instant';
import { classifyDecline } from '../../domain/payment/decline';
import type { PaymentMode } from '../../domain/payment/payment';
import type { GatewayPayment, MethodFacts } from '../payment-gateway';
import { fromSubunits, MANDATE_CURRENCY } from './razorpay-capabilities';
import type { Notes } from './slots';
import type { WirePayment } from './wire';

/** The bank has not answered: neither paid nor declined. */
const STILL_PENDING = 'payment_pending';

/** `inherited`: the notes of the page or the order, for a payment that has none of its own. */
export function fromPayment(payment: WirePayment, inherited: Notes = {}): GatewayPayment {
  const { currency, amount, fee } = payment;
  const notes: Notes = { ...inherited, ...payment.notes };
  const status = statusOf(payment);
  const declineCode = status === 'failed' ? declineCodeOf(payment) : null;
  return {
    gatewayPaymentId: payment.id,
    checkoutId: checkoutOf(payment, notes),
    reference: notes.reference ?? '',
    customerReference: notes.customer_reference ?? '',
    status,
    money: fromSubunits(amount, currency),
    refunded: fromSubunits(payment.amount_refunded, currency),
    mode: modeOf(payment.method),
    declineCode,
    declineClass: declineCode === null ? null : classifyDecline(declineCode),
    method: fromMethod(payment, notes),
    idempotencyKey: notes.purpose === 'charge' ? (notes.key ?? null) : null,
    // Tax on the fee included. Of a foreign payment Razorpay does not say in which currency it is.
    fee: fee === null || currency !== MANDATE_CURRENCY ? null : fromSubunits(fee, currency),
    createdAt: fromUnixSeconds(payment.created_at),
  };
}

export function fromUnixSeconds(seconds: number): Instant {
  return fromEpochMs(seconds * 1_000);
}

/** Razorpay's networks are names: `American Express` is `american_express`. */
export function brandOf(network: string | null): string {
  return (network ?? 'card').toLowerCase().replaceAll(' ', '_');
}

function statusOf({ status, error_reason: reason }: WirePayment): GatewayPayment['status'] {
  switch (status) {
    case 'captured':
    case 'refunded':
      return 'succeeded';
    case 'failed':
      return reason === STILL_PENDING ? 'processing' : 'failed';
    // Created, authorized but not captured, and whatever comes to be: nothing is paid yet, nothing is lost.
    default:
      return 'processing';
  }
}

function declineCodeOf({ error_reason: reason, error_code: code }: WirePayment): string {
  return reason ?? code?.toLowerCase() ?? 'generic_decline';
}

function modeOf(method: string | null): PaymentMode {
  return method === 'upi' ? 'upi' : 'card';
}

function fromMethod({ method, card }: WirePayment, notes: Notes): MethodFacts {
  const kind = modeOf(method);
  const isCard = method === 'card' || method === null;
  const brand = isCard ? brandOf(card?.network ?? null) : method;
  return { reference: notes.method ?? null, kind, brand, lastFour: card?.last4 ?? null };
}

/** A payment of a page describes itself as `#`, then the page's id without its prefix. */
function checkoutOf({ description }: WirePayment, { purpose }: Notes): string | null {
  const [, id] = /^#(\w+)$/.exec(description ?? '') ?? [];
  return purpose === 'checkout' && id !== undefined ? `plink_${id}` : null;
}
