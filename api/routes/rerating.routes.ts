import { newId } from '../../db/new-id';
import { getAccount } from '../../db/repositories/account.repository';
import { insertEvents } from '../../db/repositories/event.repository';
import { getRerating, listReratings } from '../../db/repositories/rerating.repository';
import { localDateOf } from '../../domain/calendar';
import { buildEvents } from '../../domain/event';
import { buildDayRange } from '../../domain/usage/report-range';
import {
  RERATING_EVENTS_MAX,
  RERATING_PART_EVENTS,
  type Rerating,
} from '../../domain/usage/rerating';
import { findAccountNow } from '../account-time';
import { created, ok } from '../answer';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiRerating } from '../presenters/rerating.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import { accountParams } from '../schemas/account.schema';
import { reratingBody, reratingParams, reratingSchema } from '../schemas/rerating.schema';
import { z } from 'zod';

const tag = 'Usage';
const ANYONE = ['operator', 'partner', 'account'] as const;
const RERATING = { description: 'The re-rating.', schema: reratingSchema };

const previewRoute = writeRoute({
  method: 'post',
  path: '/v1/accounts/{account_id}/reratings',
  operation: 'createRerating',
  summary: 'Show what rating some days again would change; nothing moves yet',
  description:
    'Each event that money paid for is priced by the version of its card, or of `card`, that counts at its instant now. ' +
    'Only the price is decided again: what was free, what units paid for and how much was counted stays. Prices with ' +
    `tiers are refused. At most ${RERATING_EVENTS_MAX} such events at once.`,
  tag,
  roles: ['operator'],
  params: accountParams,
  body: reratingBody,
  responses: { 201: RERATING },
  refusals: [
    'not_found',
    'range_too_long',
    'unprocessable',
    'unknown_rate_card',
    'currency_mismatch',
  ],
  async handler({ params, body, receivedAt }, trx, { usage }) {
    const account = await getAccount(trx, params.account_id);
    const at = await findAccountNow(account, { trx, receivedAt });
    const today = localDateOf(at, account.timeZone);
    const { card: cardCode = null, reason } = body;
    const range = buildDayRange({ from: body.from, to: body.to, today });
    const id = newId('rerating');
    const asked = { account, id, ...range, cardCode, reason, at, recordedAt: receivedAt };
    const rerating = await usage.reratings.preview(trx, asked);
    const location = `/v1/accounts/${account.id}/reratings/${id}`;
    return created(toApiRerating(rerating, account.currency), location);
  },
});

const applyRoute = writeRoute({
  method: 'post',
  path: '/v1/accounts/{account_id}/reratings/{rerating_id}/apply',
  operation: 'applyRerating',
  summary: 'Correct what the re-rating shows: differences return or are charged',
  description:
    `At most ${RERATING_PART_EVENTS} events a call, so that usage of the account is not kept waiting: while the status is ` +
    '`applying`, ask again with another Idempotency-Key. What costs less returns to the buckets it came from; what costs ' +
    'more is paid like usage that has happened, into debt if it must. When something else than was shown would happen, ' +
    'it is refused as `conflict` and nothing moves. Applied, the answer is the same.',
  tag,
  roles: ['operator'],
  params: reratingParams,
  responses: { 200: RERATING },
  refusals: ['not_found', 'conflict', 'invalid_state', 'unprocessable', 'amount_out_of_range'],
  async handler({ params, receivedAt }, trx, { usage }) {
    const account = await getAccount(trx, params.account_id);
    const at = await findAccountNow(account, { trx, receivedAt });
    const asked = { account, id: params.rerating_id, at, recordedAt: receivedAt };
    const { rerating, isDoneNow } = await usage.reratings.apply(trx, asked);
    const shown = toApiRerating(rerating, account.currency);
    if (isDoneNow && shown.events > 0) {
      const facts = {
        from: rerating.from,
        to: rerating.to,
        changed: shown.events,
        amount: shown.difference,
        currency: account.currency,
      };
      const events = [{ type: 'rerating.applied', reason: rerating.reason }] as const;
      const told = { events, facts, at };
      const subject = { id: rerating.id, accountId: account.id };
      await insertEvents(trx, buildEvents<'rerating'>(subject, told), receivedAt);
    }
    return ok(shown);
  },
});

const listRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/reratings',
  operation: 'listReratings',
  summary: 'List an account’s re-ratings, the newest first',
  tag,
  roles: ANYONE,
  params: accountParams,
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'A page.', schema: pageOf(reratingSchema) } },
  async handler({ params, query }, trx) {
    const { id: accountId, currency } = await getAccount(trx, params.account_id);
    const { limit, cursor } = query;
    const before = readCreatedCursor(cursor);
    const rows = await listReratings(trx, { accountId, limit: limit + 1, before });
    const present = (rerating: Rerating) => toApiRerating(rerating, currency);
    const cursorOf = ({ createdAt, id }: Rerating) => [createdAt, id];
    return ok(toApiPage(rows, { limit, present, cursorOf }));
  },
});

const showRoute = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/reratings/{rerating_id}',
  operation: 'getRerating',
  summary: 'Show a re-rating',
  tag,
  roles: ANYONE,
  params: reratingParams,
  responses: { 200: RERATING },
  async handler({ params }, trx) {
    const { id: accountId, currency } = await getAccount(trx, params.account_id);
    const rerating = await getRerating(trx, { id: params.rerating_id, accountId });
    return ok(toApiRerating(rerating, currency));
  },
});

export const reratingRoutes: readonly Route[] = [previewRoute, applyRoute, listRoute, showRoute];
