/**
 * Owns: what Razorpay takes: currencies, modes, limits, and how money is written for it.
 * Does not own: what this very account may take: its own limits are settings of the Dashboard.
 * Source: the list of supported currencies in Razorpay's documentation; its exponents are ISO's.
 * Example: `toSubunits(708.00 INR) === 70_800`; `offerIn('XAD') === null`.
 */
import { currencyFacts, type CurrencyCode } from '../../domain/currency';
import {
  chargeStepMicros,
  compareMoney,
  describeMoney,
  parseMoney,
  type Money,
} from '../../domain/money';
import type { PaymentMode } from '../../domain/payment/payment';
import { GatewayRejected, type CurrencyOffer, type GatewayCapabilities } from '../payment-gateway';

/** UPI is an Indian rail: it moves rupees and nothing else. */
export const MANDATE_CURRENCY: CurrencyCode = 'INR';

const CURRENCIES: ReadonlySet<string> = new Set(
  [
    'AED ALL AMD AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BRL BSD BTN BWP BZD CAD CHF CLP CNY COP CRC',
    'CUP CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD GBP GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR',
    'IQD ISK JMD JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR',
    'MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SCR',
    'SEK SGD SOS SVC SZL THB TND TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV XAF XCD XOF XPF YER ZAR ZMW',
  ].flatMap((line) => line.split(' ')),
);

const MIN_SUBUNITS = 100;
const RUPEES_MAX = '500000.00';
const OTHERS_MAX = '100000000';

/** By the Reserve Bank's rule a debit above it needs its owner each time. */
const UNATTENDED_MAX = { amount: '15000.00', currency: MANDATE_CURRENCY } as const;

export const RAZORPAY_CAPABILITIES: GatewayCapabilities = {
  offerIn,
  // A UPI debit waits 25 hours for the bank's own notice to its customer, a card 36 hours and 5 minutes.
  preDebitNoticeHours: { upi: 25, card: 37 },
  unattendedMax: (_mode, currency) =>
    currency === MANDATE_CURRENCY ? parseMoney(UNATTENDED_MAX) : null,
};

function offerIn(currency: CurrencyCode): CurrencyOffer | null {
  if (!CURRENCIES.has(currency)) return null;
  const isRupees = currency === MANDATE_CURRENCY;
  return {
    modes: isRupees ? ['upi', 'card'] : ['card'],
    min: fromSubunits(MIN_SUBUNITS, currency),
    max: parseMoney({ amount: isRupees ? RUPEES_MAX : OTHERS_MAX, currency }),
  };
}

/** Throws GatewayRejected for an amount, a currency or a mode that Razorpay does not take. */
export function assertOffered(money: Money, modes: readonly PaymentMode[]): void {
  const offer = offerIn(money.currency);
  if (offer === null) throw refuse('currency_not_offered', `${money.currency} is not taken`);
  const refused = modes.find((mode) => !offer.modes.includes(mode));
  if (refused !== undefined) {
    throw refuse('mode_not_offered', `${refused} does not pay ${money.currency}`);
  }
  if (compareMoney(money, offer.min) < 0 || compareMoney(money, offer.max) > 0) {
    const range = `${describeMoney(offer.min)} to ${describeMoney(offer.max)}`;
    throw refuse('amount_out_of_range', `an amount is ${range}`);
  }
  if (money.amountMicros % chargeStepMicros(money.currency) !== 0n) {
    throw refuse('invalid_amount', `${describeMoney(money)} has more decimals than can be paid`);
  }
}

/** 708.00 INR are 70 800 paise. Throws a RangeError for a part of a sub-unit: nothing is rounded here. */
export function toSubunits({ amountMicros, currency }: Money): number {
  const perSubunit = microsPerSubunit(currency);
  if (amountMicros % perSubunit !== 0n) throw new RangeError(`part of a sub-unit of ${currency}`);
  return Number(amountMicros / perSubunit);
}

export function fromSubunits(subunits: number, currency: CurrencyCode): Money {
  return { amountMicros: BigInt(subunits) * microsPerSubunit(currency), currency };
}

function microsPerSubunit(currency: CurrencyCode): bigint {
  return 10n ** BigInt(6 - currencyFacts(currency).exponent);
}

function refuse(code: string, why: string): GatewayRejected {
  return new GatewayRejected(code, 400, `razorpay cannot take this: ${why}`);
}
