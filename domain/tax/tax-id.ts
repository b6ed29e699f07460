/**
 * Owns: whether a tax number can exist: its shape and its check digits.
 * Does not own: whether it was ever given to anybody; only the tax office knows that.
 * Rules: GSTIN is state, PAN, entity, Z and a check character in base 36; VKN and TCKN have check
 * digits; NPWP had 15 digits with a Luhn digit in the ninth place, and has 16 since 2024; VAT numbers of
 * the EU begin with the letters of their state (eu-vat-number.ts).
 * Example: `isTaxId('gstin', '29AAGCB7383J1Z4') === true`; with any other last character it is false.
 */
import { findEuMember } from './eu-vat-number';
import { findIndianState } from './indian-state';

export const TAX_ID_TYPES = ['gstin', 'vkn', 'tckn', 'npwp', 'eu_vat'] as const;
export type TaxIdType = (typeof TAX_ID_TYPES)[number];

export function isTaxIdType(text: string): text is TaxIdType {
  return TAX_ID_TYPES.some((type) => type === text);
}

/** Whether the number, written without blanks or points, can be one of its type. */
export function isTaxId(type: TaxIdType, taxId: string): boolean {
  switch (type) {
    case 'gstin':
      return isGstin(taxId);
    case 'vkn':
      return isVkn(taxId);
    case 'tckn':
      return isTckn(taxId);
    case 'npwp':
      return isNpwp(taxId);
    case 'eu_vat':
      return findEuMember(taxId) !== null;
  }
}

/** The number as it is compared and printed: capitals, without the points and blanks people put in. */
export function normalizeTaxId(taxId: string): string {
  return taxId.replaceAll(/[\s.-]/g, '').toUpperCase();
}

/** Five letters of which the fourth says who holds it (P a person, C a company), four digits, a letter. */
const PAN_PATTERN = /^[A-Z]{3}[ABCFGHJKLPT][A-Z][0-9]{4}[A-Z]$/;
const GSTIN_PATTERN = /^[0-9]{2}[A-Z]{5}[0-9]{4}[A-Z][1-9A-Z]Z[0-9A-Z]$/;
const BASE_36 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ';

function isGstin(taxId: string): boolean {
  if (!GSTIN_PATTERN.test(taxId)) return false;
  const isOfState = findIndianState(taxId.slice(0, 2)) !== null;
  const isOfPan = PAN_PATTERN.test(taxId.slice(2, 12));
  return isOfState && isOfPan && taxId.endsWith(computeGstinCheck(taxId.slice(0, -1)));
}

function computeGstinCheck(body: string): string {
  const base = BASE_36.length;
  const sum = Array.from(body).reduce((total, character, index) => {
    const product = BASE_36.indexOf(character) * (index % 2 === 0 ? 1 : 2);
    return total + Math.floor(product / base) + (product % base);
  }, 0);
  return BASE_36.charAt((base - (sum % base)) % base);
}

/** Turkish tax number of a company: nine digits and a check digit. */
function isVkn(taxId: string): boolean {
  if (!/^[0-9]{10}$/.test(taxId)) return false;
  const [check = 0, ...reversed] = digitsOf(taxId).reverse();
  const sum = reversed.reduce((total, digit, place) => {
    const shifted = (digit + place + 1) % 10;
    if (shifted === 0) return total;
    const weighted = (shifted * 2 ** (place + 1)) % 9;
    return total + (weighted === 0 ? 9 : weighted);
  }, 0);
  return check === (10 - (sum % 10)) % 10;
}

/** Turkish number of a person: eleven digits, the last two of them checks. */
function isTckn(taxId: string): boolean {
  if (!/^[1-9][0-9]{10}$/.test(taxId)) return false;
  const digits = digitsOf(taxId);
  const [tenth, eleventh] = digits.slice(9);
  const odd = sumOf(digits.slice(0, 9).filter((_, index) => index % 2 === 0));
  const even = sumOf(digits.slice(0, 9).filter((_, index) => index % 2 === 1));
  // The difference can be below zero, and a remainder is not.
  const firstCheck = (((odd * 7 - even) % 10) + 10) % 10;
  return tenth === firstCheck && eleventh === (odd + even + firstCheck) % 10;
}

const OLD_NPWP_LENGTH = 15;

/** Indonesian: fifteen digits with a Luhn digit, with or without the zero that made it sixteen, or a NIK. */
function isNpwp(taxId: string): boolean {
  if (!/^[0-9]{15,16}$/.test(taxId)) return false;
  if (taxId.length === OLD_NPWP_LENGTH) return hasNpwpCheck(taxId);
  return taxId.startsWith('0') ? hasNpwpCheck(taxId.slice(1)) : isNik(taxId);
}

function hasNpwpCheck(taxId: string): boolean {
  const sum = digitsOf(taxId.slice(0, 9)).reduce((total, digit, index) => {
    const doubled = index % 2 === 1 ? digit * 2 : digit;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

/** A person's number: region, birth date (a woman's day is 40 later), serial. It has no check digit. */
const NIK_PATTERN =
  /^[1-9][0-9]{5}(?:0[1-9]|[12][0-9]|3[01]|4[1-9]|[56][0-9]|7[01])(?:0[1-9]|1[0-2])[0-9]{2}[0-9]{4}$/;

function isNik(taxId: string): boolean {
  return NIK_PATTERN.test(taxId);
}

function digitsOf(text: string): number[] {
  return Array.from(text, Number);
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}
