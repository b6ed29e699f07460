import type { z } from 'zod';
import type { BillingAddress } from '../../db/repositories/billing-address.repository';
import type { billingAddressSchema } from '../schemas/billing-address.schema';

export function toApiBillingAddress(address: BillingAddress): z.input<typeof billingAddressSchema> {
  return {
    business_name: address.businessName,
    address_line1: address.addressLine1,
    address_line2: address.addressLine2,
    city: address.city,
    state: address.state,
    postal_code: address.postalCode,
    country: address.country,
    tax_id: address.taxId,
    tax_id_type: address.taxIdType,
    tax_office: address.taxOffice,
    is_in_sez: address.isInSez,
    email: address.email,
    phone: address.phone,
    updated_at: address.updatedAt,
  };
}
