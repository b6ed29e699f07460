import { CURRENCY_CODES, isCurrencyCode, type CurrencyCode } from '../../domain/currency';
import { formatAmount, parseMoney, toWireMoney } from '../../domain/money';
import { STRIPE_CAPABILITIES } from '../../gateways/stripe/stripe-capabilities';
import { fromStripeAmount, toStripeAmount } from '../../gateways/stripe/stripe-amounts';

/** What Stripe takes for 12 major units: the currencies of each of its ways to count. */
const TWELVE: readonly (readonly [amount: number, codes: string])[] = [
  [12, 'BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF'],
  [12_000, 'BHD JOD KWD OMR TND'],
  [
    1_200,
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC ' +
      'CVE CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD KES ' +
      'KGS KHR KYD KZT LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR ' +
      'NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STN SZL THB TJS TOP TRY ' +
      'TTD TWD TZS UAH UGX USD UYU UZS WST XCD XCG YER ZAR ZMW',
  ],
];

const AMOUNT_OF = new Map(
  TWELVE.flatMap(([amount, codes]) => codes.split(' ').map((code) => [code, amount] as const)),
);

const CURRENCIES = CURRENCY_CODES.filter(isCurrencyCode);

function money(amount: string, currency: CurrencyCode) {
  return parseMoney({ amount, currency });
}

describe('an amount at Stripe', () => {
  it.each(CURRENCIES)('of 12 %s is written as Stripe writes it, or not taken', (currency) => {
    const twelve = money('12', currency);
    const expected = AMOUNT_OF.get(currency);
    if (expected === undefined) {
      expect(STRIPE_CAPABILITIES.offerIn(currency)).toBeNull();
      return;
    }
    expect(toStripeAmount(twelve)).toBe(expected);
    expect(fromStripeAmount(expected, currency.toLowerCase())).toEqual(twelve);
    expect(STRIPE_CAPABILITIES.offerIn(currency)?.modes).toContain('card');
  });

  it.each<readonly [amount: string, currency: CurrencyCode, stripe: number | null]>([
    ['600.00', 'INR', 60_000],
    ['0.01', 'USD', 1],
    ['500', 'JPY', 500],
    ['5', 'ISK', 500],
    ['5', 'UGX', 500],
    ['150000', 'IDR', 15_000_000],
    ['150000.50', 'IDR', null],
    ['5.12', 'KWD', 5_120],
    ['5.124', 'KWD', null],
    ['7', 'MGA', 7],
    ['7.20', 'MGA', null],
    ['10.45', 'HUF', 1_045],
    ['0.001', 'INR', null],
    ['-100.00', 'INR', -10_000],
  ])('%s %s is %s', (amount, currency, stripe) => {
    expect(toStripeAmount(money(amount, currency))).toBe(stripe);
  });

  it('in a currency nobody has is an alarm', () => {
    expect(() => fromStripeAmount(1, 'xyz')).toThrow('stripe speaks of a currency "xyz"');
  });
});

describe('what Stripe takes', () => {
  it('R2.11 is UPI in rupees only, and cards in each currency it can charge', () => {
    expect(STRIPE_CAPABILITIES.offerIn('INR')?.modes).toEqual(['upi', 'card']);
    const withUpi = CURRENCIES.filter((currency) =>
      STRIPE_CAPABILITIES.offerIn(currency)?.modes.includes('upi'),
    );
    expect(withUpi).toEqual(['INR']);
    expect(STRIPE_CAPABILITIES.offerIn('IQD')).toBeNull();
    expect(STRIPE_CAPABILITIES.offerIn('CLF')).toBeNull();
  });

  it.each<readonly [currency: CurrencyCode, min: string, max: string]>([
    ['INR', '0.50', '999999.99'],
    ['USD', '0.50', '999999.99'],
    ['GBP', '0.30', '999999.99'],
    ['JPY', '50', '99999999'],
    ['HUF', '175.00', '999999.99'],
    ['KWD', '0.010', '99999.990'],
    ['ISK', '1', '999999'],
    ['IDR', '1.00', '9999999999.00'],
  ])('in %s is %s to %s', (currency, min, max) => {
    const offer = STRIPE_CAPABILITIES.offerIn(currency);
    expect(offer && [formatAmount(offer.min), formatAmount(offer.max)]).toEqual([min, max]);
  });

  it('unattended is at most 15 000.00 INR, and nothing is to be told before', () => {
    const { unattendedMax, preDebitNoticeHours } = STRIPE_CAPABILITIES;
    const most = unattendedMax('upi', 'INR');
    expect(most && toWireMoney(most)).toEqual({ amount: '15000.00', currency: 'INR' });
    expect(unattendedMax('card', 'USD')).toBeNull();
    expect(preDebitNoticeHours).toEqual({ upi: 0, card: 0 });
  });
});
