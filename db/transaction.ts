import type { Knex } from 'knex';
import { DBError } from 'objection';
import { tellCommitted } from './after-commit';
import { beginsAsSystem, type Database } from './connection';
import { renameStatements } from './prepared-statements';
import type { Tenant } from './tenant';

/** An open transaction, scoped to a tenant. Repositories take one; only this file begins or commits. */
export type Transaction = Knex.Transaction;

const ATTEMPTS_MAX = 5;
const SERIALIZATION_FAILURE = '40001';
const DEADLOCK_DETECTED = '40P01';
const FEATURE_NOT_SUPPORTED = '0A000';
/** What PostgreSQL calls the place that refuses a prepared statement whose table has changed. */
const CHECKS_PREPARED = 'RevalidateCachedQuery';

/**
 * Runs `work` in one transaction in which only the tenant's rows exist. Commits when it resolves,
 * rolls back when it rejects, and runs it again (at most 5 times) when PostgreSQL asks for that.
 * No network call belongs inside `work`: signal and publish after it has returned.
 * Rejects with PostgreSQL's own error, its code and constraint on it, whoever sent the query.
 */
export async function withTransaction<T>(
  database: Database,
  tenant: Tenant,
  work: (trx: Transaction) => Promise<T>,
): Promise<T> {
  for (let attempts = 1; ; attempts += 1) {
    try {
      let own: Transaction | undefined;
      const result = await database.transaction(async (trx) => {
        own = trx;
        // A lane has hundreds of small transactions a second, and this would be a fifth of their way to PostgreSQL.
        const isSet = tenant.scope === 'system' && beginsAsSystem(database);
        if (!isSet) await setTenant(trx, tenant);
        return work(trx);
      });
      if (own !== undefined) tellCommitted(database, own);
      return result;
    } catch (caught) {
      const error = unwrap(caught);
      const isOutdated = isPreparedForAnotherTable(error);
      if (isOutdated) renameStatements();
      if (attempts >= ATTEMPTS_MAX || !(isOutdated || isRetryable(error))) throw error;
    }
  }
}

async function setTenant(trx: Transaction, tenant: Tenant): Promise<void> {
  await trx.raw(
    `select set_config('tollgate.scope', ?, true),
            set_config('tollgate.partner_id', ?, true),
            set_config('tollgate.account_id', ?, true)`,
    [
      tenant.scope,
      tenant.scope === 'partner' ? tenant.partnerId : '',
      tenant.scope === 'account' ? tenant.accountId : '',
    ],
  );
}

/** Objection throws an error without a code around PostgreSQL's. */
function unwrap(error: unknown): unknown {
  return error instanceof DBError ? error.nativeError : error;
}

function isRetryable(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === SERIALIZATION_FAILURE || code === DEADLOCK_DETECTED;
}

/** "cached plan must not change result type": by code and place, for the words depend on the server's language. */
function isPreparedForAnotherTable(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || !('routine' in error)) return false;
  return error.code === FEATURE_NOT_SUPPORTED && error.routine === CHECKS_PREPARED;
}
