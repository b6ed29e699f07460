import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import {
  decideNextAction,
  type RevenueShare,
  type RevenueShareStatus,
} from '../../domain/revenue-share/revenue-share';
import { DEFAULT_TERMS, type RevenueShareTerms } from '../../domain/revenue-share/statement';
import { createLifecycleTable, type LifecycleRecord } from '../lifecycle-table';
import { RevenueShareModel } from '../models/revenue-share.model';
import type { Transaction } from '../transaction';

export const revenueShares = createLifecycleTable({
  kind: 'revenue_share',
  model: RevenueShareModel,
  fromRows: (_, rows: readonly RevenueShareModel[]) => rows.map(fromRowRevenueShare),
  toRow: toRowRevenueShare,
  decideNextAction,
});
export type RevenueShareRecord = LifecycleRecord<RevenueShare>;

/** Opens a partner's share unless it is there: its first charge does, and several may be first at once. */
export async function openOnce(trx: Transaction, share: RevenueShare, at: Instant): Promise<void> {
  if ((await revenueShares.find(trx, share.id)) !== null) return;
  // Two customers of a partner have two ledgers: neither is locked by both.
  await trx.raw('select pg_advisory_xact_lock(hashtextextended(?, 0))', [share.id]);
  if ((await revenueShares.find(trx, share.id)) !== null) return;
  await revenueShares.insert(trx, share, at);
}

/** The workflow of the share of an account's reseller; null: it has none, or has earned nothing yet. */
export async function findShareWorkflow(
  trx: Transaction,
  accountId: string,
): Promise<string | null> {
  const row = await trx('revenue_shares as s')
    .join('accounts as a', 'a.partner_id', 's.id')
    .where('a.id', accountId)
    .first<{ readonly workflow_id: string } | undefined>('s.workflow_id');
  return row?.workflow_id ?? null;
}

/** What was agreed with a partner. */
export async function findTerms(trx: Transaction, partnerId: string): Promise<RevenueShareTerms> {
  const row = await trx('revenue_share_terms')
    .where({ partner_id: partnerId })
    .first<TermsRow | undefined>();
  if (row === undefined) return DEFAULT_TERMS;
  return {
    reserveBps: row.reserve_bps,
    reserveDays: row.reserve_days,
    gatewayFeeBps: row.gateway_fee_bps,
    payoutMinimumMicros: row.payout_minimum_micros,
  };
}

/** What is agreed with a partner from now on: closed months and earlier charges keep what they had. */
export async function saveTerms(
  trx: Transaction,
  terms: RevenueShareTerms & {
    readonly partnerId: string;
    readonly currency: CurrencyCode;
    readonly updatedAt: Instant;
  },
): Promise<void> {
  await trx('revenue_share_terms')
    .insert({
      partner_id: terms.partnerId,
      reserve_bps: terms.reserveBps,
      reserve_days: terms.reserveDays,
      gateway_fee_bps: terms.gatewayFeeBps,
      currency: terms.currency,
      payout_minimum_micros: terms.payoutMinimumMicros.toString(),
      updated_at: terms.updatedAt,
    })
    .onConflict('partner_id')
    .merge();
}

interface TermsRow {
  readonly reserve_bps: number;
  readonly reserve_days: number;
  readonly gateway_fee_bps: number;
  readonly payout_minimum_micros: bigint;
}

function fromRowRevenueShare(row: RevenueShareModel): RevenueShare {
  const { payout_id: payoutId, payout_asked_at: askedAt } = row;
  return {
    id: row.id,
    accountId: row.account_id,
    currency: row.currency as CurrencyCode,
    timeZone: row.time_zone,
    openMonth: row.open_month.slice(0, 'YYYY-MM'.length),
    unapproved: row.unapproved,
    payableMicros: row.payable_micros,
    payout:
      payoutId === null || askedAt === null
        ? null
        : { id: payoutId, askedAt, attemptsMade: row.payout_attempts },
    status: row.status as RevenueShareStatus,
  };
}

function toRowRevenueShare(share: RevenueShare) {
  const { payout } = share;
  return {
    id: share.id,
    account_id: share.accountId,
    currency: share.currency,
    time_zone: share.timeZone,
    open_month: `${share.openMonth}-01`,
    unapproved: share.unapproved,
    payable_micros: share.payableMicros,
    payout_id: payout?.id ?? null,
    payout_asked_at: payout?.askedAt ?? null,
    payout_attempts: payout?.attemptsMade ?? 0,
    status: share.status,
  };
}
