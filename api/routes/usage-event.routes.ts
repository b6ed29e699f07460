import { getAccount } from '../../db/repositories/account.repository';
import { listTransfersByNumber } from '../../db/repositories/transfer.repository';
import { findRateCard, findRateCardVersion } from '../../db/repositories/rate-card.repository';
import {
  findUsageEvent,
  listUsageEvents,
  type UsageEventView,
} from '../../db/repositories/usage-event.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { invariant } from '../../domain/invariant';
import { ok } from '../answer';
import { pageOf, readInstantCursor, toApiPage } from '../page';
import { toApiExplanation, toApiUsageEvent } from '../presenters/usage-event.presenter';
import { readRoute, type Route } from '../route';
import { accountParams } from '../schemas/account.schema';
import {
  explanationParams,
  explanationQuery,
  explanationSchema,
  usageEventSchema,
  usageEventsQuery,
} from '../schemas/usage-event.schema';
import { InvalidRequest } from '../problem';
import { toEventKey } from '../usage/digest';

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
    const { id: accountId, currency } = await getAccount(trx, params.account_id);
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
    const present = (event: UsageEventView) => toApiUsageEvent(event, currency);
    return ok(toApiPage(rows, { limit, present, cursorOf }));
  },
});

const explainRoute = readRoute({
  method: 'get',
  path: '/v1/usage_events/{id}/explanation',
  operation: 'explainUsageEvent',
  summary: 'Explain what a use cost, and why',
  description: 'By the id it was told under. `sentence` says it in words a customer understands.',
  tag: 'Usage',
  roles: ['operator', 'partner', 'account'],
  params: explanationParams,
  query: explanationQuery,
  responses: { 200: { description: 'The explanation.', schema: explanationSchema } },
  async handler({ params, query, caller }, trx) {
    const accountId = query.account_id ?? caller.accountId;
    if (accountId === null) {
      const message = 'Say whose event it is: another account may have one with the same id.';
      throw new InvalidRequest('invalid_request', [
        { field: 'account_id', code: 'required', message },
      ]);
    }
    const { currency } = await getAccount(trx, accountId);
    const event = await findUsageEvent(trx, { accountId, key: toEventKey(params.id) });
    if (event === null) throw new BillingError('not_found', 'There is no such usage event.');
    const numbers = event.transfers;
    const transfers = await listTransfersByNumber(trx, { accountId, numbers });
    const card = await findCard(event, trx);
    return ok(toApiExplanation({ accountId, currency, event, transfers, card }));
  },
});

async function findCard({ rating }: UsageEventView, trx: Transaction) {
  if (rating.card === null) return null;
  const record = await findRateCard(trx, rating.card.code);
  const versioned = await findRateCardVersion(trx, rating.card);
  invariant(record !== null && versioned !== null, 'cards and versions are never deleted');
  return { record, rule: versioned.version.rule };
}

export const usageEventRoutes: readonly Route[] = [listRoute, explainRoute];
