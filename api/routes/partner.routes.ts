import { z } from 'zod';
import { newId } from '../../db/new-id';
import { findAccounts, listAccounts, type Account } from '../../db/repositories/account.repository';
import {
  listPartnerPlans,
  type PartnerPlanRecord,
} from '../../db/repositories/partner-plan.repository';
import {
  getPartner,
  insertPartner,
  listPartners,
  saveHouseAccount,
  type Partner,
} from '../../db/repositories/partner.repository';
import type { Transaction } from '../../db/transaction';
import { parseCurrency } from '../../domain/currency';
import { created, ok } from '../answer';
import { findClockFor, openAccount } from '../open-account';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiAccount } from '../presenters/account.presenter';
import { toApiOfferedPartnerPlan } from '../presenters/partner-plan.presenter';
import { toApiPartner } from '../presenters/partner.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import { accountSchema } from '../schemas/account.schema';
import { offeredPartnerPlanSchema } from '../schemas/partner-plan.schema';
import { newPartnerSchema, partnerParams, partnerSchema } from '../schemas/partner.schema';

const tag = 'Partners';

const createPartner = writeRoute({
  method: 'post',
  path: '/v1/partners',
  operation: 'createPartner',
  summary: 'Make a partner, with its house account',
  tag,
  roles: ['operator'],
  body: newPartnerSchema,
  responses: { 201: { description: 'The partner.', schema: partnerSchema } },
  refusals: ['not_found'],
  async handler({ body, receivedAt }, trx) {
    const partner = await insertPartner(trx, { name: body.name, createdAt: receivedAt });
    const house = await openHouseAccount(trx, partner, body);
    return created(toApiPartner(partner, house), `/v1/partners/${partner.id}`);
  },
});

/** The partner's own account, when it is told where that is. */
async function openHouseAccount(
  trx: Transaction,
  partner: Partner,
  { country, currency, time_zone: timeZone, test_clock_id }: z.output<typeof newPartnerSchema>,
): Promise<Account | null> {
  if (country === undefined || currency === undefined || timeZone === undefined) return null;
  const { id: partnerId, name, createdAt } = partner;
  const house = await openAccount(trx, {
    id: newId('account'),
    partnerId,
    clock: await findClockFor(trx, { id: test_clock_id, partnerId }),
    externalId: null,
    name,
    country,
    currency: parseCurrency(currency),
    timeZone,
    createdAt,
  });
  await saveHouseAccount(trx, { partner, accountId: house.id });
  return house;
}

const listAllPartners = readRoute({
  method: 'get',
  path: '/v1/partners',
  operation: 'listPartners',
  summary: 'List partners',
  description: 'A partner sees itself.',
  tag,
  roles: ['operator', 'partner'],
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'Partners, newest first.', schema: pageOf(partnerSchema) } },
  async handler({ query }, trx) {
    const { limit, cursor } = query;
    const rows = await listPartners(trx, {
      limit: limit + 1,
      before: readCreatedCursor(cursor),
    });
    const houseIds = rows.flatMap(({ houseAccountId }) => houseAccountId ?? []);
    const houses = await findAccounts(trx, houseIds);
    const houseOf = ({ houseAccountId }: Partner) =>
      houses.find(({ id }) => id === houseAccountId) ?? null;
    return ok(
      toApiPage(rows, {
        limit,
        present: (partner) => toApiPartner(partner, houseOf(partner)),
        cursorOf: ({ createdAt, id }) => [createdAt, id],
      }),
    );
  },
});

const showPartner = readRoute({
  method: 'get',
  path: '/v1/partners/{partner_id}',
  operation: 'getPartner',
  summary: 'Show a partner',
  tag,
  roles: ['operator', 'partner'],
  params: partnerParams,
  responses: { 200: { description: 'The partner.', schema: partnerSchema } },
  async handler({ params }, trx) {
    const partner = await getPartner(trx, params.partner_id);
    const [house] = await findAccounts(trx, [partner.houseAccountId ?? []].flat());
    return ok(toApiPartner(partner, house ?? null));
  },
});

const listPartnerAccounts = readRoute({
  method: 'get',
  path: '/v1/partners/{partner_id}/accounts',
  operation: 'listPartnerAccounts',
  summary: 'List the customers of a partner',
  description: 'Its house account is not among them.',
  tag,
  roles: ['operator', 'partner'],
  params: partnerParams,
  query: z.strictObject(pageFields),
  responses: { 200: { description: 'Accounts, newest first.', schema: pageOf(accountSchema) } },
  async handler({ params, query }, trx) {
    const { limit, cursor } = query;
    const { id: partnerId, houseAccountId } = await getPartner(trx, params.partner_id);
    const rows = await listAccounts(trx, {
      limit: limit + 1,
      before: readCreatedCursor(cursor),
      partnerId,
      exceptId: houseAccountId,
    });
    const cursorOf = ({ createdAt, id }: Account) => [createdAt, id];
    return ok(toApiPage(rows, { limit, present: toApiAccount, cursorOf }));
  },
});

const listPlansOfPartner = readRoute({
  method: 'get',
  path: '/v1/partners/{partner_id}/plans',
  operation: 'listPlansOfPartner',
  summary: 'List the partner plans a partner may take or assign',
  description:
    'Enabled, visible and not archived, by their display names. An operator sees here what the partner sees.',
  tag,
  roles: ['operator', 'partner'],
  params: partnerParams,
  query: z.strictObject(pageFields),
  responses: {
    200: { description: 'Plans, newest first.', schema: pageOf(offeredPartnerPlanSchema) },
  },
  async handler({ params, query }, trx) {
    const { limit, cursor } = query;
    await getPartner(trx, params.partner_id);
    const rows = await listPartnerPlans(trx, {
      limit: limit + 1,
      before: readCreatedCursor(cursor),
      isEnabled: true,
      isVisible: true,
      isArchived: false,
    });
    const cursorOf = ({ createdAt, id }: PartnerPlanRecord) => [createdAt, id];
    return ok(toApiPage(rows, { limit, present: toApiOfferedPartnerPlan, cursorOf }));
  },
});

export const partnerRoutes: readonly Route[] = [
  createPartner,
  listAllPartners,
  showPartner,
  listPartnerAccounts,
  listPlansOfPartner,
];
