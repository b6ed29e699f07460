import { getAccount } from '../../db/repositories/account.repository';
import { listUsageEvents, type UsageEventView } from '../../db/repositories/usage-event.repository';
import { ok } from '../answer';
import { pageOf, readInstantCursor, toApiPage } from '../page';
import { toApiUsageEvent } from '../presenters/usage-event.presenter';
import { readRoute, type Route } from '../route';
import { accountParams } from '../schemas/account.schema';
import { usageEventSchema, usageEventsQuery } from '../schemas/usage-event.schema';

const listRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/usage_events',
  operation: 'listUsageEvents',
  summary: 'List what an account used and what paid for it, newest first',
  tag: 'Usage',
  roles: ['operator', 'partner', 'account'],
  params: accountParams,
  query: usageEventsQuery,
  responses: { 200: { description: 'A page.', schema: pageOf(usageEventSchema) } },
  async handler({ params, query }, trx) {
    const { id: accountId } = await getAccount(trx, params.account_id);
    const { limit, cursor, from, to, asset } = query;
    const rows = await listUsageEvents(trx, {
      accountId,
      limit: limit + 1,
      before: readInstantCursor(cursor),
      from,
      to,
      asset,
    });
    const cursorOf = ({ occurredAt, key }: UsageEventView) => [occurredAt, key];
    return ok(toApiPage(rows, { limit, present: toApiUsageEvent, cursorOf }));
  },
});

export const usageEventRoutes: readonly Route[] = [listRoute];
