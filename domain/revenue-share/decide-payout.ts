/**
 * Owns: whether a statement may be approved and what a payout pays; what becomes of both.
 * Does not own: what a month comes to (statement.ts), the postings (post-payout.ts), talking to a bank (gateways/).
 * Rules: R4.10. Only an operator approves. A payout pays every approved statement up to a month that no other payout
 * pays, all of each, and not less than the partner's minimum. One at a time is on its way to a bank.
 * Example: October (120.00) and November (80.00) are approved, the minimum is 150.00: a payout up to October is refused,
 * one up to November pays 200.00.
 */
import type { MonthKey } from '../calendar';
import type { BillingErrorCode } from '../billing-error';
import type { CurrencyCode } from '../currency';
import type { EventOf } from '../event';
import type { Instant } from '../instant';
import { invariant } from '../invariant';
import { describeMoney, formatAmount } from '../money';
import { isSilentForADay, withStatus, type RevenueShare } from './revenue-share';
import type { MonthStatement } from './statement';

export const PAYOUT_TARGETS = ['wallet', 'bank'] as const;
export type PayoutTarget = (typeof PAYOUT_TARGETS)[number];
export type PayoutStatus = 'sending' | 'paid' | 'failed';

export interface Payout {
  readonly id: string;
  readonly partnerId: string;
  readonly accountId: string;
  /** It pays what was approved and unpaid up to this month. */
  readonly month: MonthKey;
  /** The statements it pays. */
  readonly months: readonly MonthKey[];
  readonly target: PayoutTarget;
  readonly currency: CurrencyCode;
  readonly amountMicros: bigint;
  /** On the commission, paid beside it. */
  readonly taxMicros: bigint;
  readonly status: PayoutStatus;
  readonly requestedAt: Instant;
  readonly settledAt: Instant | null;
  readonly gatewayPayoutId: string | null;
  readonly failureReason: string | null;
}

/** A closed month, and what became of it. */
export interface ClosedStatement extends MonthStatement {
  readonly closedAt: Instant;
  readonly approvedAt: Instant | null;
  /** On what is payable, once it is approved. */
  readonly commissionTaxMicros: bigint;
  readonly documentId: string | null;
  readonly payoutId: string | null;
}

export interface PayoutRefusal {
  readonly kind: 'refused';
  readonly code: BillingErrorCode;
  readonly message: string;
  readonly details?: Readonly<Record<string, string>>;
}

type RevenueShareEvent = EventOf<'revenue_share'>;

/** The share after its month was closed. */
export function noteClosed(share: RevenueShare, statement: MonthStatement, next: MonthKey) {
  const { payableMicros } = statement;
  const unapproved = share.unapproved + (payableMicros > 0n ? 1 : 0);
  return withStatus({ ...share, openMonth: next, unapproved });
}

/** The share after a statement was approved; its tax on the commission is paid beside it. */
export function noteApproved(
  share: RevenueShare,
  { payableMicros }: Pick<MonthStatement, 'payableMicros'>,
): RevenueShare {
  if (payableMicros === 0n) return share;
  return withStatus({
    ...share,
    unapproved: share.unapproved - 1,
    payableMicros: share.payableMicros + payableMicros,
  });
}

export interface PayoutDecision {
  readonly kind: 'decided';
  readonly share: RevenueShare;
  readonly payout: Payout;
  readonly events: readonly RevenueShareEvent[];
}

/** What a payout up to a month pays, or why it pays nothing. */
export function decidePayout(
  share: RevenueShare,
  asked: {
    readonly id: string;
    readonly month: MonthKey;
    readonly target: PayoutTarget;
    readonly now: Instant;
  },
  facts: {
    /** Approved up to that month, and paid by no payout. */
    readonly unpaid: readonly ClosedStatement[];
    readonly minimumMicros: bigint;
  },
): PayoutDecision | PayoutRefusal {
  const { id, month, target, now } = asked;
  const { currency } = share;
  if (share.payout !== null) {
    const message = `payout ${share.payout.id} is on its way; one is sent after the other`;
    return { kind: 'refused', code: 'invalid_state', message };
  }
  const amountMicros = facts.unpaid.reduce((sum, one) => sum + one.payableMicros, 0n);
  const taxMicros = facts.unpaid.reduce((sum, one) => sum + one.commissionTaxMicros, 0n);
  if (amountMicros === 0n) {
    const message = `nothing is approved and unpaid up to ${month}`;
    return { kind: 'refused', code: 'nothing_to_pay_out', message };
  }
  if (amountMicros < facts.minimumMicros) {
    const [payable, minimum] = [amountMicros, facts.minimumMicros].map((micros) =>
      formatAmount({ amountMicros: micros, currency }),
    );
    invariant(payable !== undefined && minimum !== undefined, 'two amounts are spelled');
    const message = `${payable} ${currency} is less than is paid out at once, ${minimum}`;
    const details = { payable, minimum, currency };
    return { kind: 'refused', code: 'payout_below_minimum', message, details };
  }
  const isThere = target === 'wallet';
  const payout: Payout = {
    id,
    partnerId: share.id,
    accountId: share.accountId,
    month,
    months: facts.unpaid.map((one) => one.month),
    target,
    currency,
    amountMicros,
    taxMicros,
    status: isThere ? 'paid' : 'sending',
    requestedAt: now,
    settledAt: isThere ? now : null,
    gatewayPayoutId: null,
    failureReason: null,
  };
  return {
    kind: 'decided',
    share: withStatus({
      ...share,
      payableMicros: share.payableMicros - amountMicros,
      payout: isThere ? null : { id, askedAt: now, attemptsMade: 0 },
    }),
    payout,
    events: [
      isThere
        ? { type: 'revenue_share.payout_paid', reason: `${describe(payout)} is in the wallet` }
        : {
            type: 'revenue_share.payout_requested',
            reason: `${describe(payout)} is on its way to the bank`,
          },
    ],
  };
}

/** What a bank made of a payout. `processing`: it has it, and will say later. */
export type PayoutOutcome =
  | { readonly kind: 'paid'; readonly payoutId: string }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'processing' };

/** The share and its payout once the bank has answered, or not: what failed is payable again. */
export function decideSent(
  share: RevenueShare,
  payout: Payout,
  { outcome, at }: { readonly outcome: PayoutOutcome | null; readonly at: Instant },
): Omit<PayoutDecision, 'kind'> {
  const underWay = share.payout;
  invariant(underWay?.id === payout.id, `payout ${payout.id} is not on its way`);
  if (outcome === null || outcome.kind === 'processing') {
    const { attemptsMade } = underWay;
    const tried = { ...underWay, attemptsMade: attemptsMade + 1 };
    const events = isSilentForADay(tried) ? [tellUnconfirmed(payout)] : [];
    return { share: withStatus({ ...share, payout: tried }), payout, events };
  }
  if (outcome.kind === 'paid') {
    const gatewayPayoutId = outcome.payoutId;
    return {
      share: withStatus({ ...share, payout: null }),
      payout: { ...payout, status: 'paid', settledAt: at, gatewayPayoutId },
      events: [
        { type: 'revenue_share.payout_paid', reason: `the bank has paid ${describe(payout)}` },
      ],
    };
  }
  const reason = `the bank did not pay ${describe(payout)}: ${outcome.reason}; it is payable again`;
  return {
    share: withStatus({
      ...share,
      payableMicros: share.payableMicros + payout.amountMicros,
      payout: null,
    }),
    payout: { ...payout, status: 'failed', settledAt: at, failureReason: outcome.reason },
    events: [{ type: 'revenue_share.payout_failed', reason }],
  };
}

/** Told once, with the last look before there is only one a day. */
function tellUnconfirmed(payout: Payout): EventOf<'revenue_share'> {
  const reason =
    `The bank has not said for a day how the payout of ${describe(payout)} ended: a person asks it. ` +
    'It is looked up once a day.';
  return { type: 'revenue_share.payout_unconfirmed', reason };
}

function describe({ amountMicros, currency }: Payout): string {
  return describeMoney({ amountMicros, currency });
}
