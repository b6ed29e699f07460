import { hashSecret, newSecret, shownPrefix } from '../../api/secrets';
import type { Database } from '../../db/connection';
import { insertApiKey } from '../../db/repositories/api-key.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';

/** Makes a key that may do everything, and answers it. */
export async function prepareOperatorKey(database: Database): Promise<string> {
  const secret = newSecret('test');
  await withTransaction(database, SYSTEM, (trx) =>
    insertApiKey(trx, {
      secretHash: hashSecret(secret),
      prefix: shownPrefix(secret),
      mode: 'test',
      role: 'operator',
      scopes: ['read', 'write'],
      partnerId: null,
      accountId: null,
      name: 'bench',
      createdAt: new Date().toISOString(),
      expiresAt: null,
    }),
  );
  return secret;
}
