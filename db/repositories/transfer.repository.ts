import type { Instant } from '../../domain/instant';
import type { TransferKind } from '../../domain/ledger/ledger-state';
import type { Transaction } from '../transaction';

/** One line of an account's ledger. */
export interface TransferView {
  /** Unique among all accounts. */
  readonly id: string;
  readonly kind: TransferKind | 'hold';
  readonly debit: string;
  readonly credit: string;
  readonly asset: string;
  readonly amount: bigint;
  /** pending: what a hold reserves (`listOpenHolds`). */
  readonly state: 'posted' | 'pending';
  readonly effectiveAt: Instant;
  readonly postedAt: Instant;
  readonly reference: string;
  readonly reason: string | null;
}

/** A page of an account's transfers, the newest first. `cursor` is the `nextCursor` of the page before. */
export async function listTransfers(
  trx: Transaction,
  query: {
    readonly accountId: string;
    readonly limit: number;
    readonly cursor: string | null;
    /** What the account's reseller earns of it is not among them. */
    readonly hidesShares?: boolean;
  },
): Promise<{ readonly items: TransferView[]; readonly nextCursor: string | null }> {
  const { rows } = await trx.raw<{ rows: TransferRow[] }>(
    `select t.number, t.kind, t.debit, t.credit, t.asset, t.amount, t.reference, t.reason, t.effective_at, t.posted_at
       from transfers t
      where t.ledger_id = (select l.id from ledgers l where l.account_id = :accountId)
        and t.number < coalesce(:before::bigint, 9223372036854775807)
        and not (:hidesShares and t.reference like 'revenue-share/%')
      order by t.number desc
      limit :limit`,
    { hidesShares: false, ...query, before: query.cursor, limit: query.limit + 1 },
  );
  const page = rows.slice(0, query.limit);
  const last = rows.length > query.limit ? page.at(-1) : undefined;
  return {
    items: page.map((row) => fromRowTransfer(row, query.accountId)),
    nextCursor: last === undefined ? null : String(last.number),
  };
}

/** The transfers of an account with these numbers, in their order. */
export async function listTransfersByNumber(
  trx: Transaction,
  { accountId, numbers }: { readonly accountId: string; readonly numbers: readonly bigint[] },
): Promise<TransferView[]> {
  const { rows } = await trx.raw<{ rows: TransferRow[] }>(
    `select t.number, t.kind, t.debit, t.credit, t.asset, t.amount, t.reference, t.reason, t.effective_at, t.posted_at
       from transfers t
      where t.ledger_id = (select l.id from ledgers l where l.account_id = ?) and t.number = any (?::bigint[])
      order by t.number`,
    [accountId, numbers.map(String)],
  );
  return rows.map((row) => fromRowTransfer(row, accountId));
}

function fromRowTransfer(row: TransferRow, accountId: string): TransferView {
  return {
    id: `tr_${accountId.slice(accountId.indexOf('_') + 1)}_${row.number}`,
    kind: row.kind,
    debit: row.debit,
    credit: row.credit,
    asset: row.asset,
    amount: row.amount,
    state: 'posted',
    effectiveAt: row.effective_at,
    postedAt: row.posted_at,
    reference: row.reference,
    reason: row.reason,
  };
}

interface TransferRow {
  readonly number: bigint;
  readonly kind: TransferKind;
  readonly debit: string;
  readonly credit: string;
  readonly asset: string;
  readonly amount: bigint;
  readonly reference: string;
  readonly reason: string | null;
  readonly effective_at: Instant;
  readonly posted_at: Instant;
}

/** What holds reserve now, the newest first, as transfers that are still pending. At most `limit`. */
export async function listOpenHolds(
  trx: Transaction,
  { accountId, limit }: { readonly accountId: string; readonly limit: number },
): Promise<TransferView[]> {
  const { rows } = await trx.raw<{ rows: OpenHoldRow[] }>(
    `select h.hold_id, h.bucket, h.asset, h.remaining, h.placed_at,
            case h.asset when l.currency then 'revenue/' else 'consumption/' end || h.asset as credit
       from holds h join ledgers l on l.id = h.ledger_id
      where l.account_id = ? and h.remaining > 0
      order by h.placed_at desc, h.hold_id, h.bucket
      limit ?`,
    [accountId, limit],
  );
  return rows.map((row) => ({
    id: `${row.hold_id}/${row.bucket}`,
    kind: 'hold',
    debit: row.bucket,
    credit: row.credit,
    asset: row.asset,
    amount: row.remaining,
    state: 'pending',
    effectiveAt: row.placed_at,
    postedAt: row.placed_at,
    reference: row.hold_id,
    reason: null,
  }));
}

interface OpenHoldRow {
  readonly hold_id: string;
  readonly bucket: string;
  readonly asset: string;
  readonly remaining: bigint;
  readonly placed_at: Instant;
  readonly credit: string;
}
