/**
 * Makes the first key of a platform and shows it once: `node dist/scripts/create-operator-key.js` with
 * DATABASE_URL. Further keys are made over the API with it.
 */
import { hashSecret, newSecret, shownPrefix } from '../api/secrets';
import { createDatabase } from '../db/connection';
import { insertApiKey } from '../db/repositories/api-key.repository';
import { SYSTEM } from '../db/tenant';
import { withTransaction } from '../db/transaction';
import { reportAndFail } from './platform/report';
import { SetupError } from './servers/setup-error';

async function createOperatorKey(): Promise<void> {
  const url = process.env['DATABASE_URL'];
  if (!url) {
    throw new SetupError('DATABASE_URL is missing.', "set it to the application role's address.");
  }
  const database = createDatabase({ url, applicationName: 'tollgate-operator-key' });
  const secret = newSecret('live');
  try {
    const { id } = await withTransaction(database, SYSTEM, (trx) =>
      insertApiKey(trx, {
        secretHash: hashSecret(secret),
        prefix: shownPrefix(secret),
        mode: 'live',
        role: 'operator',
        scopes: ['read', 'write'],
        partnerId: null,
        accountId: null,
        name: 'first operator',
        createdAt: new Date().toISOString(),
        expiresAt: null,
      }),
    );
    process.stdout.write(`${id}: ${secret}\nThis key is shown only now: keep it safe.\n`);
  } finally {
    await database.destroy();
  }
}

createOperatorKey().catch(reportAndFail);
