/**
 * Owns: reading a partner's month: its statement, or what the open one comes to so far, and its lines.
 * Does not own: how they are shown (presenters/revenue-share.presenter.ts).
 */
import type { Database } from '../db/connection';
import { getAccount, type Account } from '../db/repositories/account.repository';
import { findPartner, getPartner } from '../db/repositories/partner.repository';
import { findTerms, revenueShares } from '../db/repositories/revenue-share.repository';
import {
  findStatement,
  findTakenOver,
  listLines,
  sumEntries,
  type EntriesOf,
  type StatementRecord,
} from '../db/repositories/revenue-share-statement.repository';
import type { Tenant } from '../db/tenant';
import { withTransaction, type Transaction } from '../db/transaction';
import type { MonthKey } from '../domain/calendar';
import { BillingError } from '../domain/billing-error';
import { buildStatement, endOfMonth, type MonthStatement } from '../domain/revenue-share/statement';
import { toApiLine } from './presenters/revenue-share.presenter';

interface PartnerMonth {
  readonly partner_id: string;
  readonly month: MonthKey;
}

interface ReadStatement {
  readonly statement: StatementRecord | MonthStatement;
  /** Which entries it sums. */
  readonly entries: EntriesOf;
}

/** The partner's own account: its currency and its time zone are the partner's. Throws `not_found`. */
export async function getHouseAccount(trx: Transaction, partnerId: string): Promise<Account> {
  const partner = await findPartner(trx, partnerId);
  if (partner?.houseAccountId) return getAccount(trx, partner.houseAccountId);
  throw new BillingError('not_found', 'There is no such partner, or it has no own account.');
}

/** A closed month, or the open one as it is. Throws `not_found` for any other. */
export async function readStatement(
  trx: Transaction,
  { partner_id: partnerId, month }: PartnerMonth,
): Promise<ReadStatement> {
  await getPartner(trx, partnerId);
  const closed = await findStatement(trx, { partnerId, month });
  if (closed !== null) {
    return { statement: closed, entries: { partnerId, month, openUntil: null } };
  }
  const record = await revenueShares.find(trx, partnerId);
  if (record?.state.openMonth !== month) {
    throw new BillingError('not_found', 'There is no statement of this month.');
  }
  const { currency, timeZone } = record.state;
  const entries = { partnerId, month, openUntil: endOfMonth(month, timeZone) };
  const totals = await sumEntries(trx, entries);
  const takenOver = await findTakenOver(trx, { partnerId, month, timeZone });
  const terms = await findTerms(trx, partnerId);
  const facts = { month, currency, timeZone, terms, ...takenOver };
  return { statement: buildStatement(totals, facts), entries };
}

/** Held at once while a table is written: a megabyte. */
const ROWS_AT_ONCE = 5_000;

/** The lines of a statement part by part, each in a transaction of its own. */
export async function* readLines(
  database: Database,
  tenant: Tenant,
  of: EntriesOf,
): AsyncGenerator<string[][]> {
  let after: bigint | null = null;
  do {
    const query: Parameters<typeof listLines>[1] = { of, after, limit: ROWS_AT_ONCE };
    const lines = await withTransaction(database, tenant, (trx) => listLines(trx, query));
    yield lines.map((line) => Object.values(toApiLine(line)).map(String));
    after = lines.length < ROWS_AT_ONCE ? null : (lines.at(-1)?.position ?? null);
  } while (after !== null);
}
