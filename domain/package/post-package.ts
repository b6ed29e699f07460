/**
 * Owns: which transfers a decision about a package makes: its units when it is bought, the rest when it
 * ends.
 * Does not own: the decision (decide-package.ts), what is used of it (ledger/usage.ts), the writing (db/).
 * Rules: R0.09 (once), R0.15 (forfeited to breakage), R0.13 (the bucket's end gives its place).
 * Example: `pkg_1` of 10 000 messages → issuance/message to package/pkg_1; at its end with 2 000 left →
 * package/pkg_1 to breakage/message, kind expiry, and the bucket closes.
 */
import { forfeitBucket } from '../ledger/expiry';
import { grantUnits } from '../ledger/grant';
import type { LedgerPlan } from '../ledger/ledger-plan';
import { findBucket, type LedgerState } from '../ledger/ledger-state';
import type { PackageBalance, PackageDecision } from './decide-package';
import type { BoughtPackage } from './package';
import type { PackageOffer } from './package-offer';
import { assetOfPackage, toLedgerUnits } from './package-units';

export interface PackageBooks {
  readonly plan: LedgerPlan;
  readonly ledger: LedgerState;
}

/** The bucket of a package's units; also the reference under which it is granted and forfeited. */
export function packageBucket(id: string): string {
  return `package/${id}`;
}

/** Grants what was bought: from the instant of the purchase up to, not at, its end. */
export function postGrant(
  { plan, ledger }: PackageBooks,
  bought: BoughtPackage,
  { channels }: Pick<PackageOffer, 'channels'>,
): void {
  const { id, kind, units, purchasedAt, expiresAt, name } = bought;
  const code = packageBucket(id);
  grantUnits(plan, ledger, {
    code,
    asset: assetOfPackage(kind),
    source: kind === 'message_package' ? 'package' : 'minute_bundle',
    quantity: toLedgerUnits(kind, units),
    startsAt: purchasedAt,
    expiresAt,
    channels,
    at: purchasedAt,
    reference: code,
    reason: name,
  });
}

/** Ends the bucket where the decision says so. What is held pays its holds and is forfeited with them. */
export function postEnd(
  { plan, ledger }: PackageBooks,
  { bought, at, forfeits, events }: PackageDecision,
): void {
  if (!forfeits) return;
  const code = packageBucket(bought.id);
  const reason = events[0]?.reason ?? null;
  forfeitBucket(plan, ledger, { code, at, reference: code, reason });
}

/**
 * What a package's bucket holds. A closed one holds nothing: a hold that is released after the end of the
 * life forfeits its part and closes the bucket, and may come before the end is written down.
 */
export function balanceOf(
  ledger: LedgerState,
  { id }: BoughtPackage,
): Pick<PackageBalance, 'available' | 'held'> {
  const bucket = findBucket(ledger, packageBucket(id));
  if (bucket === undefined) return { available: 0n, held: 0n };
  return { available: bucket.posted - bucket.held, held: bucket.held };
}
