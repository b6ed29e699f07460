import { getAccount } from '../../db/repositories/account.repository';
import { listBuckets } from '../../db/repositories/ledger.repository';
import { findDefaultMethod } from '../../db/repositories/payment-method.repository';
import { listOpenSubscriptions } from '../../db/repositories/subscription.repository';
import { findTaxation } from '../../db/repositories/tax-registration.repository';
import { taxationAt } from '../../domain/tax/taxation';
import { findAccountNow } from '../account-time';
import { ok } from '../answer';
import { toApiBillingOverview } from '../presenters/billing-overview.presenter';
import { readRoute, type Route } from '../route';
import { accountParams } from '../schemas/account.schema';
import { billingOverviewSchema } from '../schemas/billing-overview.schema';

const showOverview = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/billing_overview',
  operation: 'getBillingOverview',
  summary: 'Show the billing page: balances, subscriptions, next charges, warnings',
  tag: 'Balance',
  roles: ['operator', 'partner', 'account'],
  params: accountParams,
  responses: { 200: { description: 'The overview.', schema: billingOverviewSchema } },
  async handler({ params, receivedAt }, transaction) {
    const account = await getAccount(transaction, params.account_id);
    const at = await findAccountNow(account, { transaction, receivedAt });
    const buckets = await listBuckets(transaction, { accountId: account.id, at });
    const subscriptions = await listOpenSubscriptions(transaction, account.id);
    const { id: accountId, currency } = account;
    const sold = await findTaxation(transaction, { accountId, at });
    const taxation = taxationAt('consumption', sold);
    const keepsMethod = (await findDefaultMethod(transaction, accountId)) !== null;
    const wallet = { accountId, currency, at, buckets, keepsMethod };
    return ok(toApiBillingOverview({ ...wallet, subscriptions, taxation }));
  },
});

export const billingOverviewRoutes: readonly Route[] = [showOverview];
