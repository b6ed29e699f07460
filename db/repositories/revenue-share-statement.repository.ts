import { nextMonth, startOfMonth, type MonthKey } from '../../domain/calendar';
import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import type { ClosedStatement } from '../../domain/revenue-share/decide-payout';
import type { MonthStatement, MonthTotals } from '../../domain/revenue-share/statement';
import type { Transaction } from '../transaction';
import {
  ENTRY_COLUMNS,
  fromRowEntry,
  type EntryRow,
  type ShareLine,
} from './revenue-share-entry.repository';

/** A statement as it is shown: with what was paid of it. */
export interface StatementRecord extends ClosedStatement {
  readonly paidMicros: bigint;
}

/** The month of a partner that a statement is about. */
export interface PartnerMonth {
  readonly partnerId: string;
  readonly month: MonthKey;
}

/** Puts every entry of before `end` that stands in no statement yet into that of the month. */
export async function assignEntries(
  trx: Transaction,
  { partnerId, month, end }: PartnerMonth & { readonly end: Instant },
): Promise<void> {
  await trx('revenue_share_entries')
    .where({ partner_id: partnerId, month: null })
    .where('effective_at', '<', end)
    .update({ month: `${month}-01` });
}

/** Which entries a statement sums: those of a closed month, or those that would be closed now. */
export type EntriesOf = PartnerMonth & { readonly openUntil: Instant | null };

/** What the entries of a month sum to. */
export async function sumEntries(trx: Transaction, of: EntriesOf): Promise<MonthTotals> {
  const row = await trx('revenue_share_entries')
    .modify((query) => narrow(query, of))
    .first<TotalsRow | undefined>(
      trx.raw(
        `coalesce(sum(collected_micros) filter (where kind = 'accrual'), 0)::bigint as collected,
         coalesce(sum(tax_micros) filter (where kind = 'accrual'), 0)::bigint as tax,
         coalesce(sum(collected_micros) filter (where kind = 'clawback'), 0)::bigint as refunds,
         coalesce(sum(case kind when 'accrual' then fee_micros else -fee_micros end), 0)::bigint as fees,
         coalesce(sum(share_micros) filter (where kind = 'accrual'), 0)::bigint as accrued,
         coalesce(sum(share_micros) filter (where kind = 'clawback'), 0)::bigint as clawed_back,
         case when min(share_bps) = max(share_bps) then min(share_bps) end as share_bps`,
      ),
    );
  invariant(row !== undefined, 'a sum has one row');
  return {
    collectedMicros: row.collected,
    taxMicros: row.tax,
    refundsMicros: row.refunds,
    feesMicros: row.fees,
    accruedMicros: row.accrued,
    clawedBackMicros: row.clawed_back,
    shareBps: row.share_bps,
  };
}

/** Entries of a statement in the order they were made; `after` is the last one of the part before. */
export async function listLines(
  trx: Transaction,
  {
    of,
    after,
    limit,
  }: { readonly of: EntriesOf; readonly after: bigint | null; readonly limit: number },
): Promise<(ShareLine & { readonly accountName: string })[]> {
  const rows: (EntryRow & { readonly account_name: string })[] = await trx('revenue_share_entries')
    .modify((query) => narrow(query, of))
    .modify((query) => {
      if (after !== null) query.where('position', '>', after.toString());
    })
    .join('accounts', 'accounts.id', 'revenue_share_entries.account_id')
    .orderBy('position')
    .limit(limit)
    .select(...ENTRY_COLUMNS, 'accounts.name as account_name');
  return rows.map((row) => ({ ...fromRowEntry(row), accountName: row.account_name }));
}

function narrow(query: ReturnType<Transaction>, { partnerId, month, openUntil }: EntriesOf): void {
  query.where('revenue_share_entries.partner_id', partnerId);
  if (openUntil === null) query.where('month', `${month}-01`);
  // A month that closes while it is read has the same lines before and after.
  else {
    query
      .where((open) => void open.whereNull('month').orWhere('month', `${month}-01`))
      .where('effective_at', '<', openUntil);
  }
}

/** What a month takes over from the months before: the debt of the last, and what is held no longer. */
export async function findTakenOver(
  trx: Transaction,
  { partnerId, month, timeZone }: PartnerMonth & { readonly timeZone: string },
): Promise<Pick<MonthStatement, 'broughtForwardMicros' | 'releasedMicros'>> {
  const { rows } = await trx.raw<{ rows: { brought_forward: bigint; released: bigint }[] }>(
    `select coalesce((select carried_forward_micros from revenue_share_statements
                       where partner_id = :partnerId order by month desc limit 1), 0)::bigint as brought_forward,
            coalesce((select sum(held_micros) from revenue_share_statements
                       where partner_id = :partnerId and held_until >= :from and held_until < :until), 0)::bigint as released`,
    {
      partnerId,
      from: startOfMonth(month, timeZone),
      until: startOfMonth(nextMonth(month), timeZone),
    },
  );
  const [row] = rows;
  invariant(row !== undefined, 'a sum has one row');
  return { broughtForwardMicros: row.brought_forward, releasedMicros: row.released };
}

/** Writes the statement of a month: once, the key sees to that. */
export async function insertStatement(
  trx: Transaction,
  statement: MonthStatement & { readonly partnerId: string; readonly closedAt: Instant },
): Promise<void> {
  await trx('revenue_share_statements').insert({
    partner_id: statement.partnerId,
    month: `${statement.month}-01`,
    currency: statement.currency,
    collected_micros: statement.collectedMicros.toString(),
    tax_micros: statement.taxMicros.toString(),
    refunds_micros: statement.refundsMicros.toString(),
    fees_micros: statement.feesMicros.toString(),
    share_bps: statement.shareBps,
    accrued_micros: statement.accruedMicros.toString(),
    clawed_back_micros: statement.clawedBackMicros.toString(),
    held_micros: statement.heldMicros.toString(),
    held_until: statement.heldUntil,
    released_micros: statement.releasedMicros.toString(),
    brought_forward_micros: statement.broughtForwardMicros.toString(),
    payable_micros: statement.payableMicros.toString(),
    carried_forward_micros: statement.carriedForwardMicros.toString(),
    closed_at: statement.closedAt,
    commission_tax_micros: '0',
  });
}

/** The statement of a closed month, or null. */
export async function findStatement(
  trx: Transaction,
  { partnerId, month }: PartnerMonth,
): Promise<StatementRecord | null> {
  const [row] = await select(trx)
    .where({ 's.partner_id': partnerId, 's.month': `${month}-01` })
    .select<StatementRow[]>(...COLUMNS);
  return row === undefined ? null : fromRowStatement(row);
}

/** Statements of closed months, newest first; `beforeMonth` is the last one of the page before. */
export async function listStatements(
  trx: Transaction,
  query: {
    readonly partnerId: string;
    readonly limit: number;
    readonly beforeMonth: MonthKey | null;
  },
): Promise<StatementRecord[]> {
  const { partnerId, limit, beforeMonth } = query;
  const rows = await select(trx)
    .where('s.partner_id', partnerId)
    .modify((builder) => {
      if (beforeMonth !== null) builder.where('s.month', '<', `${beforeMonth}-01`);
    })
    .orderBy('s.month', 'desc')
    .limit(limit)
    .select<StatementRow[]>(...COLUMNS);
  return rows.map(fromRowStatement);
}

/** Approved statements up to a month that no payout pays, oldest first. The share's row is locked before. */
export async function listUnpaid(
  trx: Transaction,
  { partnerId, month }: PartnerMonth,
): Promise<StatementRecord[]> {
  const rows = await select(trx)
    .where({ 's.partner_id': partnerId, 's.payout_id': null })
    .where('s.month', '<=', `${month}-01`)
    .where('s.payable_micros', '>', '0')
    .whereNotNull('s.approved_at')
    .orderBy('s.month')
    .select<StatementRow[]>(...COLUMNS);
  return rows.map(fromRowStatement);
}

export async function markApproved(
  trx: Transaction,
  { partnerId, month }: PartnerMonth,
  approval: {
    readonly approvedAt: Instant;
    readonly approvedBy: string;
    readonly commissionTaxMicros: bigint;
    readonly documentId: string | null;
  },
): Promise<void> {
  await trx('revenue_share_statements')
    .where({ partner_id: partnerId, month: `${month}-01` })
    .update({
      approved_at: approval.approvedAt,
      approved_by: approval.approvedBy,
      commission_tax_micros: approval.commissionTaxMicros.toString(),
      document_id: approval.documentId,
    });
}

/** Says which payout pays these months; null: none does after all. */
export async function markPaid(
  trx: Transaction,
  paid: {
    readonly partnerId: string;
    readonly months: readonly MonthKey[];
    readonly payoutId: string | null;
  },
): Promise<void> {
  await trx('revenue_share_statements')
    .where({ partner_id: paid.partnerId })
    .whereIn(
      'month',
      paid.months.map((month) => `${month}-01`),
    )
    .update({ payout_id: paid.payoutId });
}

interface TotalsRow {
  readonly collected: bigint;
  readonly tax: bigint;
  readonly refunds: bigint;
  readonly fees: bigint;
  readonly accrued: bigint;
  readonly clawed_back: bigint;
  readonly share_bps: number | null;
}

interface StatementRow {
  readonly month: string;
  readonly currency: string;
  readonly collected_micros: bigint;
  readonly tax_micros: bigint;
  readonly refunds_micros: bigint;
  readonly fees_micros: bigint;
  readonly share_bps: number | null;
  readonly accrued_micros: bigint;
  readonly clawed_back_micros: bigint;
  readonly held_micros: bigint;
  readonly held_until: Instant | null;
  readonly released_micros: bigint;
  readonly brought_forward_micros: bigint;
  readonly payable_micros: bigint;
  readonly carried_forward_micros: bigint;
  readonly closed_at: Instant;
  readonly approved_at: Instant | null;
  readonly commission_tax_micros: bigint;
  readonly document_id: string | null;
  readonly payout_id: string | null;
  readonly payout_status: string | null;
}

const COLUMNS = [
  's.month',
  's.currency',
  's.collected_micros',
  's.tax_micros',
  's.refunds_micros',
  's.fees_micros',
  's.share_bps',
  's.accrued_micros',
  's.clawed_back_micros',
  's.held_micros',
  's.held_until',
  's.released_micros',
  's.brought_forward_micros',
  's.payable_micros',
  's.carried_forward_micros',
  's.closed_at',
  's.approved_at',
  's.commission_tax_micros',
  's.document_id',
  's.payout_id',
  'p.status as payout_status',
] as const;

function select(trx: Transaction) {
  return trx('revenue_share_statements as s').leftJoin('payouts as p', 'p.id', 's.payout_id');
}

function fromRowStatement(row: StatementRow): StatementRecord {
  return {
    month: row.month.slice(0, 'YYYY-MM'.length),
    currency: row.currency as CurrencyCode,
    collectedMicros: row.collected_micros,
    taxMicros: row.tax_micros,
    refundsMicros: row.refunds_micros,
    feesMicros: row.fees_micros,
    shareBps: row.share_bps,
    accruedMicros: row.accrued_micros,
    clawedBackMicros: row.clawed_back_micros,
    heldMicros: row.held_micros,
    heldUntil: row.held_until,
    releasedMicros: row.released_micros,
    broughtForwardMicros: row.brought_forward_micros,
    payableMicros: row.payable_micros,
    carriedForwardMicros: row.carried_forward_micros,
    closedAt: row.closed_at,
    approvedAt: row.approved_at,
    commissionTaxMicros: row.commission_tax_micros,
    documentId: row.document_id,
    payoutId: row.payout_id,
    paidMicros: row.payout_status === 'paid' ? row.payable_micros : 0n,
  };
}
