import type { Instant } from '../../domain/instant';
import { newId } from '../new-id';
import { newestFirst, type PageQuery } from '../newest-first';
import type { Transaction } from '../transaction';

export type ApiKeyRole = 'operator' | 'partner' | 'account';
export type ApiKeyScope = 'read' | 'write';

/** A key without its secret, which nobody can read again. */
export interface ApiKey {
  readonly id: string;
  readonly prefix: string;
  readonly mode: 'live' | 'test';
  readonly role: ApiKeyRole;
  readonly scopes: readonly ApiKeyScope[];
  readonly partnerId: string | null;
  readonly accountId: string | null;
  readonly name: string | null;
  readonly createdAt: Instant;
  readonly expiresAt: Instant | null;
  readonly revokedAt: Instant | null;
  readonly lastUsedAt: Instant | null;
}

export interface NewApiKey extends Omit<ApiKey, 'id' | 'revokedAt' | 'lastUsedAt'> {
  readonly secretHash: Buffer;
}

interface ApiKeyRow {
  readonly id: string;
  readonly prefix: string;
  readonly mode: 'live' | 'test';
  readonly role: ApiKeyRole;
  readonly scopes: ApiKeyScope[];
  readonly partner_id: string | null;
  readonly account_id: string | null;
  readonly name: string | null;
  readonly created_at: Instant;
  readonly expires_at: Instant | null;
  readonly revoked_at: Instant | null;
  readonly last_used_at: Instant | null;
}

const COLUMNS = [
  'id',
  'prefix',
  'mode',
  'role',
  'scopes',
  'partner_id',
  'account_id',
  'name',
  'created_at',
  'expires_at',
  'revoked_at',
  'last_used_at',
] as const;

export async function insertApiKey(trx: Transaction, key: NewApiKey): Promise<ApiKey> {
  const id = newId('api_key');
  await trx('api_keys').insert({
    id,
    secret_hash: key.secretHash,
    prefix: key.prefix,
    mode: key.mode,
    role: key.role,
    scopes: [...key.scopes],
    partner_id: key.partnerId,
    account_id: key.accountId,
    name: key.name,
    created_at: key.createdAt,
    expires_at: key.expiresAt,
  });
  const { secretHash: _, ...shown } = key;
  return { ...shown, id, revokedAt: null, lastUsedAt: null };
}

/** The key of a secret's hash, whatever its state; null when there is none. Needs the system scope. */
export async function findApiKeyByHash(
  trx: Transaction,
  secretHash: Buffer,
): Promise<ApiKey | null> {
  const row = await trx('api_keys')
    .where({ secret_hash: secretHash })
    .first<ApiKeyRow | undefined>(...COLUMNS);
  return row === undefined ? null : fromRow(row);
}

/** The tenant's keys, newest first; `before` is the last one of the page before. */
export async function listApiKeys(trx: Transaction, page: PageQuery): Promise<ApiKey[]> {
  const rows = await trx('api_keys')
    .modify((query) => newestFirst(query, page))
    .select<ApiKeyRow[]>(...COLUMNS);
  return rows.map(fromRow);
}

/** Revokes a key for ever; a second time changes nothing. Null when the tenant has no such key. */
export async function revokeApiKey(
  trx: Transaction,
  { id, revokedAt }: { readonly id: string; readonly revokedAt: Instant },
): Promise<ApiKey | null> {
  const rows = await trx('api_keys')
    .where({ id })
    .update({ revoked_at: trx.raw('coalesce(revoked_at, ?)', [revokedAt]) })
    .returning<ApiKeyRow[]>([...COLUMNS]);
  return rows[0] === undefined ? null : fromRow(rows[0]);
}

/** Notes that a key is in use; `usedAt` within the grace of the last note writes nothing. */
export async function touchApiKey(
  trx: Transaction,
  { id, usedAt, staleBefore }: { id: string; usedAt: Instant; staleBefore: Instant },
): Promise<void> {
  await trx('api_keys')
    .where({ id })
    .whereRaw('(last_used_at is null or last_used_at < ?)', [staleBefore])
    .update({ last_used_at: usedAt });
}

function fromRow(row: ApiKeyRow): ApiKey {
  return {
    id: row.id,
    prefix: row.prefix,
    mode: row.mode,
    role: row.role,
    scopes: row.scopes,
    partnerId: row.partner_id,
    accountId: row.account_id,
    name: row.name,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
    revokedAt: row.revoked_at,
    lastUsedAt: row.last_used_at,
  };
}
