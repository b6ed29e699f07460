import { loadOutlook } from '../../db/load-outlook';
import { getAccount } from '../../db/repositories/account.repository';
import { findServiceHold } from '../../db/repositories/dispute.repository';
import { listBuckets } from '../../db/repositories/ledger.repository';
import { listPackages, type PackageRecord } from '../../db/repositories/package.repository';
import type { Transaction } from '../../db/transaction';
import type { Instant } from '../../domain/instant';
import { findAccountNow } from '../account-time';
import { ok } from '../answer';
import { createPackagePresenter } from '../package-presenting';
import { toApiBillingOverview } from '../presenters/billing-overview.presenter';
import { readRoute, type Route } from '../route';
import { accountParams } from '../schemas/account.schema';
import { billingOverviewSchema } from '../schemas/billing-overview.schema';

/** More packages at once than this are a mistake; the list of all is paged. */
const PACKAGES_MAX = 100;

const showOverview = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/billing_overview',
  operation: 'getBillingOverview',
  summary: 'Show the billing page: balances, subscriptions, numbers, next charges, warnings',
  tag: 'Balance',
  roles: ['operator', 'partner', 'account'],
  params: accountParams,
  responses: { 200: { description: 'The overview.', schema: billingOverviewSchema } },
  async handler({ params, receivedAt }, trx) {
    const account = await getAccount(trx, params.account_id);
    const at = await findAccountNow(account, { trx, receivedAt });
    const { id: accountId, currency } = account;
    const buckets = await listBuckets(trx, { accountId, at });
    const outlook = await loadOutlook(trx, { accountId, at });
    const messages = await listCurrent(trx, { accountId, at, kind: 'message_package' });
    const bundles = await listCurrent(trx, { accountId, at, kind: 'minute_bundle' });
    const rows = [...messages, ...bundles];
    const presentPackage = await createPackagePresenter(trx, rows, at);
    return ok(
      toApiBillingOverview({
        accountId,
        currency,
        at,
        buckets,
        outlook,
        serviceHold: await findServiceHold(trx, accountId),
        messagePackages: messages.map(presentPackage),
        minuteBundles: bundles.map(presentPackage),
      }),
    );
  },
});

export const billingOverviewRoutes: readonly Route[] = [showOverview];

function listCurrent(
  trx: Transaction,
  asked: {
    readonly accountId: string;
    readonly at: Instant;
    readonly kind: PackageRecord['state']['kind'];
  },
): Promise<PackageRecord[]> {
  const filter = asked.kind === 'minute_bundle' ? 'current' : 'active';
  return listPackages(trx, { ...asked, filter, limit: PACKAGES_MAX, before: null });
}
