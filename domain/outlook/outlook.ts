/**
 * Owns: looking ahead for an account: what it is charged next, how far the wallet covers that, what keeps a
 * number that is on hold, what to warn of.
 * Does not own: the charges (subscription-charge.ts, upcoming-charge.ts), the warnings (warning.ts), who gets
 * money that is too little (phone-number/triage.ts).
 * Rules: R1.08, R2.15, R2.20. Subscriptions and numbers are paid from one wallet, so each is looked at beside
 * the others: none of them alone can say whether its charge is covered.
 * Example: 600.00 INR; rents of 500.00 due on the 1st and on the 5th: the second is warned of, 400.00 are
 * missing.
 */
import type { Instant } from '../instant';
import { findMissing } from '../collection/charge-terms';
import type { Money } from '../money';
import type { PhoneNumber } from '../phone-number/phone-number';
import { triage, type Triage } from '../phone-number/triage';
import type { Subscription } from '../subscription/subscription';
import type { Taxation } from '../tax/taxation';
import { inOrderOfPrecedence, listClaimsOnArrival } from './claims';
import { findSubscriptionCharge } from './subscription-charge';
import { coverCharges, findRentCharge, type CoveredCharge } from './upcoming-charge';
import {
  warnOfNumber,
  warnOfSubscriptions,
  type NumberWarning,
  type SubscriptionWarning,
} from './warning';

/** What an account has to pay, and what it pays that with. */
export interface OutlookFacts {
  readonly at: Instant;
  /** What the wallet has free, in micros; below zero when it owes. */
  readonly availableMicros: bigint;
  /** How a sale from this wallet is taxed at that instant. */
  readonly taxation: Taxation;
  /** The account keeps a method that may be charged. */
  readonly keepsMethod: boolean;
  readonly subscriptions: readonly Subscription[];
  /** All that have not ended, in the account's own order. */
  readonly numbers: readonly PhoneNumber[];
}

export interface NumberOutlook {
  /** Null: nothing will be charged by itself. */
  readonly nextCharge: CoveredCharge | null;
  /** Of a number on hold: what must come in so that it is kept; zero when it is there. Else null. */
  readonly payToKeep: Money | null;
  readonly warnings: readonly NumberWarning[];
}

export interface Outlook {
  readonly availableMicros: bigint;
  /** Of the subscriptions, then of the numbers. */
  readonly charges: readonly CoveredCharge[];
  readonly warnings: readonly SubscriptionWarning[];
  /** By the number's id, in the account's own order. */
  readonly numbers: ReadonlyMap<string, NumberOutlook>;
}

/** Looks ahead for an account. Who is paid first at one instant: claims.ts. */
export function buildOutlook(facts: OutlookFacts): Outlook {
  const { subscriptions, numbers, taxation, availableMicros, keepsMethod } = facts;
  const priorities = new Map(numbers.map(({ id, priority }) => [id, priority]));
  const charges = coverCharges(
    inOrderOfPrecedence(
      numbers.flatMap((number) => findRentCharge(number, facts) ?? []),
      subscriptions.flatMap((one) => findSubscriptionCharge(one, taxation) ?? []),
      priorities,
    ),
    availableMicros,
  );
  const rents = new Map(charges.map((charge) => [charge.id, charge]));
  const shared = triage(listClaimsOnArrival(facts), availableMicros);
  return {
    availableMicros,
    charges: charges.toSorted((left, right) => Number(isRent(left)) - Number(isRent(right))),
    warnings: warnOfSubscriptions(charges, keepsMethod),
    numbers: new Map(
      numbers.map((number) => {
        const nextCharge = rents.get(number.id) ?? null;
        const payToKeep = findPayToKeep(number, nextCharge, shared);
        const free = nextCharge?.availableMicros ?? availableMicros;
        const warnings = warnOfNumber(number, { ...facts, availableMicros: free, payToKeep });
        return [number.id, { nextCharge, payToKeep, warnings }];
      }),
    ),
  };
}

function isRent({ kind }: CoveredCharge): boolean {
  return kind === 'phone_number';
}

function findPayToKeep(
  { id, status }: PhoneNumber,
  rent: CoveredCharge | null,
  { kept, missing }: Triage,
): Money | null {
  if (status !== 'on_hold' || rent === null) return null;
  const nothing = { ...rent.total, amountMicros: 0n };
  if (kept.includes(id)) return nothing;
  const listed = missing.find((waiting) => waiting.id === id);
  return listed?.missing ?? findMissing(rent.total, rent.availableMicros) ?? nothing;
}
