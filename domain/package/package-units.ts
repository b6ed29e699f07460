/**
 * Owns: a package's units on both sides: messages and seconds in the ledger, messages and minutes outside.
 * Does not own: the bucket's life, and how long a call counts (call-duration.ts).
 * Rules: R2.03 (seconds inside, minutes outside), ADR 0024.
 * Example: a bundle of 300 minutes is a bucket of 18 000 call_second; 1 190 seconds left are shown as 19.
 */
import type { PackageKind } from './package-offer';

export const SECONDS_PER_MINUTE = 60n;

/** What the ledger counts for a kind of package. */
export function assetOfPackage(kind: PackageKind): 'message' | 'call_second' {
  return kind === 'message_package' ? 'message' : 'call_second';
}

/** Messages or minutes in the ledger's unit. */
export function toLedgerUnits(kind: PackageKind, units: number): bigint {
  return BigInt(units) * (kind === 'message_package' ? 1n : SECONDS_PER_MINUTE);
}

/** The ledger's units in messages or whole minutes; a minute that is begun is not one to spend. */
export function toWholeUnits(kind: PackageKind, ledgerUnits: bigint): bigint {
  return kind === 'message_package' ? ledgerUnits : ledgerUnits / SECONDS_PER_MINUTE;
}

/** The ledger's units for a sentence, exactly: "2000 messages", "19 minutes 50 seconds". */
export function describeUnits(kind: PackageKind, ledgerUnits: bigint): string {
  if (kind === 'message_package') return count(ledgerUnits, 'message');
  const seconds = ledgerUnits % SECONDS_PER_MINUTE;
  const minutes = count(ledgerUnits / SECONDS_PER_MINUTE, 'minute');
  return seconds === 0n ? minutes : `${minutes} ${count(seconds, 'second')}`;
}

function count(quantity: bigint, noun: string): string {
  return `${quantity} ${noun}${quantity === 1n ? '' : 's'}`;
}
