import { BillingError } from '../../domain/billing-error';
import type { Instant } from '../../domain/instant';
import type { HoldKind, HoldStatus, HoldTerms } from '../../domain/usage/hold-terms';
import type { Transaction } from '../transaction';

interface HoldTermsRow {
  readonly hold_id: string;
  readonly account_id: string;
  readonly kind: HoldKind;
  readonly status: HoldStatus;
  readonly category: string | null;
  readonly quantity: bigint;
  readonly to_prefix: string | null;
  readonly deadline_at: Instant;
  readonly placed_at: Instant;
  readonly closed_at: Instant | null;
}

const COLUMNS = [
  'hold_id',
  'account_id',
  'kind',
  'status',
  'category',
  'quantity',
  'to_prefix',
  'deadline_at',
  'placed_at',
  'closed_at',
] as const;

export async function insertHoldTerms(trx: Transaction, terms: HoldTerms): Promise<void> {
  await trx('hold_terms').insert({
    hold_id: terms.id,
    account_id: terms.accountId,
    kind: terms.kind,
    status: terms.status,
    category: terms.category,
    quantity: String(terms.quantity),
    to_prefix: terms.toPrefix,
    deadline_at: terms.deadlineAt,
    placed_at: terms.placedAt,
    closed_at: terms.closedAt,
  });
}

/** Throws `not_found` when the tenant cannot see it: it does not tell why. */
export async function getHoldTerms(trx: Transaction, id: string): Promise<HoldTerms> {
  const row = await trx('hold_terms')
    .where({ hold_id: id })
    .first<HoldTermsRow | undefined>(...COLUMNS);
  if (row === undefined) throw new BillingError('not_found', 'There is no such hold.');
  return fromRow(row);
}

/** The terms of an account's hold; null: the account has none of this name. */
export async function findHoldTerms(
  trx: Transaction,
  { id, accountId }: { readonly id: string; readonly accountId: string },
): Promise<HoldTerms | null> {
  const row = await trx('hold_terms')
    .where({ hold_id: id, account_id: accountId })
    .first<HoldTermsRow | undefined>(...COLUMNS);
  return row === undefined ? null : fromRow(row);
}

/** Changes a hold's terms; the ledger of its account is locked. */
export async function updateHoldTerms(trx: Transaction, terms: HoldTerms): Promise<void> {
  await trx('hold_terms')
    .where({ hold_id: terms.id })
    .update({
      status: terms.status,
      quantity: String(terms.quantity),
      deadline_at: terms.deadlineAt,
      closed_at: terms.closedAt,
    });
}

/** Ends an open hold as captured; the ledger of its account is locked. */
export async function noteHoldCaptured(
  trx: Transaction,
  { id, at }: { readonly id: string; readonly at: Instant },
): Promise<void> {
  await trx('hold_terms')
    .where({ hold_id: id, status: 'open' })
    .update({ status: 'captured', closed_at: at });
}

/** Open holds of accounts on the wall clock whose deadline has passed, the longest ago first. */
export async function listExpiredHolds(
  trx: Transaction,
  { now, limit }: { readonly now: Instant; readonly limit: number },
): Promise<HoldTerms[]> {
  const rows = await trx('hold_terms as h')
    .join('accounts as a', 'a.id', 'h.account_id')
    .whereNull('a.test_clock_id')
    .where('h.status', 'open')
    .where('h.deadline_at', '<=', now)
    .orderBy('h.deadline_at')
    .limit(limit)
    .select<HoldTermsRow[]>(COLUMNS.map((column) => `h.${column}`));
  return rows.map(fromRow);
}

/** The open hold of an account whose deadline comes first, at or before `to`; null: there is none. */
export async function findEarliestDeadline(
  trx: Transaction,
  { accountId, to }: { readonly accountId: string; readonly to: Instant },
): Promise<HoldTerms | null> {
  const row = await trx('hold_terms')
    .where({ account_id: accountId, status: 'open' })
    .where('deadline_at', '<=', to)
    .orderBy(['deadline_at', 'hold_id'])
    .first<HoldTermsRow | undefined>(...COLUMNS);
  return row === undefined ? null : fromRow(row);
}

function fromRow(row: HoldTermsRow): HoldTerms {
  return {
    id: row.hold_id,
    accountId: row.account_id,
    kind: row.kind,
    status: row.status,
    category: row.category,
    quantity: row.quantity,
    toPrefix: row.to_prefix,
    deadlineAt: row.deadline_at,
    placedAt: row.placed_at,
    closedAt: row.closed_at,
  };
}
