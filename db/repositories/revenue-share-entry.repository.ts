import type { MonthKey } from '../../domain/calendar';
import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { isPartnerPlanCode } from '../../domain/partner-plan/partner-plan';
import { sumShared, type ShareRate, type SharedAmounts } from '../../domain/revenue-share/share';
import type { Transaction } from '../transaction';

/** What a document collected of a charge, or gave back of it, and the partner's share. */
export interface ShareEntry extends SharedAmounts {
  readonly partnerId: string;
  readonly accountId: string;
  readonly subscriptionId: string;
  readonly kind: 'accrual' | 'clawback';
  /** The charge. */
  readonly invoiceId: string;
  readonly documentId: string;
  /** Of the sale or refund, in the ledger. */
  readonly reference: string;
  readonly currency: CurrencyCode;
  readonly shareBps: number;
  readonly effectiveAt: Instant;
}

export async function insertEntries(
  trx: Transaction,
  entries: readonly ShareEntry[],
  recordedAt: Instant,
): Promise<void> {
  if (entries.length === 0) return;
  await trx('revenue_share_entries').insert(
    entries.map((entry) => ({ ...toRowEntry(entry), recorded_at: recordedAt })),
  );
}

/** Who shares in what an account pays for a plan, and how much. */
export interface PartnerTerms extends ShareRate {
  readonly partnerId: string;
  /** The partner's own account. */
  readonly houseAccountId: string;
  readonly currency: CurrencyCode;
  readonly timeZone: string;
}

/**
 * The terms under which a reseller shares in a charge of its customer for a version of a plan; null: it does not.
 * What a reseller pays itself is shared with nobody.
 */
export async function findPartnerTerms(
  trx: Transaction,
  of: { readonly accountId: string; readonly planCode: string; readonly planVersion: number },
): Promise<PartnerTerms | null> {
  if (!isPartnerPlanCode(of.planCode)) return null;
  const { rows } = await trx.raw<{ rows: TermsRow[] }>(
    `select p.id, h.id as house_account_id, h.currency, h.time_zone, v.revenue_share_bps, t.gateway_fee_bps
       from partner_plans pp
       join partner_plan_versions v on v.plan_code = pp.plan_code and v.version = :planVersion
       join accounts a on a.id = :accountId
       join partners p on p.id = a.partner_id
       join accounts h on h.id = p.house_account_id
       left join revenue_share_terms t on t.partner_id = p.id
      where pp.plan_code = :planCode and pp.type = 'revenue_sharing' and h.id <> a.id`,
    of,
  );
  const [row] = rows;
  if (row === undefined) return null;
  return {
    partnerId: row.id,
    houseAccountId: row.house_account_id,
    // What is written there was checked when it came in.
    currency: row.currency as CurrencyCode,
    timeZone: row.time_zone,
    shareBps: row.revenue_share_bps,
    gatewayFeeBps: row.gateway_fee_bps ?? 0,
  };
}

/** A charge that was shared, and what went back of it. */
export interface SharedCharge {
  readonly charge: ShareEntry;
  readonly takenBack: SharedAmounts;
}

/**
 * What was shared of these invoices, by the invoice; those that were not are left out. Their account's ledger is
 * locked before, so nothing is taken back meanwhile.
 */
export async function findSharedCharges(
  trx: Transaction,
  invoiceIds: readonly string[],
): Promise<ReadonlyMap<string, SharedCharge>> {
  const rows: EntryRow[] = await trx('revenue_share_entries')
    .whereIn('invoice_id', [...invoiceIds])
    .orderBy('position')
    .select<EntryRow[]>(...ENTRY_COLUMNS);
  const entries = rows.map(fromRowEntry);
  const charges = entries.filter(({ kind }) => kind === 'accrual');
  return new Map(
    charges.map((charge) => {
      const { invoiceId } = charge;
      const taken = entries.filter((one) => one.kind === 'clawback' && one.invoiceId === invoiceId);
      return [invoiceId, { charge, takenBack: sumShared(taken) }];
    }),
  );
}

/** An account's charges that were shared since an instant, newest first, with what went back of each. */
export async function listSharedSince(
  trx: Transaction,
  {
    accountId,
    since,
    limit,
  }: {
    readonly accountId: string;
    readonly since: Instant;
    readonly limit: number;
  },
): Promise<SharedCharge[]> {
  const invoiceIds = await trx('revenue_share_entries')
    .where({ account_id: accountId, kind: 'accrual' })
    .where('effective_at', '>=', since)
    .orderBy('position', 'desc')
    .limit(limit)
    .pluck<string[]>('invoice_id');
  const shared = await findSharedCharges(trx, invoiceIds);
  return invoiceIds.flatMap((id) => shared.get(id) ?? []);
}

/** An entry as a statement lists it. */
export interface ShareLine extends ShareEntry {
  readonly position: bigint;
  /** Of the statement it stands in; null: of none yet. */
  readonly month: MonthKey | null;
}

interface TermsRow {
  readonly id: string;
  readonly house_account_id: string;
  readonly currency: string;
  readonly time_zone: string;
  readonly revenue_share_bps: number;
  readonly gateway_fee_bps: number | null;
}

export const ENTRY_COLUMNS = [
  'position',
  'revenue_share_entries.partner_id',
  'revenue_share_entries.account_id',
  'subscription_id',
  'kind',
  'invoice_id',
  'document_id',
  'reference',
  'revenue_share_entries.currency',
  'collected_micros',
  'tax_micros',
  'total_micros',
  'fee_micros',
  'share_bps',
  'share_micros',
  'effective_at',
  'month',
] as const;

export interface EntryRow {
  readonly position: bigint;
  readonly partner_id: string;
  readonly account_id: string;
  readonly subscription_id: string;
  readonly kind: string;
  readonly invoice_id: string;
  readonly document_id: string;
  readonly reference: string;
  readonly currency: string;
  readonly collected_micros: bigint;
  readonly tax_micros: bigint;
  readonly total_micros: bigint;
  readonly fee_micros: bigint;
  readonly share_bps: number;
  readonly share_micros: bigint;
  readonly effective_at: Instant;
  readonly month: string | null;
}

export function fromRowEntry(row: EntryRow): ShareLine {
  return {
    position: row.position,
    partnerId: row.partner_id,
    accountId: row.account_id,
    subscriptionId: row.subscription_id,
    kind: row.kind as ShareEntry['kind'],
    invoiceId: row.invoice_id,
    documentId: row.document_id,
    reference: row.reference,
    currency: row.currency as CurrencyCode,
    collectedMicros: row.collected_micros,
    taxMicros: row.tax_micros,
    totalMicros: row.total_micros,
    feeMicros: row.fee_micros,
    shareBps: row.share_bps,
    shareMicros: row.share_micros,
    effectiveAt: row.effective_at,
    month: row.month === null ? null : row.month.slice(0, 'YYYY-MM'.length),
  };
}

function toRowEntry(entry: ShareEntry) {
  return {
    partner_id: entry.partnerId,
    account_id: entry.accountId,
    subscription_id: entry.subscriptionId,
    kind: entry.kind,
    invoice_id: entry.invoiceId,
    document_id: entry.documentId,
    reference: entry.reference,
    currency: entry.currency,
    collected_micros: entry.collectedMicros,
    tax_micros: entry.taxMicros,
    total_micros: entry.totalMicros,
    fee_micros: entry.feeMicros,
    share_bps: entry.shareBps,
    share_micros: entry.shareMicros,
    effective_at: entry.effectiveAt,
  };
}
