/**
 * Owns: how Stripe counts money: which currencies it takes, in how many decimals, in which steps, and the
 * least and most of one charge.
 * Does not own: currencies themselves (domain/currency.ts), what a platform lets its customers pay.
 * Source: docs.stripe.com/currencies (presentment currencies, zero-decimal and special cases, minimum and maximum
 * amounts). Stripe counts as ISO does but for the exceptions below.
 * Example: 500.00 IDR are 50000 to Stripe, 5 ISK are 500, 5 JPY are 5; 5.124 KWD are refused, 5.120 are 5120.
 */
import { currencyFacts, isCurrencyCode, type CurrencyCode } from '../../domain/currency';
import { chargeStepMicros, parseMoney, type Money } from '../../domain/money';

const MICROS_DECIMALS = 6;

/** ISO has another number. Iceland and Uganda dropped their decimals, and Stripe kept them; ariary are paid whole. */
const DECIMALS: Partial<Readonly<Record<CurrencyCode, number>>> = { ISK: 2, MGA: 0, UGX: 2 };

/** Sent with decimals that must be zero. */
const WHOLE_ONLY: ReadonlySet<CurrencyCode> = new Set(['ISK', 'UGX']);

/** What can be charged; of the currencies with three decimals those that Stripe has partners for. */
const PRESENTMENT =
  'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CLP CNY ' +
  'COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ' +
  'ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK ' +
  'MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD ' +
  'SHP SLE SOS SRD STN SZL THB TJS TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XCG XOF XPF ' +
  'YER ZAR ZMW';
const PRESENTMENT_CODES: ReadonlySet<string> = new Set(PRESENTMENT.split(' '));

/** In the currency itself. Elsewhere it is what is worth 0.50 of the settlement currency, which only Stripe knows. */
const MINIMA: Partial<Readonly<Record<CurrencyCode, string>>> = {
  AED: '2.00',
  AUD: '0.50',
  BRL: '0.50',
  CAD: '0.50',
  CHF: '0.50',
  CZK: '15.00',
  DKK: '2.50',
  EUR: '0.50',
  GBP: '0.30',
  HKD: '4.00',
  HUF: '175.00',
  INR: '0.50',
  JPY: '50',
  MXN: '10',
  MYR: '2',
  NOK: '3.00',
  NZD: '0.50',
  PLN: '2.00',
  RON: '2.00',
  SEK: '3.00',
  SGD: '0.50',
  THB: '10',
  USD: '0.50',
};

/** Eight digits in Stripe's own unit; of rupiah twelve. */
const MAX_UNITS = 99_999_999n;
const MAX_UNITS_IDR = 999_999_999_999n;

export function takesCurrency(currency: CurrencyCode): boolean {
  return PRESENTMENT_CODES.has(currency);
}

/** The least of one charge. Stripe may ask for more where it publishes no amount, and then refuses. */
export function minCharge(currency: CurrencyCode): Money {
  const published = MINIMA[currency];
  return published === undefined
    ? { amountMicros: stepMicros(currency), currency }
    : parseMoney({ amount: published, currency });
}

/** The most of one charge, in whole steps. */
export function maxCharge(currency: CurrencyCode): Money {
  const units = currency === 'IDR' ? MAX_UNITS_IDR : MAX_UNITS;
  const most = units * unitMicros(currency);
  return { amountMicros: most - (most % stepMicros(currency)), currency };
}

/** Money in Stripe's unit, or null when it cannot be paid in Stripe's steps. Below zero stays below zero. */
export function toStripeAmount(money: Money): number | null {
  if (money.amountMicros % stepMicros(money.currency) !== 0n) return null;
  return Number(money.amountMicros / unitMicros(money.currency));
}

/** Money of what Stripe tells: an integer, and a currency in small letters. Throws a RangeError for a currency nobody has. */
export function fromStripeAmount(amount: number, code: string): Money {
  const currency = code.toUpperCase();
  if (!isCurrencyCode(currency)) throw new RangeError(`stripe speaks of a currency "${code}"`);
  return { amountMicros: BigInt(amount) * unitMicros(currency), currency };
}

function decimalsOf(currency: CurrencyCode): number {
  return DECIMALS[currency] ?? currencyFacts(currency).exponent;
}

/** One of what Stripe counts, in micros. */
function unitMicros(currency: CurrencyCode): bigint {
  return 10n ** BigInt(MICROS_DECIMALS - decimalsOf(currency));
}

/** The smallest amount that can be paid: ours or Stripe's, whichever is coarser. */
function stepMicros(currency: CurrencyCode): bigint {
  const ours = chargeStepMicros(currency);
  const unit = unitMicros(currency) * (WHOLE_ONLY.has(currency) ? 100n : 1n);
  return ours > unit ? ours : unit;
}
