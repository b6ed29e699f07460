import type { z } from 'zod';
import { isCountryCode } from '../../domain/country';
import { findEuMember, isEuMember } from '../../domain/tax/eu-vat-number';
import { isTaxId, isTaxIdType, normalizeTaxId, type TaxIdType } from '../../domain/tax/tax-id';

export const TAX_ID_MAX = 40;

interface WithTaxId {
  readonly country: string;
  readonly tax_id?: string | null | undefined;
  readonly tax_id_type?: string | null | undefined;
  readonly tax_office?: string | null | undefined;
}

/** Where each type of number is given; types of other countries are taken as they are. */
const PLACES: Readonly<Record<TaxIdType, string>> = {
  gstin: 'IN',
  vkn: 'TR',
  tckn: 'TR',
  npwp: 'ID',
  eu_vat: 'the EU',
};

/** Refuses a number that its type cannot have, a type of another country, a VKN without its office. */
export function checkTaxId(input: WithTaxId, context: z.RefinementCtx): void {
  const { country, tax_id: taxId, tax_id_type: type, tax_office: office } = input;
  if (typeof taxId !== 'string' || typeof type !== 'string' || !isTaxIdType(type)) return;
  const refuse = (field: string, code: string, message: string): void =>
    context.addIssue({ code: 'custom', path: [field], message, params: { code } });
  // A country that is none is told of by its own field.
  if (isCountryCode(country) && !isGivenIn(country, type)) {
    const message = `A number of the type ${type} is given in ${PLACES[type]}.`;
    refuse('tax_id_type', 'invalid_tax_id_type', message);
  } else if (!isOf(country, type, normalizeTaxId(taxId))) {
    const message = `This cannot be a ${type} of ${country}: its form or check digit is wrong.`;
    refuse('tax_id', 'invalid_tax_id', message);
  }
  if (type === 'vkn' && (office ?? null) === null) {
    refuse('tax_office', 'required', 'A company in Turkey names its tax office.');
  }
}

function isGivenIn(country: string, type: TaxIdType): boolean {
  return type === 'eu_vat' ? isEuMember(country) : PLACES[type] === country;
}

function isOf(country: string, type: TaxIdType, number: string): boolean {
  return type === 'eu_vat' ? findEuMember(number) === country : isTaxId(type, number);
}

/** The number as it is kept: without blanks and points where its type is known. */
export function toStoredTaxId(taxId: string | null, type: string | null): string | null {
  if (taxId === null || type === null || !isTaxIdType(type)) return taxId;
  return normalizeTaxId(taxId);
}
