/**
 * Owns: the number of a document: its series, its year, and how both are written with a counter.
 * Does not own: the counter itself, which is a locked row (db/repositories/document.repository.ts).
 * Rules: CGST rule 46: at most 16 letters, digits, "-" and "/", consecutive, unique in a financial year
 * that begins on 1 April in India. Turkey: three letters, the year, nine digits. Elsewhere the calendar
 * year in the seller's zone. A cancelled document keeps its number (ADR 0014).
 * Example: the 123rd invoice of an Indian seller on 1 August 2026 is `INV/26-27/000123`, a Turkish
 * seller's first is `INV2026000000001`.
 */
import { localDateOf } from '../calendar';
import type { Instant } from '../instant';
import { invariant } from '../invariant';
import type { DocumentKind } from './document';

/** What a counter counts: one kind of document in one year. */
export interface DocumentSeries {
  readonly prefix: string;
  /** "26-27" for a financial year, "2026" for a calendar year. */
  readonly year: string;
}

const PREFIXES: Readonly<Record<DocumentKind, string>> = {
  invoice: 'INV',
  credit_note: 'CRN',
  debit_note: 'DBN',
  receipt_voucher: 'RCV',
  refund_voucher: 'RFV',
  statement: 'STM',
  self_billed_invoice: 'SBI',
};

/** India counts its years in its own time, wherever the seller's office is. */
const INDIAN_ZONE = 'Asia/Kolkata';
const FINANCIAL_YEAR_STARTS = '04-01';

/** The series a document issued at the instant belongs to. `country` is the seller's, null: unregistered. */
export function findSeries(document: {
  readonly kind: DocumentKind;
  readonly country: string | null;
  readonly timeZone: string;
  readonly issuedAt: Instant;
}): DocumentSeries {
  const prefix = PREFIXES[document.kind];
  if (document.country === 'IN') {
    return { prefix, year: financialYearOf(localDateOf(document.issuedAt, INDIAN_ZONE)) };
  }
  return {
    prefix,
    year: localDateOf(document.issuedAt, document.timeZone).slice(0, 'YYYY'.length),
  };
}

/** The number at a place of its series, counted from 1. Throws when the series is full. */
export function formatDocumentNumber(
  { prefix, year }: DocumentSeries,
  country: string | null,
  place: number,
): string {
  invariant(Number.isInteger(place) && place > 0, 'places of a series are counted from 1');
  if (country === 'IN') return `${prefix}/${year}/${formatSixPlaces(place)}`;
  if (country === 'TR') return `${prefix}${year}${formatDigits(place, TURKISH_DIGITS)}`;
  return `${prefix}-${year}-${formatDigits(place, OTHER_DIGITS)}`;
}

const TURKISH_DIGITS = 9;
const OTHER_DIGITS = 7;

function financialYearOf(date: string): string {
  const calendarYear = Number(date.slice(0, 'YYYY'.length));
  const hasStarted = date.slice('YYYY-'.length) >= FINANCIAL_YEAR_STARTS;
  const startYear = hasStarted ? calendarYear : calendarYear - 1;
  return `${lastTwoDigits(startYear)}-${lastTwoDigits(startYear + 1)}`;
}

function lastTwoDigits(year: number): string {
  return String(year % 100).padStart(2, '0');
}

function formatDigits(place: number, digits: number): string {
  const text = String(place).padStart(digits, '0');
  invariant(text.length === digits, `a series of ${digits} digits is full`);
  return text;
}

const INDIAN_DIGITS = 6;
const LAST_DIGITS_ONLY = 10 ** INDIAN_DIGITS - 1;
const PER_LETTER = 10 ** (INDIAN_DIGITS - 1);
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Sixteen characters leave six: 000001 to 999999, then A00000 to Z99999, 3 599 999 documents a year. */
function formatSixPlaces(place: number): string {
  if (place <= LAST_DIGITS_ONLY) return String(place).padStart(INDIAN_DIGITS, '0');
  const beyond = place - LAST_DIGITS_ONLY - 1;
  const letter = LETTERS.charAt(Math.floor(beyond / PER_LETTER));
  invariant(letter !== '', 'a series of six places is full');
  return letter + String(beyond % PER_LETTER).padStart(INDIAN_DIGITS - 1, '0');
}
