import type { z } from 'zod';
import type { TaxRegistration } from '../../db/repositories/tax-registration.repository';
import type { taxRegistrationSchema } from '../schemas/tax-registration.schema';

export function toApiTaxRegistration(
  registration: TaxRegistration,
): z.input<typeof taxRegistrationSchema> {
  return {
    id: registration.id,
    country: registration.country,
    state: registration.state,
    tax_id: registration.taxId,
    tax_id_type: registration.taxIdType,
    tax_office: registration.taxOffice,
    legal_name: registration.legalName,
    address_line1: registration.addressLine1,
    address_line2: registration.addressLine2,
    city: registration.city,
    postal_code: registration.postalCode,
    email: registration.email,
    tax_point: registration.taxPoint,
    prices_include_tax: registration.pricesIncludeTax,
    time_zone: registration.timeZone,
    is_home: registration.isHome,
    has_lut: registration.hasLut,
    is_telecom_operator: registration.isTelecomOperator,
    valid_from: registration.validFrom,
    created_at: registration.createdAt,
  };
}
