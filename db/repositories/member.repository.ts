import type { Instant } from '../../domain/instant';
import type { MemberRole } from '../../domain/member';
import { newestFirst, type PageQuery } from '../newest-first';
import type { Transaction } from '../transaction';

/** Who works in an account, by the client's own id. */
export interface Member {
  readonly accountId: string;
  readonly id: string;
  readonly role: MemberRole;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

interface MemberRow {
  readonly account_id: string;
  readonly id: string;
  readonly role: MemberRole;
  readonly created_at: Instant;
  readonly updated_at: Instant;
}

interface MemberKey {
  readonly accountId: string;
  readonly id: string;
}

/** The member, or null. */
export async function findMember(
  trx: Transaction,
  { accountId, id }: MemberKey,
): Promise<Member | null> {
  const row = await trx('members')
    .where({ account_id: accountId, id })
    .first<MemberRow | undefined>();
  return row === undefined ? null : fromRowMember(row);
}

/** A page of an account's members, newest first. */
export async function listMembers(
  trx: Transaction,
  { accountId, ...page }: PageQuery & { readonly accountId: string },
): Promise<Member[]> {
  const query = trx('members').where({ account_id: accountId });
  newestFirst(query, page);
  const rows: MemberRow[] = await query.select();
  return rows.map(fromRowMember);
}

/** Writes a member, or its new role. */
export async function saveMember(trx: Transaction, member: Member): Promise<void> {
  const { accountId, id, role, createdAt, updatedAt } = member;
  const row = { account_id: accountId, id, role, created_at: createdAt, updated_at: updatedAt };
  await trx('members')
    .insert(row)
    .onConflict(['account_id', 'id'])
    .merge({ role, updated_at: updatedAt });
}

export async function deleteMember(trx: Transaction, { accountId, id }: MemberKey): Promise<void> {
  await trx('members').where({ account_id: accountId, id }).delete();
}

function fromRowMember(row: MemberRow): Member {
  return {
    accountId: row.account_id,
    id: row.id,
    role: row.role,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  };
}
