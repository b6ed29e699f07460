/**
 * Owns: whether and how much of a payment or an invoice is given back, and from where the money comes.
 * Does not own: its split (split-refund.ts), what becomes of it (refund.ts), the postings (post-refund.ts).
 * Rules: docs/domain/refunds.md, ADR 0020. Never above what was paid: all refunds of a payment, those under way
 * included, and all credit notes of an invoice stay within it. Money of a payment is in the wallet, so it
 * goes to its source only, as far as the wallet has it. What was paid for from the wallet goes back to the
 * wallet, or to a payment of the account that bore no tax of its own: that one is refunded by itself.
 * Example: 600.00 were paid and 400.00 given back: 200.00 more can be, 200.01 is `amount_out_of_range`.
 */
import type { BillingErrorCode } from '../billing-error';
import type { Instant } from '../instant';
import { describeShortfall } from '../ledger/shortfall';
import { describeMoney, compareMoney, formatAmount, roundToChargeStep, type Money } from '../money';
import type { TaxedSale } from '../tax/compute-tax';
import type { Taxation } from '../tax/taxation';
import {
  succeed,
  type Refund,
  type RefundChange,
  type RefundSource,
  type RefundTarget,
} from './refund';
import { computeLeft, takePart, withLine } from './split-refund';

/** The document a refund takes from. */
export interface RefundedDocument {
  readonly id: string;
  readonly number: string;
  /** What it was for: an invoice took back some of earlier ones, perhaps, which counts as paid. */
  readonly sale: TaxedSale;
  readonly taxation: Taxation;
}

export interface RefundablePayment extends RefundSource {
  readonly status: 'succeeded' | 'failed' | 'mismatched';
  /** Null: its money was never granted. */
  readonly receipt: RefundedDocument | null;
  /** What was given back of it, is on its way or is disputed, as amounts above zero. */
  readonly taken: readonly TaxedSale[];
  /** While a bank decides about it, nothing of it is given back. */
  readonly isDisputed: boolean;
}

export type Refundable =
  | { readonly kind: 'payment'; readonly payment: RefundablePayment }
  | {
      readonly kind: 'invoice';
      readonly invoice: RefundedDocument;
      /** What was taken back of it or is about to be, as amounts above zero. */
      readonly taken: readonly TaxedSale[];
      /** Of the account, newest first. */
      readonly payments: readonly RefundablePayment[];
    };

export interface RefundRequest {
  readonly id: string;
  readonly accountId: string;
  readonly to: RefundTarget;
  /** Micros with tax; null: all that is left. */
  readonly amountMicros: bigint | null;
  readonly reason: string | null;
}

interface MomentOfPayment {
  readonly now: Instant;
  /** What the wallet could pay out. */
  readonly freeMicros: bigint;
}

export interface RefundDecision extends RefundChange {
  readonly kind: 'decided';
}

export interface RefundRefusal {
  readonly kind: 'refused';
  readonly code: Extract<
    BillingErrorCode,
    | 'invalid_state'
    | 'invalid_amount'
    | 'amount_out_of_range'
    | 'insufficient_balance'
    | 'unprocessable'
  >;
  readonly message: string;
  readonly details: Readonly<Record<string, string>>;
}

/** Decides a request. A refund to the wallet is done with it; one to the source is then sent. */
export function decideRefund(
  request: RefundRequest,
  refundable: Refundable,
  moment: MomentOfPayment,
): RefundDecision | RefundRefusal {
  if (refundable.kind === 'payment') return decideOfPayment(request, refundable.payment, moment);
  const { invoice, taken } = refundable;
  const part = findPart(request, { document: invoice, taken });
  if (part.kind === 'refused') return part;
  const subject = { kind: 'invoice', id: invoice.id } as const;
  const refund = buildRefund(request, { subject, document: invoice, sale: part.sale }, moment);
  if (request.to === 'wallet') return credit(refund, moment.now);
  const source = findSource(refundable.payments, part.sale.total);
  if (source === null) {
    const message =
      'no payment of the account without tax of its own has that much left; refund the invoice to ' +
      'the wallet, and a payment to its source';
    return refuse('unprocessable', message);
  }
  return open({ ...refund, source });
}

function decideOfPayment(
  request: RefundRequest,
  payment: RefundablePayment,
  moment: MomentOfPayment,
): RefundDecision | RefundRefusal {
  const { status, receipt, taken, isDisputed } = payment;
  if (status !== 'succeeded' || receipt === null) {
    return refuse('invalid_state', `the payment ${STATES[status]}: there is nothing to refund`);
  }
  if (isDisputed) {
    const message = 'the payment is disputed: what becomes of its money is for the bank to decide';
    return refuse('invalid_state', message);
  }
  if (request.to === 'wallet') {
    const message =
      'the money of a payment is in the wallet already; refund the invoice that was paid with it';
    return refuse('unprocessable', message);
  }
  const part = findPart(request, { document: receipt, taken });
  if (part.kind === 'refused') return part;
  const requiredMicros = part.sale.subtotal.amountMicros;
  if (requiredMicros > moment.freeMicros) {
    return refuseForMoney(part.sale.subtotal, moment.freeMicros);
  }
  const subject = { kind: 'payment', id: payment.paymentId } as const;
  const refund = buildRefund(request, { subject, document: receipt, sale: part.sale }, moment);
  return open({ ...refund, source: toSource(payment) });
}

const STATES: Readonly<Record<RefundablePayment['status'], string>> = {
  succeeded: 'was not granted',
  failed: 'failed',
  mismatched: 'is not what was asked for',
};

interface Found {
  readonly kind: 'found';
  readonly sale: TaxedSale;
}

/** The part that is asked for, within what is left. */
function findPart(
  { amountMicros, to }: RefundRequest,
  {
    document,
    taken,
  }: { readonly document: RefundedDocument; readonly taken: readonly TaxedSale[] },
): Found | RefundRefusal {
  const left = computeLeft(document.sale, taken);
  if (left === null) {
    return refuse('invalid_state', `${document.number} has already been refunded in full`);
  }
  const wanted: Money = { ...left.total, amountMicros: amountMicros ?? left.total.amountMicros };
  if (wanted.amountMicros <= 0n) return refuseAmount('a refund is above zero');
  if (compareMoney(wanted, left.total) > 0) {
    const max = formatAmount(left.total);
    const message = `${describeMoney(left.total)} can still be refunded`;
    return refuse('amount_out_of_range', message, { field: 'amount', max });
  }
  if (to === 'source' && compareMoney(roundToChargeStep(wanted, 'down'), wanted) !== 0) {
    return refuseAmount(`${wanted.currency} cannot be paid in such small parts`);
  }
  const sale = withLine(takePart(left, wanted.amountMicros), {
    description: `Refund of ${document.number}`,
    includesTax: document.taxation.includesTax,
    sac: document.sale.lines[0]?.sac,
  });
  return { kind: 'found', sale };
}

function buildRefund(
  { id, accountId, to, reason }: RefundRequest,
  taking: Pick<Refund, 'subject' | 'sale'> & { readonly document: RefundedDocument },
  { now }: MomentOfPayment,
): Refund {
  const { subject, sale, document } = taking;
  return {
    id,
    accountId,
    subject,
    to,
    source: null,
    sale,
    taxation: document.taxation,
    referencesId: document.id,
    reason,
    status: 'requested',
    requestedAt: now,
    attemptsMade: 0,
    settledAt: null,
    gatewayRefundId: null,
    failureReason: null,
    documentId: null,
  };
}

function credit(requested: Refund, at: Instant): RefundDecision {
  const { refund, events } = succeed(requested, at);
  return { ...open(requested), refund, events: [buildRequested(requested), ...events] };
}

function open(refund: Refund): RefundDecision {
  return { kind: 'decided', refund, events: [buildRequested(refund)] };
}

function buildRequested({ sale, subject, to, reason }: Refund): RefundChange['events'][number] {
  const why = reason === null ? '' : `: ${reason}`;
  const what = `${describeMoney(sale.total)} of the ${subject.kind} will be refunded to the ${to}${why}`;
  return { type: 'refund.requested', reason: what };
}

/** The newest payment that can take all of it back, and whose money was not taxed as it came in. */
function findSource(payments: readonly RefundablePayment[], money: Money): RefundSource | null {
  const found = payments.find(({ status, receipt, taken, isDisputed }) => {
    if (status !== 'succeeded' || receipt === null || isDisputed) return false;
    if (receipt.sale.taxTotal.amountMicros !== 0n) return false;
    const left = computeLeft(receipt.sale, taken);
    return left !== null && compareMoney(money, left.total) <= 0;
  });
  return found === undefined ? null : toSource(found);
}

function toSource({ paymentId, gateway, gatewayPaymentId }: RefundSource): RefundSource {
  return { paymentId, gateway, gatewayPaymentId };
}

function refuseForMoney(required: Money, freeMicros: bigint): RefundRefusal {
  const message = 'the wallet does not hold enough for this refund';
  return refuse('insufficient_balance', message, describeShortfall(required, freeMicros));
}

function refuseAmount(message: string): RefundRefusal {
  return refuse('invalid_amount', message, { field: 'amount' });
}

function refuse(
  code: RefundRefusal['code'],
  message: string,
  details: RefundRefusal['details'] = {},
): RefundRefusal {
  return { kind: 'refused', code, message, details };
}
