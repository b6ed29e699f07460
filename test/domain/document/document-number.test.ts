import fc from 'fast-check';
import {
  DOCUMENT_KINDS,
  documentTitle,
  type DocumentKind,
} from '../../../domain/document/document';
import { findSeries, formatDocumentNumber } from '../../../domain/document/document-number';
import { UNTAXED } from '../../../domain/tax/taxation';

function numberOf(document: {
  readonly kind?: DocumentKind;
  readonly country: string | null;
  readonly timeZone?: string;
  readonly issuedAt?: string;
  readonly place?: number;
}): string {
  const series = findSeries({
    kind: 'invoice',
    timeZone: 'UTC',
    issuedAt: '2026-08-01T10:00:00.000Z',
    ...document,
  });
  return formatDocumentNumber(series, document.country, document.place ?? 1);
}

describe('in India', () => {
  it('the 123rd invoice of 2026-27 is INV/26-27/000123, sixteen characters', () => {
    const number = numberOf({ country: 'IN', place: 123 });
    expect(number).toBe('INV/26-27/000123');
    expect(number).toHaveLength(16);
  });

  it.each([
    ['invoice', 'INV/26-27/000001'],
    ['credit_note', 'CRN/26-27/000001'],
    ['receipt_voucher', 'RCV/26-27/000001'],
    ['refund_voucher', 'RFV/26-27/000001'],
  ] as const)('a %s begins with %s', (kind, number) => {
    expect(numberOf({ kind, country: 'IN' })).toBe(number);
  });

  it.each([
    ['2026-03-31T18:29:59.000Z', '25-26'],
    ['2026-03-31T18:29:59.999Z', '25-26'],
    ['2026-03-31T18:30:00.000Z', '26-27'],
    ['2026-12-31T18:30:00.000Z', '26-27'],
    ['2027-03-31T18:30:00.000Z', '27-28'],
    ['2099-06-01T00:00:00.000Z', '99-00'],
  ])('%s is in the financial year %s, whatever the zone of the seller', (issuedAt, year) => {
    for (const timeZone of ['UTC', 'Asia/Kolkata', 'America/New_York']) {
      expect(findSeries({ kind: 'invoice', country: 'IN', timeZone, issuedAt }).year).toBe(year);
    }
  });

  it.each([
    [999_999, 'INV/26-27/999999'],
    [1_000_000, 'INV/26-27/A00000'],
    [1_100_000, 'INV/26-27/B00000'],
    [3_599_999, 'INV/26-27/Z99999'],
  ])('place %i of the year is %s', (place, number) => {
    expect(numberOf({ country: 'IN', place })).toBe(number);
  });

  it('a full series is a bug', () => {
    expect(() => numberOf({ country: 'IN', place: 3_600_000 })).toThrow('is full');
  });

  it('keeps to the letters, digits, dashes and strokes of rule 46 and gives no number twice', () => {
    const places = fc.integer({ min: 1, max: 3_599_999 });
    const kinds = fc.constantFrom(...DOCUMENT_KINDS);
    fc.assert(
      fc.property(kinds, places, places, (kind, left, right) => {
        const numbers = [left, right].map((place) => numberOf({ kind, country: 'IN', place }));
        for (const number of numbers) expect(number).toMatch(/^[A-Za-z0-9/-]{1,16}$/);
        expect(numbers[0] === numbers[1]).toBe(left === right);
      }),
    );
  });
});

describe('in Turkey', () => {
  it('a number is three letters, the year and nine digits', () => {
    const number = numberOf({ country: 'TR', timeZone: 'Europe/Istanbul', place: 42 });
    expect(number).toBe('INV2026000000042');
    expect(number).toMatch(/^[A-Z]{3}[0-9]{13}$/);
  });

  it('the year begins at midnight in Istanbul', () => {
    const at = (issuedAt: string) =>
      numberOf({ country: 'TR', timeZone: 'Europe/Istanbul', issuedAt });
    expect(at('2026-12-31T20:59:59.999Z')).toBe('INV2026000000001');
    expect(at('2026-12-31T21:00:00.000Z')).toBe('INV2027000000001');
  });
});

describe('elsewhere and before registration', () => {
  it('a number has the calendar year in the seller’s zone', () => {
    const issuedAt = '2026-12-31T17:00:00.000Z';
    expect(numberOf({ country: 'ID', timeZone: 'Asia/Jakarta', issuedAt })).toBe(
      'INV-2027-0000001',
    );
    expect(numberOf({ country: null, issuedAt })).toBe('INV-2026-0000001');
  });

  it('places begin at one', () => {
    expect(() => numberOf({ country: null, place: 0 })).toThrow('counted from 1');
    expect(() => numberOf({ country: null, place: 10_000_000 })).toThrow('is full');
  });
});

describe('the title', () => {
  it.each([
    ['invoice', 'none', 'Invoice'],
    ['invoice', 'taxed', 'Tax invoice'],
    ['invoice', 'zero_rated', 'Tax invoice'],
    ['credit_note', 'taxed', 'Credit note'],
    ['receipt_voucher', 'taxed', 'Receipt voucher'],
    ['refund_voucher', 'none', 'Refund voucher'],
  ] as const)('of a %s that is %s is %s', (kind, taxKind, title) => {
    expect(documentTitle({ kind, taxation: { ...UNTAXED, kind: taxKind } })).toBe(title);
  });
});
