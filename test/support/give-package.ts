import { grantPackage } from '../../activities/package/grant-package';
import type { Database } from '../../db/connection';
import { lockLedgers } from '../../db/repositories/ledger.repository';
import { SYSTEM } from '../../db/tenant';
import { withTransaction } from '../../db/transaction';
import { parseMoney } from '../../domain/money';
import type { PackageOffer } from '../../domain/package/package-offer';

/** 10,000 messages for 4 500.00 INR, for 30 days. */
export const BULK: PackageOffer = {
  kind: 'message_package',
  code: 'bulk-10k',
  name: 'Bulk 10k',
  units: 10_000,
  price: parseMoney({ amount: '4500.00', currency: 'INR' }),
  upFrontFee: parseMoney({ amount: '0.00', currency: 'INR' }),
  validityDays: 30,
  channels: null,
};

/** 300 minutes for 600.00 INR, until the plan's paid period ends. */
export const NEXUS: PackageOffer = {
  ...BULK,
  kind: 'minute_bundle',
  code: 'nexus',
  name: 'Nexus',
  units: 300,
  price: parseMoney({ amount: '600.00', currency: 'INR' }),
  validityDays: null,
};

/** Orders have tests of their own: from here on a package of this database may name one that is not there. */
export async function allowMissingOrders(owner: Database): Promise<void> {
  await owner.raw('alter table packages drop constraint packages_order_id_fkey');
}

export interface GivenPackage {
  readonly id: string;
  readonly accountId: string;
  readonly offer: PackageOffer;
  readonly at: string;
  readonly timeZone?: string;
}

/** Gives an account a package as a paid order does. Answers its workflow's id. */
export async function givePackage(database: Database, given: GivenPackage): Promise<string> {
  const { accountId, at, timeZone = 'Asia/Kolkata' } = given;
  return withTransaction(database, SYSTEM, async (trx) => {
    const ledger = (await lockLedgers(trx, [accountId])).get(accountId);
    if (ledger === undefined) throw new Error(`${accountId} has no ledger`);
    const grant = { ...given, ledger, timeZone, orderId: `ord_of_${given.id}`, recordedAt: at };
    return (await grantPackage(trx, grant)).workflowId;
  });
}
