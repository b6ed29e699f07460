import { z } from 'zod';
import { findPartner, insertPartner, listPartners } from '../../db/repositories/partner.repository';
import { BillingError } from '../../domain/billing-error';
import { created, ok } from '../answer';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiPartner } from '../presenters/partner.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import { idText } from '../schemas/common.schema';
import { newPartnerSchema, partnerSchema } from '../schemas/partner.schema';

const tag = 'Partners';

const createPartner = writeRoute({
  method: 'post',
  path: '/v1/partners',
  operation: 'createPartner',
  summary: 'Make a partner',
  tag,
  roles: ['operator'],
  body: newPartnerSchema,
  responses: { 201: { description: 'The partner.', schema: partnerSchema } },
  async handler({ body, receivedAt }, trx) {
    const partner = await insertPartner(trx, { name: body.name, createdAt: receivedAt });
    return created(toApiPartner(partner), `/v1/partners/${partner.id}`);
  },
});

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
    return ok(
      toApiPage(rows, {
        limit,
        present: toApiPartner,
        cursorOf: ({ createdAt, id }) => [createdAt, id],
      }),
    );
  },
});

const getPartner = readRoute({
  method: 'get',
  path: '/v1/partners/{partner_id}',
  operation: 'getPartner',
  summary: 'Show a partner',
  tag,
  roles: ['operator', 'partner'],
  params: z.strictObject({ partner_id: idText }),
  responses: { 200: { description: 'The partner.', schema: partnerSchema } },
  async handler({ params }, trx) {
    const partner = await findPartner(trx, params.partner_id);
    if (partner === null) throw new BillingError('not_found', 'There is no such partner.');
    return ok(toApiPartner(partner));
  },
});

export const partnerRoutes: readonly Route[] = [createPartner, listAllPartners, getPartner];
