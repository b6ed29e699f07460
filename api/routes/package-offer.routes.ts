import type { z } from 'zod';
import { getAccount } from '../../db/repositories/account.repository';
import {
  archivePackageOffer,
  findPlanUnitPrice,
  insertPackageOffer,
  listPackageOffers,
  listPlanUnitPrices,
  type PackageOfferRecord,
} from '../../db/repositories/package-offer.repository';
import type { Transaction } from '../../db/transaction';
import { BillingError } from '../../domain/billing-error';
import { parseCurrency, type CurrencyCode } from '../../domain/currency';
import type { Instant } from '../../domain/instant';
import {
  findNotCheaper,
  unitOfPackage,
  type PlanUnitPrice,
  type PackageKind,
} from '../../domain/package/package-offer';
import { created, ok, type Answer } from '../answer';
import type { Caller } from '../caller';
import { pageOf, readCodeCursor, toApiPage } from '../page';
import {
  toApiMessagePackage,
  toApiMinuteBundle,
  type OfferComparison,
} from '../presenters/package-offer.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import { fromApiMessagePackage, fromApiMinuteBundle } from '../schemas/package-offer-input';
import {
  archiveOfferSchema,
  messagePackageSchema,
  minuteBundleSchema,
  newMessagePackageSchema,
  newMinuteBundleSchema,
  offerParams,
  offersQuery,
} from '../schemas/package-offer.schema';

const tag = 'Packages';
const ANYONE = ['operator', 'partner', 'account'] as const;
const CREATE_REFUSALS = ['already_exists', 'invalid_amount', 'unprocessable'] as const;

/** How an offer of each kind is shown, and where. */
const PRESENT = { message_package: toApiMessagePackage, minute_bundle: toApiMinuteBundle };
const PATHS = {
  message_package: '/v1/message_packages',
  minute_bundle: '/v1/minute_bundles',
} as const;

const createMessagePackage = writeRoute({
  method: 'post',
  path: PATHS.message_package,
  operation: 'createMessagePackage',
  summary: 'Put a message package on sale in one currency',
  tag,
  roles: ['operator'],
  body: newMessagePackageSchema,
  responses: { 201: { description: 'The package.', schema: messagePackageSchema } },
  refusals: CREATE_REFUSALS,
  handler: async ({ body, receivedAt }, trx) =>
    sell(trx, {
      offer: fromApiMessagePackage(body),
      ifNotCheaper: body.if_not_cheaper,
      at: receivedAt,
    }),
});

const createMinuteBundle = writeRoute({
  method: 'post',
  path: PATHS.minute_bundle,
  operation: 'createMinuteBundle',
  summary: 'Put a minute bundle on sale in one currency',
  tag,
  roles: ['operator'],
  body: newMinuteBundleSchema,
  responses: { 201: { description: 'The bundle.', schema: minuteBundleSchema } },
  refusals: [...CREATE_REFUSALS, 'currency_mismatch'],
  handler: async ({ body, receivedAt }, trx) =>
    sell(trx, {
      offer: fromApiMinuteBundle(body),
      ifNotCheaper: body.if_not_cheaper,
      at: receivedAt,
    }),
});

const listMessagePackages = readRoute({
  method: 'get',
  path: PATHS.message_package,
  operation: 'listMessagePackages',
  summary: 'List the message packages on sale',
  tag,
  roles: ANYONE,
  query: offersQuery,
  responses: { 200: { description: 'A page.', schema: pageOf(messagePackageSchema) } },
  refusals: ['not_found'],
  handler: async ({ caller, query }, trx) =>
    ok(await listOffers(trx, { kind: 'message_package', caller, query })),
});

const listMinuteBundles = readRoute({
  method: 'get',
  path: PATHS.minute_bundle,
  operation: 'listMinuteBundles',
  summary: 'List the minute bundles on sale',
  tag,
  roles: ANYONE,
  query: offersQuery,
  responses: { 200: { description: 'A page.', schema: pageOf(minuteBundleSchema) } },
  refusals: ['not_found'],
  handler: async ({ caller, query }, trx) =>
    ok(await listOffers(trx, { kind: 'minute_bundle', caller, query })),
});

const archiveMessagePackage = writeRoute({
  method: 'post',
  path: '/v1/message_packages/{offer_code}/archive',
  operation: 'archiveMessagePackage',
  summary: 'Stop selling a message package; accounts that have it keep it',
  tag,
  roles: ['operator'],
  params: offerParams,
  body: archiveOfferSchema,
  responses: { 200: { description: 'The package.', schema: messagePackageSchema } },
  handler: async ({ params, body, receivedAt }, trx) =>
    archive(trx, {
      kind: 'message_package',
      code: params.offer_code,
      currency: body.currency,
      at: receivedAt,
    }),
});

const archiveMinuteBundle = writeRoute({
  method: 'post',
  path: '/v1/minute_bundles/{offer_code}/archive',
  operation: 'archiveMinuteBundle',
  summary: 'Stop selling a minute bundle; accounts that have it keep it',
  tag,
  roles: ['operator'],
  params: offerParams,
  body: archiveOfferSchema,
  responses: { 200: { description: 'The bundle.', schema: minuteBundleSchema } },
  handler: async ({ params, body, receivedAt }, trx) =>
    archive(trx, {
      kind: 'minute_bundle',
      code: params.offer_code,
      currency: body.currency,
      at: receivedAt,
    }),
});

/** Puts an offer on sale, and says or refuses that it is no bargain (R0.02). */
async function sell(
  trx: Transaction,
  asked: Pick<PackageOfferRecord, 'offer'> & {
    readonly ifNotCheaper: 'warn' | 'refuse';
    readonly at: Instant;
  },
): Promise<Answer> {
  const { offer, ifNotCheaper, at } = asked;
  const { kind, code, price } = offer;
  const { currency } = price;
  const plans = await listPlanUnitPrices(trx, { unit: unitOfPackage(kind), currency });
  const notCheaperThan = findNotCheaper(offer, plans);
  if (notCheaperThan.length > 0 && ifNotCheaper === 'refuse') {
    const codes = notCheaperThan.join(', ');
    const message = `A unit of it costs no less than with the plan ${codes}.`;
    throw new BillingError('unprocessable', message, { field: 'price.amount', plan_codes: codes });
  }
  const record = await insertPackageOffer(trx, asked, at);
  const location = `${PATHS[kind]}?code=${code}&currency=${currency}`;
  return created(PRESENT[kind](record, { plan: null, notCheaperThan }), location);
}

interface AskedList {
  readonly kind: PackageKind;
  readonly caller: Caller;
  readonly query: z.output<typeof offersQuery>;
}

/** A page of what is on sale; for an account in its currency, compared with its plan (R0.02, R0.07). */
async function listOffers(trx: Transaction, asked: AskedList) {
  const { kind, query } = asked;
  const { limit, code } = query;
  const view = await findView(trx, asked);
  const wanted = query.currency === undefined ? undefined : parseCurrency(query.currency);
  const currency = view?.currency ?? wanted;
  // An account buys in its own currency: in another one there is nothing for it.
  const isElsewhere = wanted !== undefined && wanted !== currency;
  const page = { kind, limit: limit + 1, after: readOfferCursor(query.cursor), code, currency };
  return toApiPage(isElsewhere ? [] : await listPackageOffers(trx, page), {
    limit,
    present: (record) => PRESENT[kind](record, compare(record, view?.plan ?? null)),
    cursorOf: ({ offer }) => [`${offer.code}/${offer.price.currency}`],
  });
}

interface AccountView {
  readonly currency: CurrencyCode;
  readonly plan: PlanUnitPrice | null;
}

/** Whose view it is: an account's own key says it by itself. Null: nobody's. */
async function findView(
  trx: Transaction,
  { kind, caller, query }: AskedList,
): Promise<AccountView | null> {
  const accountId = query.account_id ?? caller.accountId;
  if (accountId === null) return null;
  const { currency } = await getAccount(trx, accountId);
  const unit = unitOfPackage(kind);
  return { currency, plan: await findPlanUnitPrice(trx, { accountId, unit, currency }) };
}

function compare({ offer }: PackageOfferRecord, plan: PlanUnitPrice | null): OfferComparison {
  return { plan, notCheaperThan: plan === null ? [] : findNotCheaper(offer, [plan]) };
}

function readOfferCursor(cursor: string | undefined) {
  const [code = '', currency = ''] = readCodeCursor(cursor)?.split('/') ?? [];
  return code === '' ? null : { code, currency };
}

async function archive(
  trx: Transaction,
  archived: {
    readonly kind: PackageKind;
    readonly code: string;
    readonly currency: string;
    readonly at: Instant;
  },
): Promise<Answer> {
  const { kind } = archived;
  const currency = parseCurrency(archived.currency);
  const record = await archivePackageOffer(trx, { ...archived, currency });
  if (record === null) {
    throw new BillingError('not_found', 'There is no such offer in this currency.');
  }
  return ok(PRESENT[kind](record, { plan: null, notCheaperThan: [] }));
}

export const packageOfferRoutes: readonly Route[] = [
  createMessagePackage,
  listMessagePackages,
  archiveMessagePackage,
  createMinuteBundle,
  listMinuteBundles,
  archiveMinuteBundle,
];
