import { z } from 'zod';
import {
  insertTaxRegistration,
  listTaxRegistrations,
  type TaxRegistration,
} from '../../db/repositories/tax-registration.repository';
import { findIndianState } from '../../domain/tax/indian-state';
import type { TaxPoint } from '../../domain/tax/taxation';
import { created, ok } from '../answer';
import { pageFields, pageOf, readCreatedCursor, toApiPage } from '../page';
import { toApiTaxRegistration } from '../presenters/tax-registration.presenter';
import { readRoute, writeRoute, type Route } from '../route';
import { toStoredTaxId } from '../schemas/tax-id.schema';
import {
  newTaxRegistrationSchema,
  taxRegistrationSchema,
} from '../schemas/tax-registration.schema';

const tag = 'Tax';

const registerRoute = writeRoute({
  method: 'post',
  path: '/v1/tax_registrations',
  operation: 'createTaxRegistration',
  summary: 'Say where the seller is registered for tax',
  description:
    'Until there is one, nothing is taxed. It is never changed: a later `valid_from` takes its place.',
  tag,
  roles: ['operator'],
  body: newTaxRegistrationSchema,
  responses: { 201: { description: 'The registration.', schema: taxRegistrationSchema } },
  refusals: ['already_exists'],
  async handler({ body, receivedAt }, trx) {
    const made = await insertTaxRegistration(trx, {
      ...readPlace(body),
      taxPoint: body.tax_point ?? defaultTaxPoint(body.country),
      pricesIncludeTax: body.prices_include_tax,
      timeZone: body.time_zone,
      isHome: body.is_home,
      hasLut: body.has_lut,
      isTelecomOperator: body.is_telecom_operator,
      validFrom: body.valid_from,
      createdAt: receivedAt,
    });
    return created(toApiTaxRegistration(made), '/v1/tax_registrations');
  },
});

const listRoute = readRoute({
  method: 'get',
  path: '/v1/tax_registrations',
  operation: 'listTaxRegistrations',
  summary: 'List where the seller is registered for tax, latest first',
  tag,
  roles: ['operator'],
  query: z.strictObject(pageFields),
  responses: {
    200: { description: 'A page.', schema: pageOf(taxRegistrationSchema) },
  },
  async handler({ query }, trx) {
    const { limit, cursor } = query;
    const after = readCreatedCursor(cursor);
    const before = after === null ? null : { validFrom: after.createdAt, id: after.id };
    const rows = await listTaxRegistrations(trx, { limit: limit + 1, before });
    const cursorOf = ({ validFrom, id }: TaxRegistration) => [validFrom, id];
    return ok(toApiPage(rows, { limit, present: toApiTaxRegistration, cursorOf }));
  },
});

export const taxRegistrationRoutes: readonly Route[] = [registerRoute, listRoute];

function readPlace(body: z.output<typeof newTaxRegistrationSchema>) {
  const taxIdType = body.tax_id_type ?? null;
  return {
    country: body.country,
    state: readState(body),
    taxId: toStoredTaxId(body.tax_id, taxIdType) ?? body.tax_id,
    taxIdType,
    taxOffice: body.tax_office ?? null,
    legalName: body.legal_name,
    addressLine1: body.address_line1,
    addressLine2: body.address_line2 ?? null,
    city: body.city,
    postalCode: body.postal_code,
    email: body.email ?? null,
  };
}

/** India's states are kept by their GST code. */
function readState({ country, state }: z.output<typeof newTaxRegistrationSchema>): string | null {
  if (country !== 'IN') return state ?? null;
  return findIndianState(state ?? '')?.code ?? null;
}

/** In India tax on services is due when the advance is received (CGST Act s.13). */
function defaultTaxPoint(country: string): TaxPoint {
  return country === 'IN' ? 'top_up' : 'consumption';
}
