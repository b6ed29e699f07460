import { currencyFacts, isCurrencyCode, parseCurrency } from '../../domain/currency';

describe('minor units', () => {
  it.each([
    ['INR', 2],
    ['TRY', 2],
    ['USD', 2],
    ['EUR', 2],
    // The next four are the ones Intl calls zero-decimal or gets wrong.
    ['IDR', 2],
    ['HUF', 2],
    ['PKR', 2],
    ['MGA', 2],
    ['IQD', 3],
    ['KWD', 3],
    ['BHD', 3],
    ['OMR', 3],
    ['JOD', 3],
    ['TND', 3],
    ['LYD', 3],
    ['JPY', 0],
    ['KRW', 0],
    ['VND', 0],
    ['CLP', 0],
    ['PYG', 0],
    ['UGX', 0],
    ['ISK', 0],
    ['XOF', 0],
    ['XAF', 0],
    ['CLF', 4],
    ['UYW', 4],
  ])('%s has %i decimals in ISO 4217', (code, exponent) => {
    expect(currencyFacts(parseCurrency(code)).exponent).toBe(exponent);
  });

  it.each([
    ['IDR', 100],
    ['KWD', 10],
    ['INR', 1],
    ['JPY', 1],
    ['CLF', 1],
  ])('%s is charged in steps of %i minor units', (code, chargeStepMinor) => {
    expect(currencyFacts(parseCurrency(code)).chargeStepMinor).toBe(chargeStepMinor);
  });
});

describe('the table', () => {
  it.each(['XCG', 'ZWG', 'XAD', 'SLE', 'VED'])('has the newcomer %s', (code) => {
    expect(isCurrencyCode(code)).toBe(true);
  });

  it.each(['ANG', 'BGN', 'CUC', 'HRK', 'ZWL', 'SLL'])('has left out the withdrawn %s', (code) => {
    expect(isCurrencyCode(code)).toBe(false);
  });

  it.each(['XAU', 'XDR', 'XTS', 'XXX'])('has left out %s, which has no minor unit', (code) => {
    expect(isCurrencyCode(code)).toBe(false);
  });

  it.each(['inr', 'INR ', 'constructor', '__proto__'])('knows no currency %j', (code) => {
    expect(isCurrencyCode(code)).toBe(false);
  });
});
