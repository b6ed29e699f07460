/**
 * Owns: a refund from the request to succeeded or failed, and what happens to it next.
 * Does not own: whether it is allowed (decide-refund.ts), its split (split-refund.ts), what it moves
 * (post-refund.ts), talking to the gateway (gateways/).
 * Rules: docs/domain/refunds.md, ADR 0020. Money leaves the books before the gateway is asked, so the same
 * money is never spent and given back; the gateway is asked under one key, the refund's own, by which
 * adapters find it however old it is; what it refuses for good is put back.
 * Example: 400.00 of a payment of 600.00 are to go back; the gateway is silent at 10:00:00, asked again at
 * 10:00:15 under the same key, and answers: succeeded, once, with refund voucher RFV-2026-0000001.
 */
import type { EventOf } from '../event';
import { addSeconds, type Instant } from '../instant';
import { describeMoney } from '../money';
import { AWAITED, type NextAction } from '../next-action';
import type { TaxedSale } from '../tax/compute-tax';
import type { Taxation } from '../tax/taxation';

export type RefundStatus = 'requested' | 'succeeded' | 'failed';

/** `source`: to what the customer paid with. `wallet`: to the account's balance. */
export const REFUND_TARGETS = ['source', 'wallet'] as const;
export type RefundTarget = (typeof REFUND_TARGETS)[number];

/** What is given back: money that came in, or something that was bought with it. */
export interface RefundSubject {
  readonly kind: 'payment' | 'invoice';
  readonly id: string;
}

/** The payment whose money a gateway gives back. */
export interface RefundSource {
  readonly paymentId: string;
  readonly gateway: string;
  readonly gatewayPaymentId: string;
}

export interface Refund {
  readonly id: string;
  readonly accountId: string;
  readonly subject: RefundSubject;
  readonly to: RefundTarget;
  /** Null when it goes to the wallet. */
  readonly source: RefundSource | null;
  /** What goes back, as amounts above zero, split as it was taken. */
  readonly sale: TaxedSale;
  readonly taxation: Taxation;
  /** The document it takes from: the payment's receipt voucher, or the invoice. */
  readonly referencesId: string;
  /** Why, in the words of who asked. */
  readonly reason: string | null;
  readonly status: RefundStatus;
  readonly requestedAt: Instant;
  /** How often the gateway was asked without an answer. */
  readonly attemptsMade: number;
  readonly settledAt: Instant | null;
  readonly gatewayRefundId: string | null;
  readonly failureReason: string | null;
  /** The refund voucher or credit note; null until it succeeded. */
  readonly documentId: string | null;
}

export type RefundActionKind = 'return_money';

export type RefundEvent = EventOf<'refund'>;

/** A refund as it becomes, and what to tell of it. */
export interface RefundChange {
  readonly refund: Refund;
  readonly events: readonly RefundEvent[];
}

/** When a gateway that has not confirmed is asked within the first day, counted from the request. */
const ASK_AFTER_SECONDS = [
  0, 15, 30, 60, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 57_600, 79_200,
];
/** From then on once a day: a bank may take weeks. After this day it is a person's. */
const ASK_UNTIL_DAY = 30;
const DAY_SECONDS = 86_400;

/** What happens next to a refund, when and why. */
export function decideNextAction(refund: Refund): NextAction<RefundActionKind> {
  switch (refund.status) {
    case 'succeeded':
      return { kind: 'end', reason: 'the money is back' };
    case 'failed':
      return { kind: 'end', reason: refund.failureReason ?? 'the money could not be given back' };
    case 'requested': {
      const wait = findWaitSeconds(refund.attemptsMade);
      if (wait === null) return { kind: 'rest', reason: UNCONFIRMED };
      const reason =
        refund.attemptsMade === 0
          ? 'the gateway is to give the money back'
          : 'the gateway has not confirmed it; it is asked again under the same key';
      const at = addSeconds(refund.requestedAt, wait);
      return { kind: 'return_money', at, reason, ...AWAITED };
    }
  }
}

/** Null: it is asked by itself no more. */
function findWaitSeconds(attemptsMade: number): number | null {
  const soon = ASK_AFTER_SECONDS[attemptsMade];
  if (soon !== undefined) return soon;
  const day = attemptsMade - ASK_AFTER_SECONDS.length + 2;
  return day <= ASK_UNTIL_DAY ? day * DAY_SECONDS : null;
}

const UNCONFIRMED =
  'the gateway has not confirmed it: a person looks there whether the money went back';

/** Whether a day of asking has brought no answer, so that a person may say what became of it. */
export function isUnconfirmed({ status, attemptsMade }: Refund): boolean {
  return status === 'requested' && attemptsMade >= ASK_AFTER_SECONDS.length;
}

/** The refund after the gateway did not answer: it is asked again later, and nobody waits for it. */
export function noteUnanswered(refund: Refund): RefundChange {
  const tried = { ...refund, attemptsMade: refund.attemptsMade + 1 };
  const isNews = isUnconfirmed(tried) && !isUnconfirmed(refund);
  return {
    refund: tried,
    events: isNews ? [{ type: 'refund.unconfirmed', reason: UNCONFIRMED }] : [],
  };
}

/** What a gateway answers, in the end. */
export type ReturnOutcome =
  | { readonly kind: 'refunded'; readonly refundId: string }
  | { readonly kind: 'refused'; readonly reason: ReturnRefusal };
export type ReturnRefusal =
  'payment_not_succeeded' | 'more_than_left' | 'unknown_payment' | 'declined';

const REFUSALS: Readonly<Record<ReturnRefusal, string>> = {
  payment_not_succeeded: 'the gateway says that the payment did not succeed',
  more_than_left: 'the gateway says that less than that is left of the payment',
  unknown_payment: 'the gateway does not know the payment',
  declined: 'the customer’s bank did not accept the refund',
};

/** The refund with the gateway's answer. Its document is written with it. */
export function decideReturned(refund: Refund, outcome: ReturnOutcome, at: Instant): RefundChange {
  if (outcome.kind === 'refunded') {
    return succeed({ ...refund, gatewayRefundId: outcome.refundId }, at);
  }
  return fail(refund, REFUSALS[outcome.reason], at);
}

/** The refund once it is certain that its money will not go back: it is put where it was. */
export function fail(refund: Refund, failureReason: string, at: Instant): RefundChange {
  const reason = `${failureReason}; ${describeMoney(refund.sale.total)} was put back`;
  return {
    refund: { ...refund, status: 'failed', settledAt: at, failureReason },
    events: [{ type: 'refund.failed', reason }],
  };
}

/** The refund once its money is back. */
export function succeed(refund: Refund, at: Instant): RefundChange {
  const where = refund.to === 'source' ? 'the original payment method' : 'the wallet';
  const reason = `${describeMoney(refund.sale.total)} was refunded to ${where}`;
  return {
    refund: { ...refund, status: 'succeeded', settledAt: at },
    events: [{ type: 'refund.succeeded', reason }],
  };
}
