import { BillingError } from '../../domain/billing-error';
import type { Instant } from '../../domain/instant';
import { resolveTaxation, type SellerRegistration } from '../../domain/tax/resolve-taxation';
import { UNTAXED, type Taxation, type TaxPoint } from '../../domain/tax/taxation';
import { newId } from '../new-id';
import type { Transaction } from '../transaction';

/** Where and how the seller is registered, with what its documents print. */
export interface TaxRegistration extends SellerRegistration {
  readonly taxId: string;
  readonly taxIdType: string | null;
  readonly taxOffice: string | null;
  readonly legalName: string;
  readonly addressLine1: string;
  readonly addressLine2: string | null;
  readonly city: string;
  readonly postalCode: string;
  readonly email: string | null;
  readonly createdAt: Instant;
}

interface TaxRegistrationRow {
  readonly id: string;
  readonly country: string;
  readonly state: string | null;
  readonly tax_id: string;
  readonly tax_id_type: string | null;
  readonly tax_office: string | null;
  readonly legal_name: string;
  readonly address_line1: string;
  readonly address_line2: string | null;
  readonly city: string;
  readonly postal_code: string;
  readonly email: string | null;
  readonly tax_point: string;
  readonly prices_include_tax: boolean;
  readonly time_zone: string;
  readonly is_home: boolean;
  readonly has_lut: boolean;
  readonly is_telecom_operator: boolean;
  readonly valid_from: Instant;
  readonly created_at: Instant;
}

const COLUMNS = [
  'id',
  'country',
  'state',
  'tax_id',
  'tax_id_type',
  'tax_office',
  'legal_name',
  'address_line1',
  'address_line2',
  'city',
  'postal_code',
  'email',
  'tax_point',
  'prices_include_tax',
  'time_zone',
  'is_home',
  'has_lut',
  'is_telecom_operator',
  'valid_from',
  'created_at',
] as const;

/** A seller is registered in a few countries and states; every sale reads them all. */
const REGISTRATIONS_MAX = 200;

/**
 * Writes a registration. It is never changed: a later one of the same tax id takes its place. Throws
 * BillingError `already_exists` when one of this tax id, or for a home another home, counts from the same instant.
 */
export async function insertTaxRegistration(
  trx: Transaction,
  registration: Omit<TaxRegistration, 'id'>,
): Promise<TaxRegistration> {
  const made = { id: newId('tax_registration'), ...registration };
  const written = await trx('tax_registrations')
    .insert(toRowRegistration(made))
    .onConflict()
    .ignore()
    .returning('id');
  if (written.length > 0) return made;
  const { country, tax_id, valid_from } = toRowRegistration(made);
  const same = await trx('tax_registrations').where({ country, tax_id, valid_from }).first('id');
  const message =
    same === undefined
      ? 'The seller has another home from this instant. Choose a later one, or send is_home: false.'
      : 'There is a registration of this tax id from this instant.';
  throw new BillingError('already_exists', message, { field: 'valid_from' });
}

/** Registrations, those that count last first; `before` is the last one of the page before. */
export async function listTaxRegistrations(
  trx: Transaction,
  {
    limit,
    before,
  }: {
    readonly limit: number;
    readonly before: { readonly validFrom: Instant; readonly id: string } | null;
  },
): Promise<TaxRegistration[]> {
  const rows = await trx('tax_registrations')
    .modify((builder) => {
      if (before) builder.whereRaw('(valid_from, id) < (?, ?)', [before.validFrom, before.id]);
    })
    .orderBy([
      { column: 'valid_from', order: 'desc' },
      { column: 'id', order: 'desc' },
    ])
    .limit(limit)
    .select<TaxRegistrationRow[]>(...COLUMNS);
  return rows.map(fromRowRegistration);
}

/** All registrations, as the taxation of a sale asks for them. */
export async function listSellerRegistrations(
  trx: Transaction,
): Promise<readonly SellerRegistration[]> {
  return listTaxRegistrations(trx, { limit: REGISTRATIONS_MAX, before: null });
}

/**
 * How a sale to the account is taxed at the instant: by the seller's registrations, the account's billing
 * address, or its country while it has none. No registration: untaxed.
 */
export async function findTaxation(
  trx: Transaction,
  { accountId, at }: { readonly accountId: string; readonly at: Instant },
): Promise<Taxation> {
  const rows = await trx('accounts as a')
    .leftJoin('billing_addresses as b', 'b.account_id', 'a.id')
    .joinRaw('left join tax_registrations r on true')
    .where('a.id', accountId)
    .orderBy([
      { column: 'r.valid_from', order: 'desc' },
      { column: 'r.id', order: 'desc' },
    ])
    .limit(REGISTRATIONS_MAX)
    .select<((TaxRegistrationRow | { readonly id: null }) & BuyerColumns)[]>(
      ...COLUMNS.map((column) => `r.${column}`),
      trx.raw('coalesce(b.country, a.country) as buyer_country'),
      'b.state as buyer_state',
      'b.tax_id as buyer_tax_id',
      'b.tax_id_type as buyer_tax_id_type',
      trx.raw('coalesce(b.is_in_sez, false) as buyer_is_in_sez'),
    );
  const [first] = rows;
  if (first === undefined) throw new BillingError('not_found', 'There is no such account.');
  const registrations = rows.flatMap((row) => (row.id === null ? [] : [fromRowRegistration(row)]));
  // The usual case of a platform that bills without tax: whoever buys, nothing is taxed.
  if (registrations.length === 0) return UNTAXED;
  const buyer = {
    country: first.buyer_country,
    state: first.buyer_state,
    taxId: first.buyer_tax_id,
    taxIdType: first.buyer_tax_id_type,
    isInSez: first.buyer_is_in_sez,
  };
  return resolveTaxation({ registrations, buyer, at });
}

interface BuyerColumns {
  readonly buyer_country: string;
  readonly buyer_state: string | null;
  readonly buyer_tax_id: string | null;
  readonly buyer_tax_id_type: string | null;
  readonly buyer_is_in_sez: boolean;
}

function toRowRegistration(registration: TaxRegistration): TaxRegistrationRow {
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

function fromRowRegistration(row: TaxRegistrationRow): TaxRegistration {
  return {
    id: row.id,
    country: row.country,
    state: row.state,
    taxId: row.tax_id,
    taxIdType: row.tax_id_type,
    taxOffice: row.tax_office,
    legalName: row.legal_name,
    addressLine1: row.address_line1,
    addressLine2: row.address_line2,
    city: row.city,
    postalCode: row.postal_code,
    email: row.email,
    taxPoint: row.tax_point as TaxPoint,
    pricesIncludeTax: row.prices_include_tax,
    timeZone: row.time_zone,
    isHome: row.is_home,
    hasLut: row.has_lut,
    isTelecomOperator: row.is_telecom_operator,
    validFrom: row.valid_from,
    createdAt: row.created_at,
  };
}
