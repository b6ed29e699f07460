import { readPackageUnits, type PackageRecord } from '../db/repositories/package.repository';
import type { Transaction } from '../db/transaction';
import type { Instant } from '../domain/instant';
import { invariant } from '../domain/invariant';
import { toApiPackage } from './presenters/package.presenter';

/** How packages of one account are shown: their units are read in one statement. */
export async function createPackagePresenter(
  trx: Transaction,
  rows: readonly PackageRecord[],
  at: Instant,
) {
  const ids = rows.map(({ state }) => state.id);
  const accountId = rows[0]?.state.accountId ?? '';
  const unitsOf = await readPackageUnits(trx, { accountId, ids });
  return (record: PackageRecord) => {
    const units = unitsOf.get(record.state.id);
    invariant(units !== undefined, `package ${record.state.id} has no bucket`);
    return toApiPackage(record, { units, at });
  };
}
