import type { Logger } from 'pino';
import { BillingError } from '../../domain/billing-error';
import {
  CarrierUnavailable,
  type NumberCarrier,
  type OfferedNumber,
} from '../../gateways/number-carrier';

/** What the carrier says of some numbers; silent: it gave no answer. */
export type NumberLookUp =
  | { readonly kind: 'answered'; readonly offered: ReadonlyMap<string, OfferedNumber> }
  | { readonly kind: 'silent' };

/**
 * Asks the carrier about numbers, before any transaction is open. Its silence is an answer here: a copy of
 * a request that was answered before needs no carrier.
 */
export async function lookUpNumbers(
  { numberCarrier, logger }: { readonly numberCarrier: NumberCarrier; readonly logger: Logger },
  numbers: readonly string[],
): Promise<NumberLookUp> {
  try {
    const found = await Promise.all(
      [...new Set(numbers)].map((number) => numberCarrier.findOffered({ number })),
    );
    const offered = found.filter((number) => number !== null);
    return { kind: 'answered', offered: new Map(offered.map((one) => [one.number, one])) };
  } catch (error) {
    if (!(error instanceof CarrierUnavailable)) throw error;
    logger.warn({ err: error }, 'the number carrier does not answer');
    return { kind: 'silent' };
  }
}

/** What is on offer under a number; null: nothing. Throws `unavailable` when the carrier was silent. */
export function offeredOf(lookUp: NumberLookUp, number: string): OfferedNumber | null {
  if (lookUp.kind === 'answered') return lookUp.offered.get(number) ?? null;
  throw new BillingError('unavailable', 'The carrier of phone numbers does not answer.');
}
