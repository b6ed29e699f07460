/**
 * Owns: the message packages and minute bundles a fresh platform sells, and putting them in.
 * Does not own: what an offer is (domain/package/package-offer.ts), plans (catalogue.ts).
 * Every unit is cheaper than with the plans Basic and Growth. Bulk 10k is dearer than with Enterprise, whose
 * accounts are warned of that (R0.02): so a platform to look around in shows both.
 */
import { insertMissingOffer } from '../db/repositories/package-offer.repository';
import type { Transaction } from '../db/transaction';
import type { Instant } from '../domain/instant';
import { parseMoney } from '../domain/money';
import type { PackageOffer } from '../domain/package/package-offer';

const CURRENCIES = ['INR', 'TRY', 'IDR', 'USD'] as const;
type Amounts = readonly [inr: string, turkishLira: string, rupiah: string, dollar: string];

/** R2.07: the bundles of the product page. Messages in bulk: the more, the cheaper and the longer. */
export const PACKAGE_OFFERS: readonly PackageOffer[] = [
  ...sold({ code: 'bulk-10k', name: 'Bulk 10k', units: 10_000, validityDays: 90 }, [
    '4500.00',
    '2200.00',
    '900000.00',
    '90.00',
  ]),
  ...sold({ code: 'bulk-50k', name: 'Bulk 50k', units: 50_000, validityDays: 180 }, [
    '17500.00',
    '8750.00',
    '3500000.00',
    '350.00',
  ]),
  ...sold({ code: 'bulk-200k', name: 'Bulk 200k', units: 200_000, validityDays: 365 }, [
    '60000.00',
    '30000.00',
    '12000000.00',
    '1200.00',
  ]),
  ...sold({ code: 'nexus', name: 'Nexus', units: 300, validityDays: null }, [
    '270.00',
    '135.00',
    '54000.00',
    '5.40',
  ]),
  ...sold({ code: 'pro', name: 'Pro', units: 150, validityDays: null }, [
    '142.50',
    '71.25',
    '28500.00',
    '2.85',
  ]),
  ...sold({ code: 'elite', name: 'Elite', units: 100, validityDays: null }, [
    '98.00',
    '49.00',
    '19600.00',
    '1.96',
  ]),
];

/** Puts in the offers that are missing. One that is there, or was archived, is left alone. */
export async function seedPackageOffers(trx: Transaction, at: Instant): Promise<void> {
  for (const offer of PACKAGE_OFFERS) {
    await insertMissingOffer(trx, { offer }, at);
  }
}

/** One offer per currency. What ends by itself is a message package, what ends with the plan a bundle. */
function sold(
  terms: Pick<PackageOffer, 'code' | 'name' | 'units' | 'validityDays'>,
  amounts: Amounts,
): PackageOffer[] {
  return CURRENCIES.map((currency, index) => ({
    ...terms,
    kind: terms.validityDays === null ? 'minute_bundle' : 'message_package',
    price: parseMoney({ amount: amounts[index] ?? '', currency }),
    upFrontFee: parseMoney({ amount: '0', currency }),
    channels: null,
  }));
}
