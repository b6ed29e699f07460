import { getAccount, type Account } from '../../db/repositories/account.repository';
import { findBillingAddress } from '../../db/repositories/billing-address.repository';
import { findCommandNote } from '../../db/repositories/command-note.repository';
import { findPlanExcess } from '../../db/repositories/entitlement.repository';
import { findSoldPlan } from '../../db/repositories/plan.repository';
import { findFreeUntil, findOpenSubscription } from '../../db/repositories/subscription.repository';
import { keepTestClock } from '../../db/repositories/test-clock.repository';
import type { Transaction } from '../../db/transaction';
import type { BillingErrorCode } from '../../domain/billing-error';
import { isBefore, type Instant } from '../../domain/instant';
import { invariant } from '../../domain/invariant';
import { findOffer, type Offer, type WantedOffer } from '../../domain/offer';
import { trackOf } from '../../domain/plan';
import { decideChange } from '../../domain/subscription/decide-change';
import { decideCancel, decideResume, decideStart } from '../../domain/subscription/decide-command';
import { decidePause } from '../../domain/subscription/decide-pause';
import { decideSchedule, decideUnschedule } from '../../domain/subscription/decide-schedule';
import type { Funds } from '../../domain/subscription/funds';
import type { SubscriptionRefusal } from '../../domain/subscription/refusal';
import type { SubscriptionDecision } from '../../domain/subscription/decision';
import type { Subscription } from '../../domain/subscription/subscription';
import type { SubscriptionCommand } from '../../workflows/subscription.messages';
import type { LockedSubscription } from './subscription-funds';

export type CommandRefusal =
  | SubscriptionRefusal
  | { readonly kind: 'refused'; readonly code: BillingErrorCode; readonly message: string };

export type DecidableCommand = Exclude<
  SubscriptionCommand,
  { kind: 'money_arrived' | 'payment_reported' }
>;

interface CommandMoment {
  readonly now: Instant;
  readonly funds: Funds;
}

/** Looks up what a command needs and asks the domain. A refusal changes nothing. */
export async function decideSubscriptionCommand(
  locked: LockedSubscription,
  command: DecidableCommand,
  moment: CommandMoment,
): Promise<SubscriptionDecision | CommandRefusal> {
  const decision = await decide(locked, command, moment);
  if (decision.kind === 'refused') return decision;
  const invoiced = decision.sale?.parts.find(({ taxed }) => taxed.total.amountMicros > 0n);
  if (!invoiced?.taxation.registrationId) return decision;
  if ((await findBillingAddress(locked.trx, locked.request.accountId)) !== null) return decision;
  const message = 'a tax invoice needs the billing address; save it first';
  return { kind: 'refused', code: 'billing_address_required', message };
}

async function decide(
  locked: LockedSubscription,
  command: DecidableCommand,
  moment: CommandMoment,
): Promise<SubscriptionDecision | CommandRefusal> {
  if (command.kind === 'start') return start(locked, command, moment);
  const subscription = locked.record?.state;
  if (!subscription) {
    return { kind: 'refused', code: 'not_found', message: 'the subscription was never started' };
  }
  switch (command.kind) {
    case 'change':
    case 'schedule':
      return changeOrSchedule({ locked, subscription }, command, moment);
    case 'unschedule':
      return decideUnschedule(subscription, moment.now);
    case 'pause':
      return decidePause(subscription, command, moment);
    case 'resume':
      return decideResume(subscription, moment);
    case 'cancel':
      return cancel({ locked, subscription }, command, moment);
  }
}

interface Existing {
  readonly locked: LockedSubscription;
  readonly subscription: Subscription;
}

/** The customer's own words are read here: no history carries them. */
async function cancel(
  { locked, subscription }: Existing,
  { at, noteId }: Extract<DecidableCommand, { kind: 'cancel' }>,
  moment: CommandMoment,
): Promise<SubscriptionDecision | CommandRefusal> {
  const words = noteId === null ? null : await findCommandNote(locked.trx, noteId);
  return decideCancel(subscription, { at, reason: words ?? 'asked for' }, moment);
}

async function changeOrSchedule(
  { locked, subscription }: Existing,
  command: Extract<DecidableCommand, { kind: 'change' | 'schedule' }>,
  moment: CommandMoment,
): Promise<SubscriptionDecision | CommandRefusal> {
  const { planCode, cycle } = command;
  const { track, price } = subscription;
  const offer = await loadOffer(locked.trx, { planCode, cycle, track, currency: price.currency });
  if (offer.kind === 'refused') return offer;
  const { terms: target } = offer;
  if (command.kind === 'schedule') {
    return decideSchedule(subscription, { target, effectiveAt: command.effectiveAt }, moment.now);
  }
  const { servesAccountId: accountId } = subscription;
  const [excess = null] = await findPlanExcess(locked.trx, { accountId, track, ...target });
  return decideChange(subscription, { target, isForced: command.isForced, excess }, moment);
}

async function start(
  { trx, request, record }: LockedSubscription,
  { planCode, cycle }: Extract<DecidableCommand, { kind: 'start' }>,
  moment: CommandMoment,
): Promise<SubscriptionDecision | CommandRefusal> {
  const { accountId, servesAccountId = accountId } = request;
  const account = await getAccount(trx, servesAccountId);
  if (await isLate(trx, account, moment.now)) {
    const message = 'the account’s test clock moved on meanwhile; ask again with a new key';
    return { kind: 'refused', code: 'invalid_state', message };
  }
  const { currency, timeZone } = account;
  const plan = await findSoldPlan(trx, planCode);
  const offer = findOffer(plan, { planCode, cycle, currency });
  if (offer.kind === 'refused') return offer;
  invariant(plan !== null, 'what is offered is a plan');
  const track = trackOf(plan.kind);
  const open = await findOpenSubscription(trx, { accountId: servesAccountId, track });
  if (open !== null || record !== null) {
    const message = `the account has a ${track} subscription already; change or cancel it`;
    return { kind: 'refused', code: 'already_exists', message };
  }
  const { changePolicy: _, ...terms } = offer.terms;
  const freeUntil = await findFreeUntil(trx, { accountId: servesAccountId, track });
  const who = { id: request.id, accountId, servesAccountId, track, timeZone };
  return decideStart({ ...terms, ...who, freeUntil }, moment);
}

async function loadOffer(trx: Transaction, wanted: WantedOffer): Promise<Offer> {
  return findOffer(await findSoldPlan(trx, wanted.planCode), wanted);
}

/**
 * Whether the account's test clock has left the instant a start was asked at: a start that waited for a
 * worker meanwhile would begin in the past, and the next advance would charge for periods gone by.
 */
async function isLate(trx: Transaction, { testClockId }: Account, now: Instant): Promise<boolean> {
  if (testClockId === null) return false;
  const clock = await keepTestClock(trx, testClockId);
  invariant(clock !== null, `test clock ${testClockId} has no row`);
  return clock.status === 'advancing' || isBefore(now, clock.now);
}
