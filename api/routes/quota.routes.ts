import { getAccount } from '../../db/repositories/account.repository';
import { loadEntitlements } from '../../db/repositories/entitlement.repository';
import { listBuckets } from '../../db/repositories/ledger.repository';
import { monthOf } from '../../domain/calendar';
import { countSeats } from '../../domain/member';
import { findAccountNow } from '../account-time';
import { ok } from '../answer';
import { toApiQuotas } from '../presenters/quota.presenter';
import { readRoute, type Route } from '../route';
import { accountParams } from '../schemas/account.schema';
import { quotasSchema } from '../schemas/quota.schema';

const showQuotas = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/quotas',
  operation: 'getQuotas',
  summary: 'Show what is left of the month’s quotas, the WhatsApp balance and the seats',
  tag: 'Usage',
  roles: ['operator', 'partner', 'account'],
  params: accountParams,
  responses: { 200: { description: 'As of now.', schema: quotasSchema } },
  async handler({ params, receivedAt }, trx) {
    const account = await getAccount(trx, params.account_id);
    const { id: accountId, currency, timeZone } = account;
    const at = await findAccountNow(account, { trx, receivedAt });
    const buckets = await listBuckets(trx, { accountId, at });
    const seats = countSeats(await loadEntitlements(trx, accountId));
    const month = monthOf(at, timeZone);
    return ok(toApiQuotas({ accountId, currency, timeZone, at, month, buckets, seats }));
  },
});

export const quotaRoutes: readonly Route[] = [showQuotas];
