import type { z } from 'zod';
import type { PayoutRecord } from '../../db/repositories/payout.repository';
import type { ShareLine } from '../../db/repositories/revenue-share-entry.repository';
import type { RevenueShareRecord } from '../../db/repositories/revenue-share.repository';
import type { StatementRecord } from '../../db/repositories/revenue-share-statement.repository';
import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { formatAmount, toWireMoney, type WireMoney } from '../../domain/money';
import { decideNextAction } from '../../domain/revenue-share/revenue-share';
import { baseOf } from '../../domain/revenue-share/share';
import type { MonthStatement, RevenueShareTerms } from '../../domain/revenue-share/statement';
import type {
  payoutSchema,
  revenueShareSchema,
  statementSummarySchema,
  termsSchema,
} from '../schemas/revenue-share.schema';
import { toApiNextAction } from './next-action.presenter';

type ApiStatement = z.input<typeof statementSummarySchema>;

export function toApiRevenueShare({
  state: share,
  workflowId,
}: RevenueShareRecord): z.input<typeof revenueShareSchema> {
  return {
    partner_id: share.id,
    account_id: share.accountId,
    status: share.status,
    open_month: share.openMonth,
    awaiting_approval: share.unapproved,
    payable: wire(share.payableMicros, share.currency),
    next_action: toApiNextAction(decideNextAction(share)),
    workflow_id: workflowId,
  };
}

export function toApiTerms(
  terms: RevenueShareTerms,
  { partnerId, currency }: { readonly partnerId: string; readonly currency: CurrencyCode },
): z.input<typeof termsSchema> {
  return {
    partner_id: partnerId,
    reserve_bps: terms.reserveBps,
    reserve_days: terms.reserveDays,
    gateway_fee_bps: terms.gatewayFeeBps,
    payout_minimum: wire(terms.payoutMinimumMicros, currency),
  };
}

/** A closed month, or the one that is open, of which nothing but its sums is known. */
export function toApiStatement(
  partnerId: string,
  statement: StatementRecord | MonthStatement,
): ApiStatement {
  const known = { ...NOT_CLOSED, ...statement };
  return {
    partner_id: partnerId,
    month: known.month,
    status: statusOf(known),
    ...toApiSums(known),
    commission_tax: wire(known.commissionTaxMicros, known.currency),
    paid: wire(known.paidMicros, known.currency),
    closed_at: known.closedAt,
    approved_at: known.approvedAt,
    document_id: known.documentId,
    payout_id: known.payoutId,
  };
}

const NOT_CLOSED = {
  closedAt: null,
  approvedAt: null,
  commissionTaxMicros: 0n,
  documentId: null,
  payoutId: null,
  paidMicros: 0n,
};

function toApiSums(statement: MonthStatement) {
  const money = (amountMicros: bigint) => wire(amountMicros, statement.currency);
  const { collectedMicros, refundsMicros, feesMicros } = statement;
  return {
    collected: money(collectedMicros),
    tax: money(statement.taxMicros),
    refunds: money(refundsMicros),
    fees: money(feesMicros),
    base: money(collectedMicros - refundsMicros - feesMicros),
    share_bps: statement.shareBps,
    accrued: money(statement.accruedMicros),
    clawed_back: money(statement.clawedBackMicros),
    held: money(statement.heldMicros),
    held_until: statement.heldUntil,
    released: money(statement.releasedMicros),
    brought_forward: money(statement.broughtForwardMicros),
    payable: money(statement.payableMicros),
    carried_forward: money(statement.carriedForwardMicros),
  };
}

function statusOf({
  closedAt,
  approvedAt,
  paidMicros,
}: Pick<StatementRecord, 'approvedAt' | 'paidMicros'> & {
  readonly closedAt: Instant | null;
}): ApiStatement['status'] {
  if (closedAt === null) return 'open';
  if (approvedAt === null) return 'awaiting_approval';
  return paidMicros > 0n ? 'paid' : 'approved';
}

export function toApiLine(line: ShareLine & { readonly accountName: string }) {
  const say = (amountMicros: bigint) => formatAmount({ amountMicros, currency: line.currency });
  return {
    effective_at: line.effectiveAt,
    kind: line.kind,
    account_id: line.accountId,
    account_name: line.accountName,
    subscription_id: line.subscriptionId,
    invoice_id: line.invoiceId,
    document_id: line.documentId,
    collected: say(line.collectedMicros),
    tax: say(line.taxMicros),
    fee: say(line.feeMicros),
    base: say(baseOf(line)),
    share_bps: line.shareBps,
    share: say(line.shareMicros),
    currency: line.currency,
  };
}

export function toApiPayout(payout: PayoutRecord): z.input<typeof payoutSchema> {
  const { amountMicros, taxMicros, currency } = payout;
  return {
    id: payout.id,
    partner_id: payout.partnerId,
    status: payout.status,
    to: payout.target,
    month: payout.month,
    months: [...payout.months],
    amount: wire(amountMicros, currency),
    tax: wire(taxMicros, currency),
    total: wire(amountMicros + taxMicros, currency),
    requested_at: payout.requestedAt,
    settled_at: payout.settledAt,
    bank_reference: payout.gatewayPayoutId,
    failure_reason: payout.failureReason,
  };
}

function wire(amountMicros: bigint, currency: CurrencyCode): WireMoney {
  return toWireMoney({ amountMicros, currency });
}
