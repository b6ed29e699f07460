import { insertEvents } from '../../db/repositories/event.repository';
import { packages } from '../../db/repositories/package.repository';
import { findOpenSubscription } from '../../db/repositories/subscription.repository';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import type { LedgerState } from '../../domain/ledger/ledger-state';
import { workflowIdOf } from '../../domain/lifecycle';
import { openPackage } from '../../domain/package/decide-package';
import type { PackageOffer } from '../../domain/package/package-offer';
import { packageBucket, postGrant } from '../../domain/package/post-package';
import { postTransfers } from '../lifecycle/post-transfers';
import { buildPackageEvents } from './package-events';

export interface PackageGrant {
  readonly id: string;
  readonly accountId: string;
  readonly orderId: string;
  readonly offer: PackageOffer;
  readonly timeZone: string;
  /** The account's, locked in this transaction. */
  readonly ledger: LedgerState;
  /** Business time: when it was bought. */
  readonly at: Instant;
  readonly recordedAt: Instant;
}

/**
 * Gives an account a package that it has paid for: its units, its row, its event, in the caller's
 * transaction. Safe to repeat: the same id is granted once (R0.09). Start its workflow after the commit
 * (`startLifecycle`).
 */
export async function grantPackage(
  trx: Transaction,
  grant: PackageGrant,
): Promise<{ readonly workflowId: string }> {
  const { id, accountId, ledger, at, recordedAt } = grant;
  const workflowId = workflowIdOf('package', id);
  if ((await packages.find(trx, id)) !== null) return { workflowId };
  const planPaidUntil = await findPaidUntil(trx, accountId);
  const { bought, events } = openPackage({ ...grant, planPaidUntil });
  const unit = { reference: packageBucket(id), at };
  await postTransfers({ trx, ledger, recordedAt }, unit, (posting) =>
    postGrant(posting, bought, grant.offer),
  );
  await packages.insert(trx, bought, at);
  await insertEvents(trx, buildPackageEvents({ bought, events, at }), recordedAt);
  return { workflowId };
}

/** The end of the period that the account's plan is paid for, or null. */
async function findPaidUntil(trx: Transaction, accountId: string): Promise<Instant | null> {
  const record = await findOpenSubscription(trx, { accountId, track: 'plan' });
  if (record === null || record.state.status !== 'active') return null;
  return record.state.period.endsAt;
}
