import { BillingError } from '../../domain/billing-error';
import type { CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { newestFirst, type PageQuery } from '../newest-first';
import type { Transaction } from '../transaction';
import { isUniqueViolation } from '../unique-violation';

/** The billed business. Its currency and time zone are for ever: the ledger is kept in them. */
export interface Account {
  readonly id: string;
  readonly partnerId: string | null;
  readonly testClockId: string | null;
  /** The caller's own name for it, unique among the accounts of its partner. */
  readonly externalId: string | null;
  readonly name: string;
  readonly country: string;
  readonly currency: CurrencyCode;
  readonly timeZone: string;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

/** What may change of an account; what is left out stays. */
export interface AccountChange {
  readonly name?: string | undefined;
  readonly country?: string | undefined;
  readonly externalId?: string | null | undefined;
}

interface AccountRow {
  readonly id: string;
  readonly partner_id: string | null;
  readonly test_clock_id: string | null;
  readonly external_id: string | null;
  readonly name: string;
  readonly country: string;
  readonly currency: CurrencyCode;
  readonly time_zone: string;
  readonly created_at: Instant;
  readonly updated_at: Instant;
}

const COLUMNS = [
  'id',
  'partner_id',
  'test_clock_id',
  'external_id',
  'name',
  'country',
  'currency',
  'time_zone',
  'created_at',
  'updated_at',
] as const;

const EXTERNAL_ID_KEY = 'accounts_external_id_key';

/** Throws BillingError `already_exists` when the partner has an account with this external id. */
export async function insertAccount(
  trx: Transaction,
  account: Omit<Account, 'updatedAt'>,
): Promise<Account> {
  await refuseTakenExternalId(
    trx('accounts').insert({
      id: account.id,
      partner_id: account.partnerId,
      test_clock_id: account.testClockId,
      external_id: account.externalId,
      name: account.name,
      country: account.country,
      currency: account.currency,
      time_zone: account.timeZone,
      created_at: account.createdAt,
      updated_at: account.createdAt,
    }),
  );
  return { ...account, updatedAt: account.createdAt };
}

/** The account, or null when the tenant cannot see it. */
export async function findAccount(trx: Transaction, id: string): Promise<Account | null> {
  const row = await trx('accounts')
    .where({ id })
    .first<AccountRow | undefined>(...COLUMNS);
  return row === undefined ? null : fromRow(row);
}

/** Throws BillingError `not_found` when the tenant cannot see it: it does not tell why. */
export async function getAccount(trx: Transaction, id: string): Promise<Account> {
  const account = await findAccount(trx, id);
  if (account === null) throw new BillingError('not_found', 'There is no such account.');
  return account;
}

/** The accounts the tenant can see, newest first; `before` is the last one of the page before. */
export async function listAccounts(
  trx: Transaction,
  query: PageQuery & {
    readonly partnerId?: string | undefined;
    /** Not this one. */
    readonly exceptId?: string | null | undefined;
    readonly externalId?: string | undefined;
    readonly testClockId?: string | undefined;
  },
): Promise<Account[]> {
  const { partnerId, exceptId, externalId, testClockId } = query;
  const rows = await trx('accounts')
    .modify((builder) => {
      newestFirst(builder, query);
      if (partnerId !== undefined) builder.where({ partner_id: partnerId });
      if (typeof exceptId === 'string') builder.whereNot({ id: exceptId });
      if (externalId !== undefined) builder.where({ external_id: externalId });
      if (testClockId !== undefined) builder.where({ test_clock_id: testClockId });
    })
    .select<AccountRow[]>(...COLUMNS);
  return rows.map(fromRow);
}

/** Those of the accounts that the tenant can see, in no order. */
export async function findAccounts(trx: Transaction, ids: readonly string[]): Promise<Account[]> {
  if (ids.length === 0) return [];
  const rows = await trx('accounts')
    .whereIn('id', [...ids])
    .select<AccountRow[]>(...COLUMNS);
  return rows.map(fromRow);
}

/** What of an account never changes, and says whose it is. */
export type AccountTenancy = Pick<Account, 'id' | 'partnerId' | 'testClockId' | 'currency'>;

/** Those of the accounts that there are. */
export async function listAccountTenancies(
  trx: Transaction,
  ids: readonly string[],
): Promise<AccountTenancy[]> {
  type Row = Pick<AccountRow, 'id' | 'partner_id' | 'test_clock_id' | 'currency'>;
  const { rows } = await trx.raw<{ rows: Row[] }>(
    'select id, partner_id, test_clock_id, currency from accounts where id = any (?)',
    [[...ids]],
  );
  return rows.map((row) => ({
    id: row.id,
    partnerId: row.partner_id,
    testClockId: row.test_clock_id,
    currency: row.currency,
  }));
}

/** The ids of all accounts that live on a test clock, in their order. */
export async function listAccountIdsOnClock(
  trx: Transaction,
  testClockId: string,
): Promise<string[]> {
  return trx('accounts').where({ test_clock_id: testClockId }).orderBy('id').pluck('id');
}

/** Throws BillingError `not_found`, or `already_exists` when the external id is taken. */
export async function updateAccount(
  trx: Transaction,
  { id, change, updatedAt }: { id: string; change: AccountChange; updatedAt: Instant },
): Promise<Account> {
  const rows = await refuseTakenExternalId(
    trx('accounts')
      .where({ id })
      .update({
        updated_at: updatedAt,
        ...(change.name === undefined ? {} : { name: change.name }),
        ...(change.country === undefined ? {} : { country: change.country }),
        ...(change.externalId === undefined ? {} : { external_id: change.externalId }),
      })
      .returning<AccountRow[]>([...COLUMNS]),
  );
  const row = rows[0];
  if (row === undefined) throw new BillingError('not_found', 'There is no such account.');
  return fromRow(row);
}

async function refuseTakenExternalId<T>(write: PromiseLike<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (!isUniqueViolation(error, EXTERNAL_ID_KEY)) throw error;
    const message = 'There is an account with this external_id.';
    throw new BillingError('already_exists', message, { field: 'external_id' });
  }
}

function fromRow(row: AccountRow): Account {
  return {
    id: row.id,
    partnerId: row.partner_id,
    testClockId: row.test_clock_id,
    externalId: row.external_id,
    name: row.name,
    country: row.country,
    currency: row.currency,
    timeZone: row.time_zone,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
