/**
 * Owns: the rows of the books as the sandbox's API and webhooks tell them.
 * Does not own: the rows (books.ts) or which fields there are (wire.ts).
 */
import { isAtOrBefore, type Instant } from '../../../domain/instant';
import type {
  CheckoutRow,
  DisputeRow,
  EventRow,
  MethodRow,
  PaymentRow,
  PayoutRow,
  RefundRow,
  SetupRow,
} from './books';
import type { SandboxContext } from './context';
import type {
  WireCheckout,
  WireDispute,
  WireMethod,
  WirePayment,
  WirePayout,
  WireRefund,
  WireSetup,
} from '../wire';

export function presentPayment(payment: PaymentRow): WirePayment {
  return {
    id: payment.id,
    checkout_id: payment.checkoutId,
    reference: payment.reference,
    customer_reference: payment.customerReference,
    status: payment.status,
    amount: payment.amount,
    currency: payment.currency,
    amount_refunded: payment.amountRefunded,
    fee: payment.fee ?? null,
    mode: payment.mode,
    decline_code: payment.declineCode,
    payment_method: {
      id: payment.methodId,
      kind: payment.mode,
      brand: payment.brand,
      last_four: payment.lastFour,
    },
    idempotency_key: payment.idempotencyKey,
    created_at: payment.createdAt,
    updated_at: payment.updatedAt,
  };
}

export function presentCheckout(context: SandboxContext, checkout: CheckoutRow): WireCheckout {
  return {
    id: checkout.id,
    url: context.checkoutUrl(checkout.id),
    reference: checkout.reference,
    customer_reference: checkout.customerReference,
    status: checkout.status,
    amount: checkout.amount,
    currency: checkout.currency,
    created_at: checkout.createdAt,
    expires_at: checkout.expiresAt,
    payments: context.books.paymentsOfCheckout(checkout.id).map(presentPayment),
  };
}

export function presentMethod(method: MethodRow): WireMethod {
  return {
    id: method.id,
    kind: method.kind,
    brand: method.brand,
    last_four: method.lastFour,
    customer_reference: method.customerReference,
    status: method.status,
    expiry: method.expiry,
    mandate: method.mandate && {
      max_amount: method.mandate.maxAmount,
      currency: method.mandate.currency,
      status: method.mandate.status,
    },
    created_at: method.createdAt,
  };
}

export function presentSetup(context: SandboxContext, setup: SetupRow): WireSetup {
  const { methodId } = setup;
  const method = methodId === null ? undefined : context.books.find('method', methodId);
  return {
    id: setup.id,
    url: context.setupUrl(setup.id),
    reference: setup.reference,
    customer_reference: setup.customerReference,
    status: setup.status,
    mode: setup.mode,
    currency: setup.currency,
    max_amount: setup.maxAmount,
    created_at: setup.createdAt,
    expires_at: setup.expiresAt,
    payment_method: method === undefined ? null : presentMethod(method),
  };
}

export function presentRefund(refund: RefundRow): WireRefund {
  return {
    id: refund.id,
    payment_id: refund.paymentId,
    status: 'succeeded',
    amount: refund.amount,
    currency: refund.currency,
    created_at: refund.createdAt,
  };
}

export function presentDispute(dispute: DisputeRow): WireDispute {
  return {
    id: dispute.id,
    payment_id: dispute.paymentId,
    reference: dispute.reference,
    customer_reference: dispute.customerReference,
    status: dispute.status,
    amount: dispute.amount,
    currency: dispute.currency,
    fee: dispute.fee,
    reason: dispute.reason,
    evidence_due_at: dispute.evidenceDueAt,
    created_at: dispute.createdAt,
    updated_at: dispute.updatedAt,
  };
}

export function presentPayout(payout: PayoutRow, now: Instant): WirePayout {
  const isThere = isAtOrBefore(payout.paysAt, now);
  return {
    id: payout.id,
    reference: payout.reference,
    beneficiary: payout.beneficiary,
    status: payout.failureCode !== null ? 'failed' : isThere ? 'paid' : 'processing',
    amount: payout.amount,
    currency: payout.currency,
    failure_code: payout.failureCode,
    created_at: payout.createdAt,
  };
}

/** Only the control calls show this: what was told to the merchant, and how each telling went. */
export function presentEvent(event: EventRow): object {
  return {
    id: event.id,
    type: event.type,
    reference: event.reference,
    status: event.status,
    created_at: event.createdAt,
    due_at: event.status === 'pending' ? event.dueAt : null,
    attempts: event.attemptsMade,
    deliveries: event.deliveries.map(({ at, httpStatus, forgery }) => ({
      at,
      http_status: httpStatus,
      forgery,
    })),
  };
}
