import { BillingError } from '../../domain/billing-error';
import type { Instant } from '../../domain/instant';
import { newId } from '../new-id';
import { newestFirst, type PageQuery } from '../newest-first';
import type { Transaction } from '../transaction';

/** A reseller: it has accounts of its own and sees no others. */
export interface Partner {
  readonly id: string;
  readonly name: string;
  /** Its own account, one like others; null: it has none. */
  readonly houseAccountId: string | null;
  readonly createdAt: Instant;
}

interface PartnerRow {
  readonly id: string;
  readonly name: string;
  readonly house_account_id: string | null;
  readonly created_at: Instant;
}

const COLUMNS = ['id', 'name', 'house_account_id', 'created_at'] as const;

/** Writes a partner without a house account, which needs the partner first. */
export async function insertPartner(
  trx: Transaction,
  partner: Pick<Partner, 'name' | 'createdAt'>,
): Promise<Partner> {
  const id = newId('partner');
  await trx('partners').insert({ id, name: partner.name, created_at: partner.createdAt });
  return { id, ...partner, houseAccountId: null };
}

/** Names the partner's own account, for ever. */
export async function saveHouseAccount(
  trx: Transaction,
  { partner, accountId }: { readonly partner: Partner; readonly accountId: string },
): Promise<void> {
  await trx('partners').where({ id: partner.id }).update({ house_account_id: accountId });
}

/** The partner, or null when the tenant cannot see it. */
export async function findPartner(trx: Transaction, id: string): Promise<Partner | null> {
  const row = await trx('partners')
    .where({ id })
    .first<PartnerRow | undefined>(...COLUMNS);
  return row === undefined ? null : fromRow(row);
}

/** The partner. Throws `not_found` when the tenant cannot see it. */
export async function getPartner(trx: Transaction, id: string): Promise<Partner> {
  const partner = await findPartner(trx, id);
  if (partner === null) throw new BillingError('not_found', 'There is no such partner.');
  return partner;
}

/** The partners the tenant can see, newest first; `before` is the last one of the page before. */
export async function listPartners(trx: Transaction, page: PageQuery): Promise<Partner[]> {
  const rows = await trx('partners')
    .modify((query) => newestFirst(query, page))
    .select<PartnerRow[]>(...COLUMNS);
  return rows.map(fromRow);
}

function fromRow(row: PartnerRow): Partner {
  return {
    id: row.id,
    name: row.name,
    houseAccountId: row.house_account_id,
    createdAt: row.created_at,
  };
}
