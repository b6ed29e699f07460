/**
 * Owns: tax rates and the rules that go with them, as dated rows per country.
 * Does not own: which row a sale falls under (resolve-taxation.ts), filing, reduced rates.
 * Sources: India: 18 % on software and telecom services (SAC 9983, 9984), halves within a state;
 * exports under a letter of undertaking bear no IGST (IGST Act s.16). Turkey: KDV 20 % since
 * 10 July 2023, 18 % before. Indonesia: 11 % since April 2022; since 2025 12 % of 11/12 of the price
 * (PMK 131/2024). EU: the standard rates of the Commission's TEDB as of October 2026, back to 2020. Turkish
 * telecom services: ÖİV (law 6802 art. 39), 7.5 % since 2018 and 10 % since 30 January 2021, which is no part
 * of what KDV is taken of. Others: the standard rate, where it is certain. No row: no tax is known or taken.
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
  /** What a document says when the buyer is abroad; in India its second half says whether IGST was paid. */
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

const EU_VAT = {
  ...STANDARD_VAT,
  exportStatement: 'Service supplied to a customer outside the EU, not subject to EU VAT',
} as const;

/** Percent by member state, and from which day. */
const EU_RATES: readonly (readonly [validFrom: LocalDate, rates: string])[] = [
  [
    '2020-01-01',
    'AT 20, BE 21, BG 20, CY 19, CZ 21, DE 19, DK 25, EE 20, ES 21, FI 24, FR 20, GR 24',
  ],
  [
    '2020-01-01',
    'HR 25, HU 27, IE 23, IT 22, LT 21, LU 17, LV 21, MT 18, NL 21, PL 23, PT 23, RO 19',
  ],
  ['2020-01-01', 'SE 25, SI 22, SK 20'],
  ['2020-07-01', 'DE 16'],
  ['2020-09-01', 'IE 21'],
  ['2021-01-01', 'DE 19'],
  ['2021-03-01', 'IE 23'],
  ['2023-01-01', 'LU 16'],
  ['2024-01-01', 'EE 22, LU 17'],
  ['2024-09-01', 'FI 25.5'],
  ['2025-01-01', 'SK 23'],
  ['2025-07-01', 'EE 24'],
  ['2025-08-01', 'RO 21'],
];

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
    exportStatement: 'Supply meant for export',
  },
  { ...TURKEY, validFrom: '2001-05-15', rate: '18' },
  { ...TURKEY, validFrom: '2023-07-10', rate: '20' },
  { ...INDONESIA, validFrom: '2022-04-01', rate: '11' },
  { ...INDONESIA, validFrom: '2025-01-01', rate: '12', baseNumerator: 11n, baseDenominator: 12n },
  { ...STANDARD_VAT, country: 'AE', validFrom: '2018-01-01', rate: '5' },
  { ...STANDARD_VAT, country: 'GB', validFrom: '2011-01-04', rate: '20' },
  { ...STANDARD_VAT, country: 'SA', validFrom: '2020-07-01', rate: '15' },
  ...EU_RATES.flatMap(([validFrom, rates]) =>
    rates.split(', ').map((entry) => {
      const [country = '', rate = ''] = entry.split(' ');
      return { ...EU_VAT, country, validFrom, rate };
    }),
  ),
];

/** Taken of telecom lines beside the tax of all lines, by sellers who are telecom operators. */
const TELECOM_RULES: readonly TaxRule[] = [
  { ...TURKEY, component: 'OIV', validFrom: '2018-01-01', rate: '7.5' },
  { ...TURKEY, component: 'OIV', validFrom: '2021-01-30', rate: '10' },
];

/** The rule of a country on a day, or null when none is known. */
export function findTaxRule(country: string, on: LocalDate): TaxRule | null {
  return findRule(TAX_RULES, country, on);
}

/** The days on which a country's rates change, those that have been and those that are known to come. */
export function listRuleStarts(country: string): LocalDate[] {
  return [...TAX_RULES, ...TELECOM_RULES].flatMap((rule) =>
    rule.country === country ? [rule.validFrom] : [],
  );
}

/** The further tax of a country's telecom lines on a day; null: they bear none. */
export function findTelecomRule(country: string, on: LocalDate): TaxRule | null {
  return findRule(TELECOM_RULES, country, on);
}

function findRule(rules: readonly TaxRule[], country: string, on: LocalDate): TaxRule | null {
  return rules.findLast((rule) => rule.country === country && rule.validFrom <= on) ?? null;
}
