/**
 * Owns: what a customer is told about the capabilities of what is ordered, and whether that is enough.
 * Does not own: the comparison itself (../number-capability.ts), what the carrier offers (gateways/).
 * Rules: R2.10: the order states what is included, and it is verified before anything is charged; a number
 * that lacks a required capability is not sold.
 * Example: of two numbers one takes no SMS: `sms` is not included, and a customer who confirms `sms` is not
 * charged.
 */
import {
  missingCapabilities,
  NUMBER_CAPABILITIES,
  type NumberCapability,
} from '../number-capability';
import { isNumberItem, type OrderItem } from './item';

export interface OrderFeature {
  readonly capability: NumberCapability;
  /** Every number of the order has it. */
  readonly included: boolean;
}

/** What is included; of an order without numbers there is nothing to tell. */
export function listFeatures(items: readonly OrderItem[]): OrderFeature[] {
  const numbers = items.filter(isNumberItem);
  if (numbers.length === 0) return [];
  return NUMBER_CAPABILITIES.map((capability) => ({
    capability,
    included: numbers.every(({ capabilities }) => capabilities.includes(capability)),
  }));
}

/** What a number of the order was to have and has not; empty: nothing is missing. */
export function findLacking(items: readonly OrderItem[]): readonly NumberCapability[] {
  const lacking = items
    .filter(isNumberItem)
    .flatMap(({ capabilities: offered, requiredCapabilities: required }) =>
      missingCapabilities({ offered, required }),
    );
  return [...new Set(lacking)];
}

/** What the customer counts on and the order does not include. */
export function findUnconfirmed(
  items: readonly OrderItem[],
  confirmed: readonly NumberCapability[],
): readonly NumberCapability[] {
  const features = listFeatures(items);
  const offered = features.filter(({ included }) => included).map(({ capability }) => capability);
  return features.length === 0 ? [] : missingCapabilities({ offered, required: confirmed });
}
