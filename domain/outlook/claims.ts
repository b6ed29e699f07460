/**
 * Owns: who wants an account's wallet money at an instant, and in which order it goes to them.
 * Does not own: sharing it out (phone-number/triage.ts), charging anybody.
 * Rules: R2.15, ADR 0033. What fell due first is paid first. At one instant: the numbers to which the account
 * gave a place, in its order; its plan, then its support package; its other numbers, by age. All this is in
 * the rows, so it comes out the same whoever asks first on the wall clock.
 * Example: 1 000.00 INR; a plan of 999.00 and a number of 500.00 are due at 10:00. The number is looked at
 * first and finds 1.00 left: it goes on hold, and the plan is paid.
 */
import { addSeconds, earlierOf, isAtOrBefore, isBefore, type Instant } from '../instant';
import type { RecurringPayer } from '../payment/payment';
import { isDueAction } from '../next-action';
import type { Claim } from '../phone-number/decision';
import type { PhoneNumber } from '../phone-number/phone-number';
import { noteMoneyArrived as noteForNumber } from '../phone-number/pay-rent';
import { toClaim } from '../phone-number/sale';
import { noteMoneyArrived } from '../subscription/decide-command';
import { decideNextAction, type SubscriptionActionKind } from '../subscription/decide-next';
import type { Subscription } from '../subscription/subscription';
import type { Taxation } from '../tax/taxation';
import { findSubscriptionCharge } from './subscription-charge';

/** Who takes nothing for so long after it fell due is stuck, and the others wait for it no longer. */
export const CLAIM_LASTS_SECONDS = 24 * 3_600;

export interface ClaimFacts {
  readonly at: Instant;
  /** How a sale from the wallet is taxed at that instant. */
  readonly taxation: Taxation;
  readonly subscriptions: readonly Subscription[];
  /** In the account's own order. */
  readonly numbers: readonly PhoneNumber[];
}

/** For whom the list is made. */
export interface ClaimPayer {
  readonly kind: RecurringPayer;
  readonly id: string | null;
}

interface DueClaim extends Claim {
  readonly dueAt: Instant;
}

/**
 * Whoever is due at `at` and unpaid, who is paid first first. For a number, those on hold count also while
 * they wait for their next try: an account's numbers are triaged together (ADR 0028).
 */
export function listClaims(facts: ClaimFacts, payer: ClaimPayer): Claim[] {
  const { at, subscriptions, numbers } = facts;
  const listed = payer.kind === 'phone_number' ? numbers : numbers.filter(isTriedNow);
  const claims = inOrderOfPrecedence(
    listed.flatMap((number) => claimOfNumber(number, facts) ?? []),
    subscriptions.flatMap((subscription) => claimOfSubscription(subscription, facts) ?? []),
    new Map(numbers.map(({ id, priority }) => [id, priority])),
  );
  const lastsUntil = ({ dueAt }: DueClaim): Instant => addSeconds(dueAt, CLAIM_LASTS_SECONDS);
  return claims
    .filter((claim) => claim.id === payer.id || isBefore(at, lastsUntil(claim)))
    .toSorted(compareDue)
    .map(({ id, owed }) => ({ id, owed }));
}

/**
 * Whoever wants money that comes in at `at`, who is paid first first: it wakes all that owe, so nobody's next
 * retry is waited for. What must come in to keep a number is counted by this list.
 */
export function listClaimsOnArrival(facts: ClaimFacts): Claim[] {
  const { at, subscriptions, numbers } = facts;
  const woken = {
    ...facts,
    subscriptions: subscriptions.map((one) => noteMoneyArrived(one, at) ?? one),
    numbers: numbers.map((one) => noteForNumber(one, at) ?? one),
  };
  return listClaims(woken, { kind: 'phone_number', id: null });
}

function compareDue(left: DueClaim, right: DueClaim): number {
  if (isBefore(left.dueAt, right.dueAt)) return -1;
  return isBefore(right.dueAt, left.dueAt) ? 1 : 0;
}

/** Numbers with a place, subscriptions, the other numbers; each as they were given. */
export function inOrderOfPrecedence<Owed extends { readonly id: string }>(
  ofNumbers: readonly Owed[],
  ofSubscriptions: readonly Owed[],
  priorities: ReadonlyMap<string, number | null>,
): Owed[] {
  const hasPlace = ({ id }: Owed): boolean => (priorities.get(id) ?? null) !== null;
  return [
    ...ofNumbers.filter(hasPlace),
    ...ofSubscriptions,
    ...ofNumbers.filter((owed) => !hasPlace(owed)),
  ];
}

/** Whether it tries to pay by itself now: it fell due, or money came for it. */
function isTriedNow({ status, moneyArrivedAt }: PhoneNumber): boolean {
  return status === 'active' || moneyArrivedAt !== null;
}

function claimOfNumber(number: PhoneNumber, { at, taxation }: ClaimFacts): DueClaim | null {
  const { status, autoPay, period, moneyArrivedAt } = number;
  const isDue = status === 'active' && isAtOrBefore(period.endsAt, at);
  if (!autoPay || (status !== 'on_hold' && !isDue)) return null;
  const since = moneyArrivedAt ?? (isDue ? period.endsAt : at);
  return { ...toClaim(number, { at, taxation }), dueAt: earlierOf(since, at) };
}

function claimOfSubscription(
  subscription: Subscription,
  { at, taxation }: ClaimFacts,
): DueClaim | null {
  const charge = findSubscriptionCharge(subscription, taxation);
  const dueAt = charge?.isOwed ? findAttempt(subscription) : (charge?.at ?? null);
  if (charge === null || dueAt === null) return null;
  const isArrived = charge.isOwed && subscription.moneyArrivedAt !== null;
  if (!isArrived && isBefore(at, dueAt)) return null;
  return { id: subscription.id, owed: charge.total, dueAt: earlierOf(dueAt, at) };
}

/** What takes an owed payment from the wallet; the other actions ask a gateway, or end it. */
const ATTEMPTS: readonly SubscriptionActionKind[] = [
  'retry_payment',
  'retry_after_top_up',
  'collect_payment',
];

/** When an owed payment is tried next; null: the gateway is at work, or nothing tries it. */
function findAttempt(subscription: Subscription): Instant | null {
  const next = decideNextAction(subscription);
  return isDueAction(next) && ATTEMPTS.includes(next.kind) ? next.at : null;
}
