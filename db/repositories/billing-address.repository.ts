import type { Instant } from '../../domain/instant';
import type { Transaction } from '../transaction';

/** Who is billed and where (R1.05). One per account, replaced as a whole. */
export interface BillingAddress {
  readonly accountId: string;
  readonly businessName: string;
  readonly addressLine1: string;
  readonly addressLine2: string | null;
  readonly city: string;
  readonly state: string | null;
  readonly postalCode: string;
  readonly country: string;
  readonly taxId: string | null;
  readonly taxIdType: string | null;
  readonly taxOffice: string | null;
  /** A unit or developer of a special economic zone of India. */
  readonly isInSez: boolean;
  readonly email: string;
  /** With its country code; some gateways keep no payment method without it. */
  readonly phone: string | null;
  readonly updatedAt: Instant;
}

interface BillingAddressRow {
  readonly account_id: string;
  readonly business_name: string;
  readonly address_line1: string;
  readonly address_line2: string | null;
  readonly city: string;
  readonly state: string | null;
  readonly postal_code: string;
  readonly country: string;
  readonly tax_id: string | null;
  readonly tax_id_type: string | null;
  readonly tax_office: string | null;
  readonly is_in_sez: boolean;
  readonly email: string;
  readonly phone: string | null;
  readonly updated_at: Instant;
}

const COLUMNS = [
  'account_id',
  'business_name',
  'address_line1',
  'address_line2',
  'city',
  'state',
  'postal_code',
  'country',
  'tax_id',
  'tax_id_type',
  'tax_office',
  'is_in_sez',
  'email',
  'phone',
  'updated_at',
] as const;

/** The account's address, or null when it has none or the tenant cannot see it. */
export async function findBillingAddress(
  trx: Transaction,
  accountId: string,
): Promise<BillingAddress | null> {
  const row = await trx('billing_addresses')
    .where({ account_id: accountId })
    .first<BillingAddressRow | undefined>(...COLUMNS);
  return row === undefined ? null : fromRow(row);
}

/** Puts the address in the place of the one before. */
export async function saveBillingAddress(trx: Transaction, address: BillingAddress): Promise<void> {
  await trx('billing_addresses')
    .insert(toRow(address))
    .onConflict('account_id')
    .merge([...COLUMNS]);
}

function toRow(address: BillingAddress): BillingAddressRow {
  return {
    account_id: address.accountId,
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

function fromRow(row: BillingAddressRow): BillingAddress {
  return {
    accountId: row.account_id,
    businessName: row.business_name,
    addressLine1: row.address_line1,
    addressLine2: row.address_line2,
    city: row.city,
    state: row.state,
    postalCode: row.postal_code,
    country: row.country,
    taxId: row.tax_id,
    taxIdType: row.tax_id_type,
    taxOffice: row.tax_office,
    isInSez: row.is_in_sez,
    email: row.email,
    phone: row.phone,
    updatedAt: row.updated_at,
  };
}
