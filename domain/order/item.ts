/**
 * Owns: what one item of an order is: what is bought, its price, and how far its delivery is.
 * Does not own: the order and its payment (order.ts, checkout.ts), what happens next to items (fulfilment.ts), the
 * package or the number that comes of it (package/, phone-number/).
 * Rules: R2.08 to R2.10. Prices are ours and fixed when the order is placed; what will be delivered has its
 * id from then on, so that a step that is repeated delivers the same thing and no second one.
 * Example: `+918000000001` for 500.00 INR a month and 100.00 up front: 600.00 in the order, `ordered` while
 * the carrier is asked, then `delivered`; or `failed`, and `refunded` in a step of its own.
 */
import type { Instant } from '../instant';
import type { Money } from '../money';
import type { NumberCapability } from '../number-capability';
import type { PackageKind } from '../package/package-offer';

/**
 * pending: not begun. ordered: the number's own lifecycle asks the carrier. failed: it could not be had, and
 * its money is still ours. refunded: the money went back.
 */
export type OrderItemStatus = 'pending' | 'ordered' | 'delivered' | 'failed' | 'refunded';

interface ItemFacts {
  readonly id: string;
  /** The id that the package or number has once it is delivered. */
  readonly deliveryId: string;
  /** For people: the package's name, or the number. */
  readonly name: string;
  /** A bundle's price, or the first month's rent. */
  readonly price: Money;
  readonly upFrontFee: Money;
  readonly status: OrderItemStatus;
  /** When it was delivered, or was known not to be. */
  readonly settledAt: Instant | null;
  readonly failureReason: string | null;
  /** Null also where there was nothing to give back. */
  readonly refundId: string | null;
}

export interface PackageItem extends ItemFacts {
  readonly kind: PackageKind;
  readonly code: string;
  /** Messages or minutes. */
  readonly units: number;
  readonly validityDays: number | null;
  /** Whose messages it pays for; null: those of every channel. */
  readonly channels: readonly string[] | null;
}

export interface NumberItem extends ItemFacts {
  readonly kind: 'phone_number';
  /** E.164, with the plus. */
  readonly number: string;
  readonly country: string;
  readonly capabilities: readonly NumberCapability[];
  readonly requiredCapabilities: readonly NumberCapability[];
}

export type OrderItem = PackageItem | NumberItem;

export function isNumberItem(item: OrderItem): item is NumberItem {
  return item.kind === 'phone_number';
}

/** Whether nothing more happens to it. */
export function isSettled({ status }: OrderItem): boolean {
  return status === 'delivered' || status === 'refunded';
}
