/**
 * Owns: tax rates and the rules that go with them, as dated rows per country.
 * Does not own: which row a sale falls under (resolve-taxation.ts), filing, reduced rates.
 * Sources: India: 18 % on software and telecom services (SAC 9983, 9984), halves within a state;
 * exports under a letter of undertaking bear no IGST (IGST Act s.16). Turkey: KDV 20 % since
 * 10 July 2023, 18 % before. Indonesia: 11 % since April 2022; since 2025 12 % of 11/12 of the price
 * (PMK 131/2024). Others: the standard rate, where it is certain. No row: no tax is known, none is taken.
 * Example: `findTaxRule('TR', '2023-07-09')?.rate === '18'`, a day later it is '20'.
 */
import type { LocalDate } from '../calendar';
import type { Rounding } from '../money';
import type { TaxComponentCode } from './taxation';

export interface TaxRule {
  readonly country: string;
  /** The first day the rule counts, on the seller's wall. The next row of the country ends it. */
  readonly validFrom: LocalDate;
  readonly component: TaxComponentCode;
  /** Percent as a decimal string. */
  readonly rate: string;
  readonly baseNumerator: bigint;
  readonly baseDenominator: bigint;
  /** In India a sale within one state bears this rate twice, once for the union and once for the state. */
  readonly halfRate: string | null;
  readonly rounding: Rounding;
  /** What a document says when the buyer is abroad and the sale bears no tax. */
  readonly exportStatement: string;
}

const WHOLE_BASE = { baseNumerator: 1n, baseDenominator: 1n, halfRate: null } as const;

const TURKEY = {
  country: 'TR',
  component: 'KDV',
  ...WHOLE_BASE,
  rounding: 'half_up',
  exportStatement: 'Hizmet ihracatı istisnası (KDV Kanunu m. 11/1-a)',
} as const;

/** Whole rupiah, and the tax is never rounded up. */
const INDONESIA = {
  country: 'ID',
  component: 'PPN',
  ...WHOLE_BASE,
  rounding: 'down',
  exportStatement: 'Ekspor Jasa Kena Pajak, PPN 0%',
} as const;

const STANDARD_VAT = {
  component: 'VAT',
  ...WHOLE_BASE,
  rounding: 'half_up',
  exportStatement: 'Services supplied to a buyer abroad, no VAT charged',
} as const;

const TAX_RULES: readonly TaxRule[] = [
  {
    country: 'IN',
    validFrom: '2017-07-01',
    component: 'IGST',
    rate: '18',
    baseNumerator: 1n,
    baseDenominator: 1n,
    halfRate: '9',
    rounding: 'half_up',
    exportStatement: 'Supply meant for export under LUT without payment of IGST',
  },
  { ...TURKEY, validFrom: '2001-05-15', rate: '18' },
  { ...TURKEY, validFrom: '2023-07-10', rate: '20' },
  { ...INDONESIA, validFrom: '2022-04-01', rate: '11' },
  { ...INDONESIA, validFrom: '2025-01-01', rate: '12', baseNumerator: 11n, baseDenominator: 12n },
  { ...STANDARD_VAT, country: 'AE', validFrom: '2018-01-01', rate: '5' },
  { ...STANDARD_VAT, country: 'GB', validFrom: '2011-01-04', rate: '20' },
  { ...STANDARD_VAT, country: 'SA', validFrom: '2020-07-01', rate: '15' },
];

/** The rule of a country on a day, or null when none is known. */
export function findTaxRule(country: string, on: LocalDate): TaxRule | null {
  const started = TAX_RULES.filter((rule) => rule.country === country && rule.validFrom <= on);
  return started.at(-1) ?? null;
}
