/**
 * Owns: what a fresh platform starts with. Running it again changes nothing.
 * Does not own: the schema (db/migrations/), the plans it sells (catalogue.ts).
 */
import { hashSecret, shownPrefix } from '../api/secrets';
import type { Database } from '../db/connection';
import { findApiKeyByHash, insertApiKey } from '../db/repositories/api-key.repository';
import { SYSTEM } from '../db/tenant';
import { withTransaction, type Transaction } from '../db/transaction';
import type { Instant } from '../domain/instant';
import { seedCatalogue } from './catalogue';

export interface SeedOptions {
  readonly database: Database;
  /** The secret of the operator's key; its hash is stored when it is new. */
  readonly operatorKey: string;
  readonly now: Instant;
}

/** Puts in what is missing: the operator's key, then the catalogue. */
export async function seed({ database, operatorKey, now }: SeedOptions): Promise<void> {
  await withTransaction(database, SYSTEM, async (trx) => {
    await seedOperatorKey(trx, { operatorKey, now });
  });
  await seedCatalogue(database, now);
}

async function seedOperatorKey(
  trx: Transaction,
  { operatorKey, now }: Pick<SeedOptions, 'operatorKey' | 'now'>,
): Promise<void> {
  const secretHash = hashSecret(operatorKey);
  if ((await findApiKeyByHash(trx, secretHash)) !== null) return;
  await insertApiKey(trx, {
    secretHash,
    prefix: shownPrefix(operatorKey),
    mode: 'test',
    role: 'operator',
    scopes: ['read', 'write'],
    partnerId: null,
    accountId: null,
    name: 'demo operator',
    createdAt: now,
    expiresAt: null,
  });
}
