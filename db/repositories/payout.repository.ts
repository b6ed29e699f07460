import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { Payout, PayoutStatus, PayoutTarget } from '../../domain/revenue-share/decide-payout';
import { newestFirst, type PageQuery } from '../newest-first';
import type { Transaction } from '../transaction';

/** A payout with when its row was written. */
export interface PayoutRecord extends Payout {
  readonly createdAt: Instant;
}

export async function insertPayout(trx: Transaction, payout: Payout, at: Instant): Promise<void> {
  await trx('payouts').insert({ ...toRowPayout(payout), created_at: at });
}

/** Writes how it ended. */
export async function settlePayout(trx: Transaction, payout: Payout): Promise<void> {
  const { status, settledAt, gatewayPayoutId, failureReason } = payout;
  const changed = await trx('payouts').where({ id: payout.id, status: 'sending' }).update({
    status,
    settled_at: settledAt,
    gateway_payout_id: gatewayPayoutId,
    failure_reason: failureReason,
  });
  invariant(changed === 1, `payout ${payout.id} was settled before`);
}

/** The payout, or null when the tenant cannot see it. */
export async function findPayout(trx: Transaction, id: string): Promise<PayoutRecord | null> {
  const row = await trx('payouts').where({ id }).first<PayoutRow | undefined>();
  return row === undefined ? null : fromRowPayout(row);
}

/** A partner's payouts, newest first. */
export async function listPayouts(
  trx: Transaction,
  { partnerId, ...page }: PageQuery & { readonly partnerId: string },
): Promise<PayoutRecord[]> {
  const rows = await trx('payouts')
    .where({ partner_id: partnerId })
    .modify((query) => newestFirst(query, page))
    .select<PayoutRow[]>();
  return rows.map(fromRowPayout);
}

interface PayoutRow {
  readonly id: string;
  readonly partner_id: string;
  readonly account_id: string;
  readonly month: string;
  readonly months: readonly string[];
  readonly target: string;
  readonly currency: string;
  readonly amount_micros: bigint;
  readonly tax_micros: bigint;
  readonly status: string;
  readonly requested_at: Instant;
  readonly settled_at: Instant | null;
  readonly gateway_payout_id: string | null;
  readonly failure_reason: string | null;
  readonly created_at: Instant;
}

function fromRowPayout(row: PayoutRow): PayoutRecord {
  return {
    id: row.id,
    partnerId: row.partner_id,
    accountId: row.account_id,
    month: row.month.slice(0, 'YYYY-MM'.length),
    months: row.months,
    target: row.target as PayoutTarget,
    currency: row.currency as CurrencyCode,
    amountMicros: row.amount_micros,
    taxMicros: row.tax_micros,
    status: row.status as PayoutStatus,
    requestedAt: row.requested_at,
    settledAt: row.settled_at,
    gatewayPayoutId: row.gateway_payout_id,
    failureReason: row.failure_reason,
    createdAt: row.created_at,
  };
}

function toRowPayout(payout: Payout) {
  return {
    id: payout.id,
    partner_id: payout.partnerId,
    account_id: payout.accountId,
    month: `${payout.month}-01`,
    months: [...payout.months],
    target: payout.target,
    currency: payout.currency,
    amount_micros: payout.amountMicros.toString(),
    tax_micros: payout.taxMicros.toString(),
    status: payout.status,
    requested_at: payout.requestedAt,
    settled_at: payout.settledAt,
    gateway_payout_id: payout.gatewayPayoutId,
    failure_reason: payout.failureReason,
  };
}
