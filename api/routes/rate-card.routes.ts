import { getAccount } from '../../db/repositories/account.repository';
import {
  findAccountRateCards,
  findDefaultRateCards,
  saveAccountRateCards,
  type CardCodes,
} from '../../db/repositories/account-rate-card.repository';
import {
  findRateCard,
  findRateCardVersion,
  insertRateCard,
  insertRateCardVersion,
  listRateCards,
  listRateCardVersions,
  loadRateCardVersions,
  lockRateCards,
  type RateCardRecord,
  updateRateCard,
} from '../../db/repositories/rate-card.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { localDateOf } from '../../domain/calendar';
import { parseCurrency, type CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import { findMarketFaults } from '../../domain/rating/draft-faults';
import { CARD_CHANNELS, type CardChannel } from '../../domain/rating/rate-card';
import { created, ok } from '../answer';
import { pageOf, readCodeCursor, readNumberCursor, toApiPage } from '../page';
import {
  toApiAccountCards,
  toApiPreview,
  toApiRateCard,
  toApiVersion,
} from '../presenters/rate-card.presenter';
import { InvalidRequest } from '../problem';
import { draftVersion, findRatedRefusal, type SentVersion } from '../rate-card-draft';
import { importRoute, readRoute, writeRoute, type Route } from '../route';
import { fromApiRateCard } from '../schemas/rate-card-input';
import {
  accountCardsParams,
  cardParams,
  cardsQuery,
  csvPreviewQuery,
  csvVersionQuery,
  newRateCardSchema,
  newVersionSchema,
  previewSchema,
  rateCardChangeSchema,
  rateCardSchema,
  versionParams,
  versionSchema,
  versionsQuery,
} from '../schemas/rate-card.schema';
import { accountCardsInput, accountCardsSchema } from '../schemas/account-rate-card.schema';

const tag = 'Rate cards';
const ANYONE = ['operator', 'partner', 'account'] as const;
const CSV =
  'As `text/csv` with the columns `category,market,rate,fee_fixed,fee_percent` it takes rule and ' +
  'markets from the version it follows, or from `rule_from`; the query goes with a file only.';

const createRateCard = writeRoute({
  method: 'post',
  path: '/v1/rate_cards',
  operation: 'createRateCard',
  summary: 'Make a rate card; its prices come with its versions',
  tag,
  roles: ['operator'],
  body: newRateCardSchema,
  responses: { 201: { description: 'The card.', schema: rateCardSchema } },
  refusals: ['already_exists'],
  async handler({ body, receivedAt }, trx) {
    const card = fromApiRateCard(body);
    const [fault] = findMarketFaults(card.firstMarkets);
    if (fault !== undefined) {
      const { path, message } = fault;
      throw new InvalidRequest('invalid_request', [
        { field: path.join('.'), code: 'invalid', message },
      ]);
    }
    await lockRateCards(trx);
    const record = await insertRateCard(trx, card, receivedAt);
    return created(toApiRateCard(record), `/v1/rate_cards/${card.code}`);
  },
});

const listAllRateCards = readRoute({
  method: 'get',
  path: '/v1/rate_cards',
  operation: 'listRateCards',
  summary: 'List the rate cards',
  tag,
  roles: ANYONE,
  query: cardsQuery,
  responses: {
    200: { description: 'Cards in the order of their codes.', schema: pageOf(rateCardSchema) },
  },
  async handler({ query }, trx) {
    const { limit, cursor, channel } = query;
    const currency = query.currency === undefined ? undefined : parseCurrency(query.currency);
    const afterCode = readCodeCursor(cursor);
    const rows = await listRateCards(trx, { limit: limit + 1, afterCode, channel, currency });
    const cursorOf = ({ card }: RateCardRecord) => [card.code];
    return ok(toApiPage(rows, { limit, present: toApiRateCard, cursorOf }));
  },
});

const showRateCard = readRoute({
  method: 'get',
  path: '/v1/rate_cards/{card_code}',
  operation: 'getRateCard',
  summary: 'Show a rate card',
  tag,
  roles: ANYONE,
  params: cardParams,
  responses: { 200: { description: 'The card.', schema: rateCardSchema } },
  handler: async ({ params }, trx) => ok(toApiRateCard(await getRateCard(trx, params.card_code))),
});

const changeRateCard = writeRoute({
  method: 'patch',
  path: '/v1/rate_cards/{card_code}',
  operation: 'changeRateCard',
  summary: 'Rename a rate card, or make it the default of its channel and currency',
  description:
    'It counts from the next usage event of every account that names no card of its own. Channel, currency and time ' +
    'zone are for ever; prices and markets change with a version.',
  tag,
  roles: ['operator'],
  params: cardParams,
  body: rateCardChangeSchema,
  responses: { 200: { description: 'The card as it is now.', schema: rateCardSchema } },
  async handler({ params, body }, trx) {
    await lockRateCards(trx);
    const change = { name: body.name, isDefault: body.is_default };
    return ok(toApiRateCard(await updateRateCard(trx, params.card_code, change)));
  },
});

const publishVersion = importRoute({
  method: 'post',
  path: '/v1/rate_cards/{card_code}/versions',
  operation: 'createRateCardVersion',
  summary: 'Publish a version of a rate card, now or ahead of its start',
  description:
    'It never changes; of two that begin on one day the later made counts. One that `corrects` another may begin on a ' +
    `day whose usage was rated. ${CSV}`,
  tag,
  roles: ['operator'],
  params: cardParams,
  body: newVersionSchema,
  csvQuery: csvVersionQuery,
  responses: { 201: { description: 'The version.', schema: versionSchema } },
  refusals: ['usage_already_rated', 'unprocessable'],
  async handler(request, trx) {
    const { params, receivedAt } = request;
    await lockRateCards(trx);
    const { card, drafted, refusal } = await prepare(trx, {
      code: params.card_code,
      sent: request,
      at: receivedAt,
    });
    if (refusal !== null) throw refusal;
    const record = await insertRateCardVersion(trx, { card, draft: drafted.draft }, receivedAt);
    const location = `/v1/rate_cards/${card.code}/versions/${record.version.version}`;
    return created(toApiVersion(record, card), location);
  },
});

const previewVersion = importRoute({
  method: 'post',
  path: '/v1/rate_cards/{card_code}/versions/preview',
  operation: 'previewRateCardVersion',
  summary: 'Show what publishing a version would change; nothing is stored',
  description: `It is compared with the version in force on the day it begins. ${CSV}`,
  tag,
  roles: ['operator'],
  params: cardParams,
  body: newVersionSchema,
  csvQuery: csvPreviewQuery,
  responses: { 200: { description: 'The differences.', schema: previewSchema } },
  refusals: ['unprocessable'],
  async handler(request, trx) {
    const { params, receivedAt } = request;
    const { card, drafted, refusal } = await prepare(trx, {
      code: params.card_code,
      sent: request,
      at: receivedAt,
    });
    return ok(toApiPreview(drafted, { card, refusal }));
  },
});

const listVersions = readRoute({
  method: 'get',
  path: '/v1/rate_cards/{card_code}/versions',
  operation: 'listRateCardVersions',
  summary: 'List the versions of a rate card, the last made first',
  tag,
  roles: ANYONE,
  params: cardParams,
  query: versionsQuery,
  responses: { 200: { description: 'A page.', schema: pageOf(versionSchema) } },
  async handler({ params, query }, trx) {
    const { limit, cursor } = query;
    const before = readNumberCursor(cursor);
    const { card } = await getRateCard(trx, params.card_code);
    const page = { code: card.code, limit: limit + 1, before };
    return ok(
      toApiPage(await listRateCardVersions(trx, page), {
        limit,
        present: (record) => toApiVersion(record, card),
        cursorOf: ({ version }) => [String(version.version)],
      }),
    );
  },
});

const showVersion = readRoute({
  method: 'get',
  path: '/v1/rate_cards/{card_code}/versions/{version}',
  operation: 'getRateCardVersion',
  summary: 'Show a version of a rate card',
  tag,
  roles: ANYONE,
  params: versionParams,
  responses: { 200: { description: 'The version.', schema: versionSchema } },
  async handler({ params }, trx) {
    const { card } = await getRateCard(trx, params.card_code);
    const record = await findRateCardVersion(trx, { code: card.code, version: params.version });
    if (record === null) throw new BillingError('not_found', 'The card has no such version.');
    return ok(toApiVersion(record, card));
  },
});

const saveAccountCards = writeRoute({
  method: 'put',
  path: '/v1/accounts/{account_id}/rate_cards',
  operation: 'saveAccountRateCards',
  summary: 'Name other rate cards than the defaults for one account',
  description: 'Replaces those named before. They count from the account’s next usage event on.',
  tag,
  roles: ['operator'],
  params: accountCardsParams,
  body: accountCardsInput,
  responses: { 200: { description: 'The cards.', schema: accountCardsSchema } },
  refusals: ['unknown_rate_card', 'currency_mismatch', 'unprocessable'],
  async handler({ params, body }, trx) {
    const { id: accountId, currency } = await getAccount(trx, params.account_id);
    const cards: Partial<Record<CardChannel, string>> = {};
    for (const channel of CARD_CHANNELS) {
      const code = body[channel] ?? null;
      if (code === null) continue;
      await assertFits(trx, { channel, code, currency });
      cards[channel] = code;
    }
    await saveAccountRateCards(trx, { accountId, cards });
    return ok(await describeCards(trx, { accountId, currency, named: cards }));
  },
});

const showAccountCards = readRoute({
  method: 'get',
  path: '/v1/accounts/{account_id}/rate_cards',
  operation: 'getAccountRateCards',
  summary: 'Show which rate cards an account has',
  tag,
  roles: ANYONE,
  params: accountCardsParams,
  responses: { 200: { description: 'The cards.', schema: accountCardsSchema } },
  async handler({ params }, trx) {
    const { id: accountId, currency } = await getAccount(trx, params.account_id);
    const named = await findAccountRateCards(trx, accountId);
    return ok(await describeCards(trx, { accountId, currency, named }));
  },
});

/** The version as it would be published now, and why it would be refused. */
async function prepare(
  trx: Transaction,
  { code, sent, at }: { readonly code: string; readonly sent: SentVersion; readonly at: Instant },
) {
  const { card, ratedUntil } = await getRateCard(trx, code);
  const versions = await loadRateCardVersions(trx, card.code);
  const today = localDateOf(at, card.timeZone);
  const drafted = draftVersion(sent, { card, versions, today });
  const refusal = findRatedRefusal(drafted.draft, ratedUntil);
  return { card, drafted, refusal };
}

async function describeCards(
  trx: Transaction,
  of: { readonly accountId: string; readonly currency: CurrencyCode; readonly named: CardCodes },
) {
  const defaults = await findDefaultRateCards(trx, of.currency);
  return toApiAccountCards(of.accountId, { named: of.named, defaults });
}

async function assertFits(
  trx: Transaction,
  wanted: {
    readonly channel: CardChannel;
    readonly code: string;
    readonly currency: CurrencyCode;
  },
): Promise<void> {
  const { channel: field, code, currency } = wanted;
  const record = await findRateCard(trx, code);
  if (record === null) {
    throw new BillingError('unknown_rate_card', `There is no rate card "${code}".`, { field });
  }
  const { card } = record;
  if (card.channel !== field) {
    const message = `The rate card "${code}" is for ${card.channel}.`;
    throw new BillingError('unprocessable', message, { field });
  }
  if (card.currency !== currency) {
    const message = `The rate card "${code}" is in ${card.currency}, the account in ${currency}.`;
    throw new BillingError('currency_mismatch', message, { field });
  }
}

async function getRateCard(trx: Transaction, code: string): Promise<RateCardRecord> {
  const record = await findRateCard(trx, code);
  if (record === null) throw new BillingError('not_found', 'There is no such rate card.');
  return record;
}

export const rateCardRoutes: readonly Route[] = [
  createRateCard,
  listAllRateCards,
  showRateCard,
  changeRateCard,
  publishVersion,
  previewVersion,
  listVersions,
  showVersion,
  saveAccountCards,
  showAccountCards,
];
