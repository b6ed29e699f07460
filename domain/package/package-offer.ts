/**
 * Owns: what a message package or a minute bundle is sold as: units, price, life; its price per unit and
 * whether that is less than a plan asks for the same unit.
 * Does not own: orders and taxes (order/), what was bought (package.ts), what a message costs (rating).
 * Rules: R0.01 (price per unit), R0.02 (cheaper than the plan), R2.07 (Nexus, Pro, Elite), ADR 0024.
 * Example: 10 000 messages at 4 500.00 INR cost 0.45 each; a plan that asks 0.60 makes that a saving of
 * 0.15 a message, 25.00 percent.
 */
import type { Money } from '../money';
import type { PackageKind } from './package';

/** One package on sale in one currency. */
export interface PackageOffer {
  readonly kind: PackageKind;
  readonly code: string;
  readonly name: string;
  /** Messages or minutes. */
  readonly units: number;
  readonly price: Money;
  readonly upFrontFee: Money;
  /** Null: it ends with the plan's paid period. */
  readonly validityDays: number | null;
}
