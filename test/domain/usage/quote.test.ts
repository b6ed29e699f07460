import { findTariff, indexCards } from '../../../domain/rating/tariff';
import { UNTAXED } from '../../../domain/tax/taxation';
import type { UsageTax } from '../../../domain/tax/usage-tax';
import { isSufficient, quoteUsage } from '../../../domain/usage/quote';
import { buildBucket, buildLedger, buildPlan } from '../../support/build-ledger';
import { buildEvent, buildReading, buildTerms, MESSAGE, uuidOf } from '../../support/build-usage';

const IGST: UsageTax = {
  taxation: { ...UNTAXED, kind: 'taxed' },
  share: { numerator: 18n, denominator: 100n },
  telecomShare: { numerator: 18n, denominator: 100n },
};
const TERMS = buildTerms({
  meters: { message: { hasAllowance: true, onExhausted: 'charge', unitPrice: 5_000_000_000n } },
});

/** Two messages of 0.50 each, one of them covered by a package. */
function quoted(initialMicros: bigint) {
  const events = [1, 2].map((number) => {
    const event = buildEvent({ id: `evt_${number}`, key: uuidOf(number), facts: MESSAGE });
    return {
      event,
      tariff: findTariff(
        TERMS,
        indexCards([], () => IGST),
        event,
      ),
    };
  });
  return quoteUsage(() => {
    const ledger = buildLedger({ initialMicros, buckets: [buildBucket({ posted: 1n })] });
    return { plan: buildPlan(ledger), reading: buildReading(ledger, events.length) };
  }, events);
}

describe('a quote where usage is the tax point', () => {
  it('R3.09 says what will be taken, with the tax: one message of 0.50 takes 0.59', () => {
    const quote = quoted(590_000n);
    expect(quote).toMatchObject({ totalMicros: 590_000n, taxMicros: 90_000n, missingMicros: 0n });
    expect(quote.kind === 'quoted' && isSufficient(quote)).toBe(true);
    expect(quote.kind === 'quoted' && quote.coveredBy).toEqual([
      { bucket: 'package/pkg_1', asset: 'message', amount: 1n },
      { bucket: 'wallet/initial', asset: 'IDR', amount: 590_000n },
    ]);
  });

  it('R3.33 is short where the money covers the price and not the tax', () => {
    const quote = quoted(500_000n);
    expect(quote).toMatchObject({ totalMicros: 590_000n, missingMicros: 90_000n });
    expect(quote.kind === 'quoted' && isSufficient(quote)).toBe(false);
  });
});
